// Frames that move files between devices, against arbitrary input.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CHUNK_SEGMENTS, MAX_CHUNKS, SEGMENT, SEGMENT_TAG } from '#lib/protocol/attachment-size.ts';
import {
	BULK_STEP,
	decodeFileFrame,
	encodeFileFrame,
	MAX_ASKED_FILES,
	MAX_FILE_FRAME,
	type FileFrame,
} from '#lib/protocol/file-frame.ts';
import { ok } from '#lib/util/result.ts';

const id = fc.uint8Array({ minLength: 32, maxLength: 32 });
const file = fc.nat(MAX_ASKED_FILES - 1);
const chunk = fc.nat(MAX_CHUNKS - 1);
const filled = (longest: number) =>
	fc.tuple(fc.nat(longest), fc.nat(255)).map(([size, fill]) => new Uint8Array(size).fill(fill));
const type = <T extends string>(name: T) => fc.constant(name);

const frame: fc.Arbitrary<FileFrame> = fc.oneof(
	fc.record({
		type: type('ask'),
		file,
		of: fc.record({ space: id, device: id, seq: fc.maxSafeNat(), entry: id }),
		hashes: fc.boolean(),
	}),
	fc.record({ type: fc.constantFrom('get', 'cancel', 'lack'), file, chunk }),
	fc.record({ type: type('none'), file }),
	fc.record({ type: type('close'), file, whole: fc.boolean() }),
	fc.record({
		type: type('have'),
		file,
		hashes: fc.option(filled(MAX_CHUNKS * 32)),
		bits: filled(MAX_CHUNKS / 8),
	}),
	fc.record({
		type: type('piece'),
		file,
		chunk,
		segment: fc.nat(CHUNK_SEGMENTS - 1),
		bytes: filled(SEGMENT + SEGMENT_TAG),
	}),
	fc.record({
		type: type('bulk'),
		step: fc.constantFrom(...Object.values(BULK_STEP)),
		payload: filled(2048),
	}),
);

it('[TW1] [EN2] come back as they went, in one encoding, and fit', () => {
	fc.assert(
		fc.property(frame, (each) => {
			const encoded = encodeFileFrame(each);
			expect(encoded.length).toBeLessThanOrEqual(MAX_FILE_FRAME);
			expect(decodeFileFrame(encoded)).toEqual(ok(each));
		}),
	);
});

it('[TW1] [EN1] give a frame or a typed error for any bytes', () => {
	const mangled = fc
		.tuple(frame, fc.nat(), fc.nat(255), fc.nat(40))
		.map(([each, at, byte, longer]) => {
			const encoded = encodeFileFrame(each);
			const bytes = new Uint8Array(encoded.length + longer);
			bytes.set(encoded);
			bytes[at % bytes.length] = byte;
			return bytes;
		});
	fc.assert(
		fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mangled), (bytes) => {
			const decoded = decodeFileFrame(bytes);
			if (decoded.ok) expect(encodeFileFrame(decoded.value)).toEqual(bytes);
			else expect(decoded.error.type).toBeTypeOf('string');
		}),
		{ numRuns: 1000 },
	);
	expect(decodeFileFrame(new Uint8Array(MAX_FILE_FRAME + 1))).toMatchObject({
		ok: false,
		error: { type: 'too-large' },
	});
});
