// What is asked for of a file that is played.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteRangeIn } from '#lib/protocol/byte-range.ts';

describe('a range of bytes', () => {
	it('[MS2] is read as it is meant', () => {
		const cases = [
			[null, null],
			['bytes=0-', { from: 0, to: 100 }],
			['bytes=10-19', { from: 10, to: 20 }],
			['bytes=10-1000', { from: 10, to: 100 }],
			['bytes=-30', { from: 70, to: 100 }],
			['bytes=-300', { from: 0, to: 100 }],
			['bytes=100-', undefined],
			['bytes=20-10', undefined],
			['bytes=-0', undefined],
			['bytes=-', null],
			['bytes=1-2,5-6', null],
			['lines=1-2', null],
		] as const;
		for (const [header, range] of cases) {
			expect([header, byteRangeIn(header, 100)]).toEqual([header, range]);
		}
	});

	it('[MS2] lies in the file, whatever was asked for', () => {
		fc.assert(
			fc.property(fc.string(), fc.nat(), fc.nat(), fc.nat(), (words, a, b, size) => {
				for (const header of [words, `bytes=${a}-${b}`, `bytes=${a}-`, `bytes=-${b}`]) {
					const range = byteRangeIn(header, size);
					if (!range) continue;
					expect(range.from).toBeLessThan(range.to);
					expect(range.to).toBeLessThanOrEqual(size);
				}
			}),
		);
	});
});
