// What is refused before any arithmetic: asked of the check itself, since arithmetic refuses most of it once more.
import { describe, expect, it } from 'vitest';
import { ed25519 } from '@noble/curves/ed25519.js';
import { isStrictKey, isStrictSignature } from '#lib/crypto/ed25519-strict.ts';
import { concat } from '#lib/util/bytes.ts';

const { Point } = ed25519;
const ONE_OF_EIGHT = Point.fromHex(
	'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
);
const smallOrder = Array.from({ length: 8 }, (_, times) =>
	times === 0 ? Point.ZERO.toBytes() : ONE_OF_EIGHT.multiplyUnsafe(BigInt(times)).toBytes(),
);
const otherSign = (point: Uint8Array): Uint8Array => {
	const other = new Uint8Array(point);
	other[31] = (other[31] ?? 0) ^ 0x80;
	return other;
};
const S = new Uint8Array(32).fill(1);

describe('strict points', () => {
	it('[KY3] are none of the eight of small order, with either sign', () => {
		expect(new Set(smallOrder.map(String)).size).toBe(8);
		for (const point of smallOrder) {
			for (const spelling of [point, otherSign(point)]) {
				expect(isStrictKey(spelling)).toBe(false);
				expect(isStrictSignature(concat(spelling, S))).toBe(false);
			}
		}
	});

	it('[KY3] are all others in canonical form', () => {
		const point = Point.BASE.toBytes();
		expect(isStrictKey(point)).toBe(true);
		expect(isStrictSignature(concat(point, S))).toBe(true);
	});
});
