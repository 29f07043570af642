// Blocks: of bucket size, and of no use to anybody else.
import { describe, expect, it } from 'vitest';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { MAX_SEALED_TO, openBlock, openWith, sealBlock, sealTo } from '#lib/crypto/seal.ts';
import { MAX_CONTENT } from '#lib/protocol/block.ts';
import { BUCKETS } from '#lib/protocol/limits.ts';
import { toHex, utf8, type Bytes } from '#lib/util/bytes.ts';

const crypto = createSyncCryptoProvider();
const random = { bytes: (n: number) => globalThis.crypto.getRandomValues(new Uint8Array(n)) };
const key = random.bytes(32);

const must = (bytes: Bytes | undefined): Bytes => {
	if (bytes === undefined) throw new Error('nothing');
	return bytes;
};
/** Lengths around every border between buckets, for a way of sealing that adds `overhead`. */
const borders = (overhead: number): number[] =>
	BUCKETS.flatMap((bucket) => [-1, 0, 1].map((d) => bucket - overhead - 4 + d));
const flipped = (bytes: Bytes, i: number): Bytes => {
	const changed = bytes.slice();
	changed[i] = (changed[i] ?? 0) ^ (1 << (i % 8));
	return changed;
};

describe('blocks under a shared key', () => {
	it('[BL1] are exactly one bucket long, and the smallest that fits', () => {
		for (const length of [0, 1, ...borders(40)].filter((n) => n <= MAX_CONTENT)) {
			const content = random.bytes(length);
			const block = must(sealBlock(crypto, random, key, content));
			expect(block.length).toBe(BUCKETS.find((bucket) => bucket >= length + 44));
			expect(openBlock(crypto, key, block)).toEqual(content);
		}
		expect(sealBlock(crypto, random, key, new Uint8Array(MAX_CONTENT + 1))).toBeUndefined();
	});

	it('[KY9] do not open with a changed byte, another key or another length', () => {
		const block = must(sealBlock(crypto, random, key, utf8('hello')));
		for (let i = 0; i < block.length; i++) {
			expect(openBlock(crypto, key, flipped(block, i))).toBeUndefined();
		}
		expect(openBlock(crypto, random.bytes(32), block)).toBeUndefined();
		for (const length of [0, 24, 40, 1023]) {
			expect(openBlock(crypto, key, block.subarray(0, length))).toBeUndefined();
		}
		expect(openBlock(crypto, key, block)).toEqual(utf8('hello'));
	});

	it('[KY9] of the same content differ', () => {
		const [a, b] = [1, 2].map(() => toHex(must(sealBlock(crypto, random, key, utf8('same')))));
		expect(a).not.toBe(b);
	});
});

describe('sealed to a public key', () => {
	it('[BL1] is exactly one bucket long, and the smallest that fits', async () => {
		const bob = await crypto.agreementKey(random.bytes(32));
		for (const length of [0, 1, ...borders(48)].filter((n) => n <= MAX_SEALED_TO)) {
			const content = random.bytes(length);
			const sealed = must(await sealTo(crypto, random, bob.publicKey, content));
			expect(sealed.length).toBe(BUCKETS.find((bucket) => bucket >= length + 52));
			expect(await openWith(crypto, bob, sealed)).toEqual(content);
		}
		const tooLong = new Uint8Array(MAX_SEALED_TO + 1);
		expect(await sealTo(crypto, random, bob.publicKey, tooLong)).toBeUndefined();
	});

	it('[KY10] opens with that key only, unchanged only', async () => {
		const bob = await crypto.agreementKey(random.bytes(32));
		const eve = await crypto.agreementKey(random.bytes(32));
		const sealed = must(await sealTo(crypto, random, bob.publicKey, utf8('for Bob')));
		expect(await openWith(crypto, eve, sealed)).toBeUndefined();
		for (let i = 0; i < sealed.length; i += i < 64 ? 1 : 13) {
			expect(await openWith(crypto, bob, flipped(sealed, i))).toBeUndefined();
		}
		expect(await openWith(crypto, bob, sealed.subarray(0, 100))).toBeUndefined();
		expect(await openWith(crypto, bob, sealed)).toEqual(utf8('for Bob'));
	});

	it('[KY10] refuses a public key that gives no secret', async () => {
		expect(await sealTo(crypto, random, new Uint8Array(32), utf8('x'))).toBeUndefined();
		expect(await sealTo(crypto, random, new Uint8Array(5), utf8('x'))).toBeUndefined();
		const bob = await crypto.agreementKey(random.bytes(32));
		expect(await openWith(crypto, bob, new Uint8Array(1024))).toBeUndefined();
	});
});
