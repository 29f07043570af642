// AES-256-GCM in JavaScript, where the platform has none: the same bytes, slowly. Everything is done before the promise
// is returned. [KY6] [KY16]
import { gcm } from '@noble/ciphers/aes.js';
import { GCM_NONCE, GCM_TAG, requireKey, requireNonce, type Gcm } from './gcm-key.ts';

export const createNobleGcm: Gcm = async (raw) => {
	requireKey(raw);
	const key = new Uint8Array(raw);
	return {
		async seal(nonce, plain, additional) {
			requireNonce(nonce);
			return gcm(key, nonce, additional).encrypt(plain);
		},
		async open(nonce, sealed, additional) {
			if (nonce.length !== GCM_NONCE || sealed.length < GCM_TAG) return undefined;
			try {
				return gcm(key, nonce, additional).decrypt(sealed);
			} catch {
				return undefined;
			}
		},
	};
};
