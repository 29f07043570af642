// Ed25519 and X25519 in JavaScript: where the platform lacks them, and for simulations. Everything here is done
// before the promise is returned, so the order of completion is the order of the calls. [KY2] [KY3] [KY4] [KY5]
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { bytesToNumberLE } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat, equal, toHex } from '#lib/util/bytes.ts';
import { KEYS_HELD, requireSeed, type AgreementBackend, type SigningBackend } from './backend.ts';
import { isStrictKey, isStrictSignature } from './ed25519-strict.ts';
import { createLru } from './lru.ts';

const { Point } = ed25519;
type Point = InstanceType<typeof Point>;

// The library makes a table for the base point at first use, which takes longer than all else that a start needs of it:
// the large one is for whoever signs and verifies here. In bits of its windows.
const SMALL_TABLE = 3;
const LARGE_TABLE = 6;
Point.BASE.precompute(SMALL_TABLE);
let isLarge = false;

/** The point of a public key that is strict and of prime order; undefined for any other 32 bytes. */
export function primeOrderPoint(publicKey: Uint8Array): Point | undefined {
	if (!isStrictKey(publicKey)) return undefined;
	try {
		const point = Point.fromBytes(publicKey);
		return point.isTorsionFree() ? point : undefined;
	} catch {
		return undefined;
	}
}

export function createNobleSigning(): SigningBackend {
	const points = createLru<Point | undefined>(KEYS_HELD);
	if (!isLarge) Point.BASE.precompute(LARGE_TABLE);
	isLarge = true;

	// The library's own verification multiplies by the cofactor and so accepts an R with a part of small order, which
	// platforms refuse. The equation without cofactor, compared byte by byte, is what all of them can agree on.
	function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
		if (!isStrictKey(publicKey) || !isStrictSignature(signature)) return false;
		const point = points.get(toHex(publicKey), () => primeOrderPoint(publicKey));
		if (point === undefined) return false;
		const r = signature.subarray(0, 32);
		const s = bytesToNumberLE(signature.subarray(32));
		const k = Point.Fn.create(bytesToNumberLE(sha512(concat(r, publicKey, message))));
		const expected = Point.BASE.multiplyUnsafe(s).subtract(point.multiplyUnsafe(k));
		return equal(expected.toBytes(), r);
	}

	return {
		async signingKey(seed) {
			requireSeed(seed);
			const secret = new Uint8Array(seed);
			return {
				publicKey: ed25519.getPublicKey(secret),
				sign: async (message) => ed25519.sign(message, secret),
			};
		},
		verify: async (publicKey, message, signature) => verify(publicKey, message, signature),
	};
}

export function createNobleAgreement(): AgreementBackend {
	return {
		async agreementKey(seed) {
			requireSeed(seed);
			const secret = new Uint8Array(seed);
			return {
				publicKey: x25519.getPublicKey(secret),
				async agree(other) {
					if (other.length !== 32) return undefined;
					try {
						// Throws on an all-zero result, which is what points of small order give.
						return x25519.getSharedSecret(secret, other);
					} catch {
						return undefined;
					}
				},
			};
		},
	};
}
