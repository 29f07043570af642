// What goes with a message of its pictures and recordings: read by everybody, written by anybody.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePlaceholder, fieldsOf, placeholderUrl } from '#lib/media/placeholder.ts';
import { createLevels, waveformOf } from '#lib/media/waveform.ts';
import { MAX_PLACEHOLDER, MAX_WAVEFORM } from '#lib/protocol/attachment.ts';

const bitmapOf = (url: string): Buffer =>
	Buffer.from(url.replace('data:image/bmp;base64,', ''), 'base64');

describe('a placeholder', () => {
	it('[ME4] has the colours of its picture, whatever its shape', () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 1, max: 65_535 }),
				fc.integer({ min: 1, max: 65_535 }),
				(w, h) => {
					const { columns, rows } = fieldsOf(w, h);
					const pixels = Uint8Array.from({ length: 4 * columns * rows }, (_, n) =>
						n % 4 === 3 ? 255 : (n * 8) & 0xf8,
					);
					const encoded = encodePlaceholder({ columns, rows, pixels });
					expect(encoded.length).toBeLessThanOrEqual(MAX_PLACEHOLDER);
					const bitmap = bitmapOf(placeholderUrl(encoded) ?? '');
					expect(bitmap.readUInt32LE(2)).toBe(bitmap.length);
					expect([bitmap.readInt32LE(18), bitmap.readInt32LE(22)]).toEqual([columns, -rows]);
					const [b, g, r] = bitmap.subarray(54);
					expect(r! >> 3).toBe(pixels[0]! >> 3);
					expect(g! >> 2).toBe(pixels[1]! >> 2);
					expect(b! >> 3).toBe(pixels[2]! >> 3);
				},
			),
		);
	});

	it('[ME4] that is none is passed over, whatever came', () => {
		expect(placeholderUrl(new Uint8Array())).toBeNull();
		expect(placeholderUrl(Uint8Array.of(0xff, 1, 2))).toBeNull();
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
				const url = placeholderUrl(bytes);
				if (url !== null) expect(bitmapOf(url).length).toBeLessThan(600);
			}),
		);
	});
});

describe('a waveform', () => {
	it('[ME5] shows where it is loud, in few bytes', () => {
		const levels = Array.from({ length: 1000 }, (_, n) => (n < 500 ? 0.1 : 0.4));
		const waveform = waveformOf(levels);
		expect(waveform.length).toBeLessThanOrEqual(MAX_WAVEFORM);
		expect([waveform[0], waveform.at(-1)]).toEqual([64, 255]);
		expect([...waveformOf([0, 0, 0])]).toEqual([0, 0, 0]);
		expect(waveformOf([]).length).toBe(0);
	});

	it('[ME5] is collected of a recording however long', () => {
		const levels = createLevels();
		for (let n = 0; n < 100_000; n++) levels.add(n / 100_000);
		const waveform = levels.waveform();
		expect(waveform.length).toBe(64);
		expect(waveform.at(-1)).toBe(255);
		expect([...waveform].every((bar, n) => n === 0 || bar >= (waveform[n - 1] ?? 0))).toBe(true);
		expect(Math.abs((waveform[31] ?? 0) - 127)).toBeLessThan(6);
	});
});
