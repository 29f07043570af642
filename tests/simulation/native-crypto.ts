// The same cryptography from Node itself, synchronous and many times faster than JavaScript's: thousands of simulated
// signatures a second, in an order that only the calls decide. Same bytes as every other backend. [KY1]
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
import type { CryptoProvider, SigningKey } from '#lib/ports/crypto.ts';
import type { Bytes } from '#lib/util/bytes.ts';

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

/** One name for several byte strings, each with its length before it. */
function nameOf(...parts: readonly Uint8Array[]): string {
	let name = '';
	for (const part of parts) {
		name += `${part.length} ${Buffer.from(part.buffer, part.byteOffset, part.length).toString('latin1')}`;
	}
	return name;
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/**
 * Nothing here depends on anything but what it is given, and the nodes of a simulation ask for the same again and again:
 * what was computed once is remembered, and what one side computes answers the other.
 */
export function createNativeCrypto(): CryptoProvider {
	const verifiers = createLru<KeyObject | undefined>(4096);
	const verdicts = createLru<boolean>(16_384);
	const signers = createLru<SigningKey>(4096);
	const agreements = createLru<{ readonly key: KeyObject; readonly publicKey: Bytes }>(4096);
	const secrets = createLru<Bytes | undefined>(16_384);
	const derived = createLru<Bytes>(16_384);
	/** Boxes by key and nonce: what was sealed, and in what. */
	const boxes = createLru<{ readonly box: Bytes; readonly plain: Bytes | undefined }>(8192);

	const signer = (seed: Uint8Array): SigningKey => {
		const key = privateKey('ed25519', seed);
		const publicKey = rawPublic(key);
		// Made from a seed, it is of prime order.
		verifiers.get(nameOf(publicKey), () => createPublicKey(key));
		return {
			publicKey,
			sign(message: Uint8Array) {
				const signature = own(sign(null, message, key));
				verdicts.get(nameOf(publicKey, signature, message), () => true);
				return Promise.resolve(signature);
			},
		};
	};

	return {
		hmac(key, ...parts) {
			const mac = createHmac('sha256', key);
			for (const part of parts) mac.update(part);
			return own(mac.digest());
		},
		sha256(...parts) {
			const hash = createHash('sha256');
			for (const part of parts) hash.update(part);
			return own(hash.digest());
		},
		hkdf: (key, salt, info, length) =>
			own(
				derived.get(
					`${length} ${nameOf(key, salt, info)}`,
					() => new Uint8Array(hkdfSync('sha256', key, salt, info, length)),
				),
			),
		seal(key, nonce, plain) {
			const box = symmetric.seal(key, nonce, plain);
			boxes.get(nameOf(key, nonce), () => ({ box: own(box), plain: own(plain) }));
			return box;
		},
		open(key, nonce, box) {
			const sealed = boxes.get(nameOf(key, nonce), () => ({
				box: own(box),
				plain: symmetric.open(key, nonce, box),
			}));
			if (!isSame(sealed.box, box)) return symmetric.open(key, nonce, box);
			return sealed.plain && own(sealed.plain);
		},
		async signingKey(seed) {
			requireSeed(seed);
			const { publicKey, sign } = signers.get(nameOf(seed), () => signer(seed));
			return { publicKey: own(publicKey), sign };
		},
		verify(raw, message, signature) {
			if (!isStrictKey(raw) || !isStrictSignature(signature)) return Promise.resolve(false);
			const verdict = verdicts.get(nameOf(raw, signature, message), () => {
				// Node takes any point for a key; the rules want one of prime order.
				const key = verifiers.get(nameOf(raw), () =>
					primeOrderPoint(raw) === undefined ? undefined : publicKey('ed25519', raw),
				);
				return key !== undefined && verify(null, message, key, signature);
			});
			return Promise.resolve(verdict);
		},
		async agreementKey(seed) {
			requireSeed(seed);
			const { key, publicKey: ownKey } = agreements.get(nameOf(seed), () => {
				const key = privateKey('x25519', seed);
				return { key, publicKey: rawPublic(key) };
			});
			return {
				publicKey: own(ownKey),
				agree(other: Uint8Array) {
					if (other.length !== 32) return Promise.resolve(undefined);
					const pair = [ownKey, other].sort((a, b) => Buffer.compare(a, b));
					const secret = secrets.get(nameOf(...pair), () => agreed(key, other));
					return Promise.resolve(secret && own(secret));
				},
			};
		},
	};
}

function agreed(key: KeyObject, other: Uint8Array): Bytes | undefined {
	try {
		return own(diffieHellman({ privateKey: key, publicKey: publicKey('x25519', other) }));
	} catch {
		return undefined;
	}
}
