// The backends can't be told apart, whatever they are given.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import nacl from 'tweetnacl';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { createWebCryptoAgreement, createWebCryptoSigning } from '#lib/crypto/backend-webcrypto.ts';
import { openBlock, sealBlock } from '#lib/crypto/seal.ts';
import { symmetric } from '#lib/crypto/symmetric.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { MAX_CONTENT } from '#lib/protocol/block.ts';
import { BUCKETS } from '#lib/protocol/limits.ts';
import { concat, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { createNativeCrypto } from '../simulation/native-crypto.ts';

const platform = createCryptoProvider();
const simulated = createSyncCryptoProvider();
const native = createNativeCrypto();
/** By itself: the one above would fall back. */
const bare: CryptoProvider = {
	...symmetric,
	...createWebCryptoSigning(crypto.subtle),
	...createWebCryptoAgreement(crypto.subtle),
};
const all = [platform, bare, simulated, native];
const bytes = (length: number): fc.Arbitrary<Bytes> =>
	fc.uint8Array({ minLength: length, maxLength: length }).map((array) => new Uint8Array(array));
const content = (maxLength: number): fc.Arbitrary<Bytes> =>
	fc.uint8Array({ maxLength }).map((array) => new Uint8Array(array));
const runs = { numRuns: 60 };

/** Points and scalars at the edges, where implementations part. */
const EDGES = [
	'00'.repeat(32),
	`01${'00'.repeat(31)}`,
	`${'00'.repeat(31)}80`,
	`ec${'ff'.repeat(30)}7f`,
	`ed${'ff'.repeat(30)}7f`,
	`ee${'ff'.repeat(30)}ff`,
	'ff'.repeat(32),
	'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
	'26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
	'edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010',
	'9158312a9a8d6e3b34c891d6d61444f8b8211c5117ebad15bdb0bd68b07e0245',
	'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
].map((text) => fromHex(text) ?? new Uint8Array());
const half = fc.oneof(bytes(32), fc.constantFrom(...EDGES));
/** Bytes where 32 or 64 belong: as often of a length nearby, and of any other. */
const misfit = fc.oneof(
	fc.constantFrom(0, 1, 31, 32, 33, 63, 64, 65, 128).chain(bytes),
	content(200),
);

const { Point } = ed25519;
const TORSION = Point.fromHex(EDGES.map(toHex)[7] ?? '');
type Point = typeof TORSION;
const plus = (point: Point, times: number): Point =>
	times === 0 ? point : point.add(TORSION.multiplyUnsafe(BigInt(times)));
const scalar = (input: Uint8Array): bigint => Point.Fn.create(bytesToNumberLE(input));

/**
 * A signature that fits as long as one multiplies by the cofactor, of a key and a commitment moved by that many of the
 * eight points of small order.
 */
function moved(
	seed: Uint8Array,
	message: Uint8Array,
	byKey: number,
	byR: number,
): { key: Bytes; signature: Bytes } {
	const { scalar: a, prefix, point } = ed25519.utils.getExtendedPublicKey(seed);
	const key = plus(point, byKey).toBytes();
	const r = scalar(sha512(concat(prefix, message)));
	const R = plus(Point.BASE.multiply(r), byR).toBytes();
	const k = scalar(sha512(concat(R, key, message)));
	const s = numberToBytesLE(Point.Fn.create(r + k * a), 32);
	return { key: new Uint8Array(key), signature: concat(R, s) };
}

describe('backends', () => {
	it('[KY1] sign alike and accept each other', () =>
		fc.assert(
			fc.asyncProperty(bytes(32), content(200), async (seed, message) => {
				const pair = nacl.sign.keyPair.fromSeed(seed);
				const signature = new Uint8Array(nacl.sign.detached(message, pair.secretKey));
				for (const backend of all) {
					const key = await backend.signingKey(seed);
					expect(key.publicKey).toEqual(new Uint8Array(pair.publicKey));
					expect(await key.sign(message)).toEqual(signature);
					expect(await backend.verify(key.publicKey, message, signature)).toBe(true);
				}
			}),
			runs,
		));

	it('[KY2] [KY3] judge every key and signature alike', () =>
		fc.assert(
			fc.asyncProperty(half, half, half, content(40), async (key, r, s, message) => {
				const signature = concat(r, s);
				const verdict = await platform.verify(key, message, signature);
				for (const backend of all) {
					expect(await backend.verify(key, message, signature)).toBe(verdict);
				}
			}),
			{ numRuns: 300 },
		));

	it('[KY3] refuse what has a part of small order, in the key or in R, and nothing else', () =>
		fc.assert(
			fc.asyncProperty(
				bytes(32),
				content(40),
				fc.nat(7),
				fc.nat(7),
				async (seed, message, byKey, byR) => {
					const { key, signature } = moved(seed, message, byKey, byR);
					for (const backend of all) {
						const verdict = await backend.verify(key, message, signature);
						expect(verdict).toBe(byKey === 0 && byR === 0);
					}
				},
			),
			{ numRuns: 200 },
		));

	it('[KY2] refuse S + L, and S + any multiple of it that fits', () =>
		fc.assert(
			fc.asyncProperty(
				bytes(32),
				content(40),
				fc.integer({ min: 1, max: 14 }),
				async (...drawn) => {
					const [seed, message, times] = drawn;
					const { key, signature } = moved(seed, message, 0, 0);
					const s = bytesToNumberLE(signature.subarray(32)) + BigInt(times) * Point.Fn.ORDER;
					const other = concat(signature.subarray(0, 32), numberToBytesLE(s, 32));
					for (const backend of all) expect(await backend.verify(key, message, other)).toBe(false);
				},
			),
			runs,
		));

	it('[KY2] [KY4] take bytes of any length, and neither throw nor change them', () =>
		fc.assert(
			fc.asyncProperty(misfit, misfit, content(40), async (key, signature, message) => {
				const before = [key, signature, message].map(toHex);
				for (const backend of all) {
					expect(await backend.verify(key, message, signature)).toBe(false);
					const own = await backend.agreementKey(new Uint8Array(32).fill(3));
					const shared = await own.agree(key);
					expect(shared?.length).toBe(key.length === 32 && shared ? 32 : undefined);
				}
				expect([key, signature, message].map(toHex)).toEqual(before);
			}),
			runs,
		));

	it('[KY5] refuse seeds of any other length', () =>
		fc.assert(
			fc.asyncProperty(
				misfit.filter(({ length }) => length !== 32),
				async (seed) => {
					for (const backend of all) {
						await expect(backend.signingKey(seed)).rejects.toThrow();
						await expect(backend.agreementKey(seed)).rejects.toThrow();
					}
				},
			),
			runs,
		));

	it('[KY1] hash and derive alike, in whatever parts it comes', () => {
		fc.assert(
			fc.property(
				fc.array(content(150), { maxLength: 4 }),
				content(150),
				content(40),
				fc.integer({ min: 1, max: 300 }),
				(parts, key, info, length) => {
					for (const { sha256, hmac, hkdf } of all) {
						expect(sha256(...parts)).toEqual(native.sha256(concat(...parts)));
						expect(hmac(key, ...parts)).toEqual(native.hmac(key, concat(...parts)));
						expect(hkdf(key, concat(...parts), info, length)).toEqual(
							native.hkdf(key, concat(...parts), info, length),
						);
					}
				},
			),
			runs,
		);
	});

	it('[KY1] open any box or none, whatever the key, the nonce and the box', () => {
		fc.assert(
			fc.property(misfit, misfit, misfit, (key, nonce, box) => {
				for (const { open } of all) expect(open(key, nonce, box)).toBeUndefined();
			}),
			runs,
		);
		fc.assert(
			fc.property(bytes(32), bytes(24), content(300), fc.nat(), (key, nonce, plain, at) => {
				const box = simulated.seal(key, nonce, plain);
				for (const { seal, open } of all) {
					expect(seal(key, nonce, plain)).toEqual(box);
					expect(open(key, nonce, box)).toEqual(plain);
				}
				const bit = at % (box.length * 8);
				box[bit >> 3] = (box[bit >> 3] ?? 0) ^ (1 << (bit & 7));
				for (const { open } of all) expect(open(key, nonce, box)).toBeUndefined();
			}),
			runs,
		);
	});

	it('[KY2] refuse a signature with any bit changed', () =>
		fc.assert(
			fc.asyncProperty(bytes(32), content(40), fc.nat(511), async (seed, message, bit) => {
				const key = await simulated.signingKey(seed);
				const signature = await key.sign(message);
				signature[bit >> 3] = (signature[bit >> 3] ?? 0) ^ (1 << (bit & 7));
				for (const backend of all) {
					expect(await backend.verify(key.publicKey, message, signature)).toBe(false);
				}
			}),
			runs,
		));

	it('[KY1] [KY4] agree alike on any public key', () =>
		fc.assert(
			fc.asyncProperty(bytes(32), half, async (seed, other) => {
				const naive = nacl.scalarMult(seed, other);
				const expected = naive.some((byte) => byte !== 0) ? toHex(naive) : undefined;
				for (const backend of all) {
					const key = await backend.agreementKey(seed);
					expect(key.publicKey).toEqual(new Uint8Array(nacl.scalarMult.base(seed)));
					const shared = await key.agree(other);
					expect(shared && toHex(shared)).toBe(expected);
				}
			}),
			{ numRuns: 150 },
		));

	it('[BL1] [KY9] seal any content into a bucket and get it back', () => {
		fc.assert(
			fc.property(content(MAX_CONTENT), bytes(32), bytes(24), (plain, key, nonce) => {
				const block = sealBlock(platform, { bytes: () => nonce }, key, plain);
				expect(BUCKETS).toContain(block?.length);
				expect(block && openBlock(simulated, key, block)).toEqual(plain);
			}),
			runs,
		);
	});
});
