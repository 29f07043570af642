// The same cryptography from Node itself, synchronous and many times faster than JavaScript's: thousands of simulated
// signatures a second, in an order that only the calls decide. Same bytes as every other backend.
import {
	createHash,
	createHmac,
	createPrivateKey,
	createPublicKey,
	diffieHellman,
	hkdfSync,
	sign,
	verify,
	type KeyObject,
} from 'node:crypto';
import { requireSeed } from '#lib/crypto/backend.ts';
import { primeOrderPoint } from '#lib/crypto/backend-noble.ts';
import { createLru } from '#lib/crypto/lru.ts';
import { isStrictKey, isStrictSignature } from '#lib/crypto/ed25519-strict.ts';
import { symmetric } from '#lib/crypto/symmetric.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

// The frames around a raw key (RFC 8410).
const PKCS8 = '302e020100300506032b65';
const SPKI = '302a300506032b65';
const KIND = { ed25519: '70', x25519: '6e' } as const;
type Kind = keyof typeof KIND;

const privateKey = (kind: Kind, seed: Uint8Array): KeyObject =>
	createPrivateKey({
		key: Buffer.concat([Buffer.from(`${PKCS8}${KIND[kind]}04220420`, 'hex'), seed]),
		format: 'der',
		type: 'pkcs8',
	});
const publicKey = (kind: Kind, raw: Uint8Array): KeyObject =>
	createPublicKey({
		key: Buffer.concat([Buffer.from(`${SPKI}${KIND[kind]}032100`, 'hex'), raw]),
		format: 'der',
		type: 'spki',
	});
const rawPublic = (key: KeyObject): Bytes =>
	own(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32));
/** Not a view into Node's pool. */
const own = (buffer: Uint8Array): Bytes => new Uint8Array(buffer);

export function createNativeCrypto(): CryptoProvider {
	const verifiers = createLru<KeyObject | undefined>(4096);
	// All nodes of a simulation check the same signatures: each is checked once.
	const verdicts = createLru<boolean>(16_384);
	return {
		...symmetric,
		sha256(...parts) {
			const hash = createHash('sha256');
			for (const part of parts) hash.update(part);
			return own(hash.digest());
		},
		hmac(key, ...parts) {
			const mac = createHmac('sha256', key);
			for (const part of parts) mac.update(part);
			return own(mac.digest());
		},
		hkdf: (key, salt, info, length) => new Uint8Array(hkdfSync('sha256', key, salt, info, length)),
		async signingKey(seed) {
			requireSeed(seed);
			const key = privateKey('ed25519', seed);
			return {
				publicKey: rawPublic(key),
				sign: (message: Uint8Array) => Promise.resolve(own(sign(null, message, key))),
			};
		},
		verify(raw, message, signature) {
			if (!isStrictKey(raw) || !isStrictSignature(signature)) return Promise.resolve(false);
			const asked = createHash('sha256').update(raw).update(signature).update(message);
			const verdict = verdicts.get(asked.digest('base64'), () => {
				// Node takes any point for a key; the rules want one of prime order.
				const key = verifiers.get(toHex(raw), () =>
					primeOrderPoint(raw) === undefined ? undefined : publicKey('ed25519', raw),
				);
				return key !== undefined && verify(null, message, key, signature);
			});
			return Promise.resolve(verdict);
		},
		async agreementKey(seed) {
			requireSeed(seed);
			const key = privateKey('x25519', seed);
			return {
				publicKey: rawPublic(key),
				agree(other: Uint8Array) {
					if (other.length !== 32) return Promise.resolve(undefined);
					try {
						const shared = diffieHellman({
							privateKey: key,
							publicKey: publicKey('x25519', other),
						});
						return Promise.resolve(own(shared));
					} catch {
						return Promise.resolve(undefined);
					}
				},
			};
		},
	};
}
