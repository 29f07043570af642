// The cryptography of a running node: the platform's where it is right, JavaScript otherwise. Which one answers shows
// in nothing but speed. [KY1] [KY6]
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { AgreementBackend, SigningBackend } from './backend.ts';
import { createNobleAgreement, createNobleSigning } from './backend-noble.ts';
import {
	agreesRightly,
	createWebCryptoAgreement,
	createWebCryptoSigning,
	signsStrictly,
} from './backend-webcrypto.ts';
import { symmetric } from './symmetric.ts';

/** Types promise it everywhere; pages without a secure context have none. */
const platformSubtle = (): SubtleCrypto | null =>
	(globalThis as { crypto?: { subtle?: SubtleCrypto } }).crypto?.subtle ?? null;

/** `subtle` is the platform's; null where there is none, as on pages without a secure context. */
export function createCryptoProvider(
	subtle: SubtleCrypto | null = platformSubtle(),
): CryptoProvider {
	// Asked once, at first use: starting the app waits for neither.
	let signing: Promise<SigningBackend> | undefined;
	let agreement: Promise<AgreementBackend> | undefined;

	async function chooseSigning(): Promise<SigningBackend> {
		return subtle !== null && (await signsStrictly(subtle))
			? createWebCryptoSigning(subtle)
			: createNobleSigning();
	}
	async function chooseAgreement(): Promise<AgreementBackend> {
		return subtle !== null && (await agreesRightly(subtle))
			? createWebCryptoAgreement(subtle)
			: createNobleAgreement();
	}

	return {
		...symmetric,
		signingKey: async (seed) => (await (signing ??= chooseSigning())).signingKey(seed),
		verify: async (publicKey, message, signature) =>
			(await (signing ??= chooseSigning())).verify(publicKey, message, signature),
		agreementKey: async (seed) => (await (agreement ??= chooseAgreement())).agreementKey(seed),
	};
}
