// AES-256-GCM with nonces of 96 and tags of 128 bits, for bulk: done by the platform, which has hardware for it. Knows
// nothing of what is sealed. [KY6] [KY16]
import { equal, fromHex, type Bytes } from '#lib/util/bytes.ts';
import { GCM_KEY, GCM_NONCE, GCM_TAG, requireKey, requireNonce, type Gcm } from './gcm-key.ts';

const NONE = new Uint8Array();

// The platform's types want memory that isn't shared; nothing here shares memory.
const plainBytes = (bytes: Uint8Array): Bytes => bytes as Bytes;

const parameters = (nonce: Uint8Array, additional: Uint8Array): AesGcmParams => ({
	name: 'AES-GCM',
	iv: plainBytes(nonce),
	additionalData: plainBytes(additional),
	tagLength: 8 * GCM_TAG,
});

export const createWebCryptoGcm =
	(subtle: SubtleCrypto): Gcm =>
	async (raw) => {
		requireKey(raw);
		const usages: KeyUsage[] = ['encrypt', 'decrypt'];
		const key = await subtle.importKey('raw', plainBytes(raw), 'AES-GCM', false, usages);
		return {
			async seal(nonce, plain, additional = NONE) {
				requireNonce(nonce);
				const algorithm = parameters(nonce, additional);
				return new Uint8Array(await subtle.encrypt(algorithm, key, plainBytes(plain)));
			},
			async open(nonce, sealed, additional = NONE) {
				if (nonce.length !== GCM_NONCE || sealed.length < GCM_TAG) return undefined;
				try {
					const algorithm = parameters(nonce, additional);
					return new Uint8Array(await subtle.decrypt(algorithm, key, plainBytes(sealed)));
				} catch {
					return undefined;
				}
			},
		};
	};

// Test case 14 of the algorithm's authors (also in NIST's collection): all zeros but what comes out.
const SEALED = fromHex('cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919');

/** Whether the platform's AES-256-GCM gives the bytes that it must, and refuses others. */
export async function sealsRightly(subtle: SubtleCrypto): Promise<boolean> {
	try {
		const key = await createWebCryptoGcm(subtle)(new Uint8Array(GCM_KEY));
		const nonce = new Uint8Array(GCM_NONCE);
		const plain = new Uint8Array(16);
		const sealed = await key.seal(nonce, plain);
		if (SEALED === undefined || !equal(sealed, SEALED)) return false;
		const opened = await key.open(nonce, sealed);
		if (opened === undefined || !equal(opened, plain)) return false;
		sealed[0] = (sealed[0] ?? 0) ^ 1;
		return (await key.open(nonce, sealed)) === undefined;
	} catch {
		return false;
	}
}

/** The platform's, if it is right; JavaScript's, loaded now, where it lacks one, as on pages without a secure context. */
export const chooseGcm = async (subtle: SubtleCrypto | null): Promise<Gcm> =>
	subtle !== null && (await sealsRightly(subtle))
		? createWebCryptoGcm(subtle)
		: (await import('./aes-gcm-noble.ts')).createNobleGcm;
