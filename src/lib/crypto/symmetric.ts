// Hashes, derivation and small boxes: the same code everywhere, and synchronous. [KY1]
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as hasher } from '@noble/hashes/sha2.js';
import nacl from 'tweetnacl';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { sha256 } from './sha256.ts';

export const symmetric: Pick<CryptoProvider, 'sha256' | 'hmac' | 'hkdf' | 'seal' | 'open'> = {
	sha256,
	hmac(key, ...parts) {
		const mac = hmac.create(hasher, key);
		for (const part of parts) mac.update(part);
		return mac.digest();
	},
	hkdf(key, salt, info, length) {
		return hkdf(hasher, key, salt, info, length);
	},
	// Both answers are copied: the library returns views into larger buffers that hold zeros besides.
	seal(key, nonce, plain) {
		return nacl.secretbox(plain, nonce, key).slice();
	},
	open(key, nonce, box) {
		// The library throws on a wrong length of key or nonce; here it is one more thing that doesn't fit.
		if (key.length !== 32 || nonce.length !== 24) return undefined;
		return nacl.secretbox.open(box, nonce, key)?.slice();
	},
};
