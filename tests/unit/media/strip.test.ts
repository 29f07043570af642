// What a picture says beside itself is taken out before it is sent, and nothing of the picture.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orientationIn, tiffSaying } from '#lib/media/orientation.ts';
import { withoutMetadata } from '#lib/media/strip.ts';
import { concat, utf8, type Bytes } from '#lib/util/bytes.ts';

const CANARY = 'canary-48.1371N-11.5754E';
const WORDS = utf8(CANARY);

/** Metadata as a camera writes it, little-endian: make, orientation, and where it was. */
function exifOf(orientation: number): Bytes {
	const tiff = new Uint8Array(8 + 2 + 3 * 12 + 4 + WORDS.length);
	const view = new DataView(tiff.buffer);
	view.setUint16(0, 0x4949);
	view.setUint16(2, 42, true);
	view.setUint32(4, 8, true);
	view.setUint16(8, 3, true);
	const entries = [
		[0x010f, 2, WORDS.length, 50],
		[0x0112, 3, 1, orientation],
		[0x8825, 4, 1, 50],
	] as const;
	for (const [n, [tag, type, count, value]] of entries.entries()) {
		view.setUint16(10 + 12 * n, tag, true);
		view.setUint16(12 + 12 * n, type, true);
		view.setUint32(14 + 12 * n, count, true);
		view.setUint32(18 + 12 * n, value, true);
	}
	tiff.set(WORDS, 50);
	return tiff;
}

const segment = (marker: number, ...parts: Uint8Array[]): Bytes => {
	const content = concat(...parts);
	const length = content.length + 2;
	return concat(Uint8Array.of(0xff, marker, length >> 8, length & 0xff), content);
};
const JFIF = segment(0xe0, utf8('JFIF\0'), Uint8Array.of(1, 1, 0, 0, 72, 0, 72, 0, 0));
const PROFILE = segment(0xe2, utf8('ICC_PROFILE\0'), Uint8Array.of(1, 1, 9, 9, 9));
const TABLES = concat(segment(0xdb, new Uint8Array(65)), segment(0xc4, new Uint8Array(20)));
const FRAME = segment(0xc0, Uint8Array.of(8, 0, 9, 0, 16, 1, 1, 0x11, 0));
const SCAN = concat(
	segment(0xda, Uint8Array.of(1, 1, 0, 0, 63, 0)),
	Uint8Array.of(1, 2, 0xff, 0, 3, 0xff, 0xd0, 4, 0xff, 0xff, 0, 5),
);
const END = Uint8Array.of(0xff, 0xd9);

const jpeg = (orientation: number): Bytes =>
	concat(
		Uint8Array.of(0xff, 0xd8),
		segment(0xe0, utf8('JFIF\0'), Uint8Array.of(1, 1, 0, 0, 72, 0, 72, 1, 1), WORDS.slice(0, 3)),
		segment(0xe1, utf8('Exif\0\0'), exifOf(orientation)),
		segment(0xe1, utf8('http://ns.adobe.com/xap/1.0/\0'), WORDS),
		PROFILE,
		segment(0xe2, utf8('MPF\0'), WORDS),
		segment(0xed, utf8('Photoshop 3.0\0'), WORDS),
		segment(0xfe, WORDS),
		TABLES,
		FRAME,
		SCAN,
		segment(0xfe, WORDS),
		SCAN,
		END,
		WORDS,
	);

const chunk = (type: string, content: Uint8Array): Bytes => {
	const head = new Uint8Array(4);
	new DataView(head.buffer).setUint32(0, content.length);
	return concat(head, utf8(type), content, new Uint8Array(4));
};
const PNG_START = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const HEADER = chunk('IHDR', new Uint8Array(13));
const DATA = chunk('IDAT', Uint8Array.of(1, 2, 3));
const png = (orientation: number): Bytes =>
	concat(
		PNG_START,
		HEADER,
		chunk('tEXt', WORDS),
		chunk('eXIf', exifOf(orientation)),
		chunk('iTXt', WORDS),
		chunk('tIME', new Uint8Array(7)),
		DATA,
		chunk('zzZz', WORDS),
		chunk('IEND', new Uint8Array()),
		WORDS,
	);

