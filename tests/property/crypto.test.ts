// The backends can't be told apart, whatever they are given.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import nacl from 'tweetnacl';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { openBlock, sealBlock } from '#lib/crypto/seal.ts';
import { MAX_CONTENT } from '#lib/protocol/block.ts';
import { BUCKETS } from '#lib/protocol/limits.ts';
import { concat, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';

const platform = createCryptoProvider();
const simulated = createSyncCryptoProvider();
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

describe('backends', () => {
	it('[KY1] sign alike and accept each other', () =>
		fc.assert(
			fc.asyncProperty(bytes(32), content(200), async (seed, message) => {
				const [a, b] = [await platform.signingKey(seed), await simulated.signingKey(seed)];
				const [x, y] = [await a.sign(message), await b.sign(message)];
				expect(a.publicKey).toEqual(b.publicKey);
				expect(x).toEqual(y);
				expect(x).toEqual(
					new Uint8Array(nacl.sign.detached(message, nacl.sign.keyPair.fromSeed(seed).secretKey)),
				);
				expect(await platform.verify(a.publicKey, message, y)).toBe(true);
				expect(await simulated.verify(a.publicKey, message, x)).toBe(true);
			}),
			runs,
		));

	it('[KY2] [KY3] judge every key and signature alike', () =>
		fc.assert(
			fc.asyncProperty(half, half, half, content(40), async (key, r, s, message) => {
				const signature = concat(r, s);
				const verdict = await platform.verify(key, message, signature);
				expect(await simulated.verify(key, message, signature)).toBe(verdict);
			}),
			{ numRuns: 300 },
		));

	it('[KY2] refuse a signature with any bit changed', () =>
		fc.assert(
			fc.asyncProperty(bytes(32), content(40), fc.nat(511), async (seed, message, bit) => {
				const key = await simulated.signingKey(seed);
				const signature = await key.sign(message);
				signature[bit >> 3] = (signature[bit >> 3] ?? 0) ^ (1 << (bit & 7));
				expect(await platform.verify(key.publicKey, message, signature)).toBe(false);
				expect(await simulated.verify(key.publicKey, message, signature)).toBe(false);
			}),
			runs,
		));

	it('[KY1] [KY4] agree alike on any public key', () =>
		fc.assert(
			fc.asyncProperty(bytes(32), half, async (seed, other) => {
				const [a, b] = [await platform.agreementKey(seed), await simulated.agreementKey(seed)];
				expect(a.publicKey).toEqual(b.publicKey);
				const shared = await a.agree(other);
				expect(await b.agree(other)).toEqual(shared);
				const naive = nacl.scalarMult(seed, other);
				expect(shared && toHex(shared)).toBe(
					naive.some((byte) => byte !== 0) ? toHex(naive) : undefined,
				);
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
