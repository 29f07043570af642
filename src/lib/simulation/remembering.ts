// Cryptography that computes nothing twice: the nodes of one simulation check the same signatures and agree on the same
// secrets again and again, and every answer depends on nothing but the question. For simulations only.
import { createLru } from '#lib/crypto/lru.ts';
import type { CryptoProvider, SigningKey } from '#lib/ports/crypto.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

const VERDICTS = 8192;
const SECRETS = 4096;
const KEYS = 1024;

export function createRememberingCrypto(inner: CryptoProvider): CryptoProvider {
	const verdicts = createLru<Promise<boolean>>(VERDICTS);
	const secrets = createLru<Promise<Bytes | undefined>>(SECRETS);
	const signing = createLru<Promise<SigningKey>>(KEYS);
	/** One name for several byte strings, each set apart by its length. */
	const nameOf = (...parts: readonly Uint8Array[]): string =>
		`${parts.map(({ length }) => length).join(' ')} ${toHex(inner.sha256(...parts))}`;

	async function signingKey(seed: Uint8Array): Promise<SigningKey> {
		const key = await inner.signingKey(seed);
		return {
			publicKey: key.publicKey,
			async sign(message) {
				const signature = await key.sign(message);
				void verdicts.get(nameOf(key.publicKey, signature, message), () => Promise.resolve(true));
				return signature;
			},
		};
	}

	return {
		...inner,
		signingKey: (seed) => signing.get(toHex(inner.sha256(seed)), () => signingKey(seed)),
		verify: (publicKey, message, signature) =>
			verdicts.get(nameOf(publicKey, signature, message), () =>
				inner.verify(publicKey, message, signature),
			),
		async agreementKey(seed) {
			const key = await inner.agreementKey(seed);
			return {
				publicKey: key.publicKey,
				async agree(other) {
					const isFirst = toHex(key.publicKey) < toHex(other);
					const pair = isFirst ? [key.publicKey, other] : [other, key.publicKey];
					const secret = await secrets.get(nameOf(...pair), () => key.agree(other));
					return secret?.slice();
				},
			};
		},
	};
}