const riff = (type: string, content: Uint8Array): Bytes => {
	const head = new Uint8Array(4);
	new DataView(head.buffer).setUint32(0, content.length, true);
	return concat(utf8(type), head, content, new Uint8Array(content.length & 1));
};
const webp = (orientation: number): Bytes =>
	concat(
		riff(
			'RIFF',
			concat(
				utf8('WEBP'),
				riff('VP8X', Uint8Array.of(0x2c, 0, 0, 0, 1, 0, 0, 1, 0, 0)),
				riff('ICCP', Uint8Array.of(7)),
				riff('VP8 ', Uint8Array.of(1, 2, 3)),
				riff('EXIF', exifOf(orientation)),
				riff('XMP ', WORDS),
				riff('what', WORDS),
			),
		),
		WORDS,
	);

const includes = (bytes: Uint8Array, part: Uint8Array): boolean =>
	Buffer.from(bytes).includes(Buffer.from(part));
const FORMATS = { jpeg, png, webp };

describe('a picture that is to be sent', () => {
	it.each(Object.entries(FORMATS))('[ME1] %s says nothing beside itself', (_, make) => {
		const file = make(6);
		expect(includes(file, WORDS)).toBe(true);
		const stripped = withoutMetadata(file);
		expect(stripped?.isAnimated).toBe(false);
		expect(includes(stripped?.bytes ?? file, WORDS)).toBe(false);
		expect(includes(stripped?.bytes ?? file, utf8('can'))).toBe(false);
		// Once more finds nothing more to take out.
		expect(withoutMetadata(stripped?.bytes ?? file)?.bytes).toEqual(stripped?.bytes);
	});

	it('[ME1] keeps every byte that it is drawn from', () => {
		const upright = withoutMetadata(jpeg(1))?.bytes;
		const start = Uint8Array.of(0xff, 0xd8);
		expect(upright).toEqual(concat(start, JFIF, PROFILE, TABLES, FRAME, SCAN, SCAN, END));
		const plain = withoutMetadata(png(1))?.bytes;
		expect(plain).toEqual(concat(PNG_START, HEADER, DATA, chunk('IEND', new Uint8Array())));
		const moved = withoutMetadata(
			concat(PNG_START, HEADER, chunk('acTL', new Uint8Array(8)), DATA, chunk('IEND', DATA)),
		);
		expect(moved?.isAnimated).toBe(true);
	});

	it.each(Object.entries(FORMATS))('[ME2] %s stays the same way up', (_, make) => {
		for (let orientation = 1; orientation <= 8; orientation++) {
			const bytes = withoutMetadata(make(orientation))?.bytes ?? new Uint8Array();
			const tiff = tiffSaying(orientation);
			expect([orientation, includes(bytes, tiff)]).toEqual([orientation, orientation !== 1]);
			expect(orientationIn(tiff)).toBe(orientation);
		}
	});

	it('[ME1] that is cut or damaged is told as such, whatever it is', () => {
		for (const make of Object.values(FORMATS)) {
			const file = make(3);
			const whole = file.length - WORDS.length;
			for (let length = 12; length < whole; length++) {
				expect(withoutMetadata(file.subarray(0, length))).toBeUndefined();
			}
		}
		expect(withoutMetadata(utf8('GIF89a'))).toBeNull();
		expect(withoutMetadata(new Uint8Array())).toBeNull();
		fc.assert(
			fc.property(
				fc.constantFrom(...Object.values(FORMATS)),
				fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 6 }),
				(make, changes) => {
					const file = make(5);
					for (const [at, byte] of changes) file[at] = byte;
					const stripped = withoutMetadata(file);
					if (!stripped) return;
					expect(withoutMetadata(stripped.bytes)?.bytes).toEqual(stripped.bytes);
				},
			),
		);
	});
});
