// Frames by which two devices of a space move chunks of files, on a way of their own. Whoever opens the way asks, the
// other side serves. Not signed and not sealed: the way is proven and encrypted, and chunks are sealed and checked by their
// hashes. [TW1] [TW2]
//
// asking   ASK    [0, file, space 32, device 32, seq, entry 32, with hashes]   file: a number for what follows, 0–63
//          GET    [1, file, chunk]      CANCEL [2, file, chunk]      CLOSE [3, file]
// serving  HAVE   [8, file, hashes (32 each) or null, bits of the chunks that are here]
//          PIECE  [9, file, chunk, segment, bytes ≤65,552]      LACK [10, file, chunk]      NONE [11, file]
// both     BULK   [16, step, payload ≤2048]   makes a quicker way: 0 offer, 1 answer, 2 refuse
import {
	blob,
	bytes,
	decodeSharing,
	encode,
	flag,
	literal,
	map,
	optional,
	tuple,
	uint,
	variants,
	type DecodeError,
	type Shape,
} from './cbor.ts';
import { CHUNK_SEGMENTS, MAX_CHUNKS, SEGMENT, SEGMENT_TAG } from './attachment-size.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

/** Files that one side may have asked of the other at once. */
export const MAX_ASKED_FILES = 64;
const MAX_PAYLOAD = 2048;
/** The longest is a list of hashes with the bits. */
export const MAX_FILE_FRAME = 68_000;

export const BULK_STEP = { offer: 0, answer: 1, refuse: 2 } as const;
type BulkStep = (typeof BULK_STEP)[keyof typeof BULK_STEP];

/** A message by its place, for those who hold it. */
export interface FileReference {
	readonly space: Bytes;
	readonly device: Bytes;
	readonly seq: number;
	readonly entry: Bytes;
}

export type FileFrame =
	| {
			readonly type: 'ask';
			readonly file: number;
			readonly of: FileReference;
			readonly hashes: boolean;
	  }
	| { readonly type: 'get' | 'cancel' | 'lack'; readonly file: number; readonly chunk: number }
	| { readonly type: 'none'; readonly file: number }
	/** `whole`: the asking side has all of it now. */
	| { readonly type: 'close'; readonly file: number; readonly whole: boolean }
	| {
			readonly type: 'have';
			readonly file: number;
			readonly hashes: Bytes | null;
			readonly bits: Bytes;
	  }
	| {
			readonly type: 'piece';
			readonly file: number;
			readonly chunk: number;
			readonly segment: number;
			readonly bytes: Bytes;
	  }
	| { readonly type: 'bulk'; readonly step: BulkStep; readonly payload: Bytes };

const TAG = {
	ask: 0,
	get: 1,
	cancel: 2,
	close: 3,
	have: 8,
	piece: 9,
	lack: 10,
	none: 11,
	bulk: 16,
} as const;

const file = uint(MAX_ASKED_FILES - 1);
const chunk = uint(MAX_CHUNKS - 1);

const ofChunk = (type: 'get' | 'cancel' | 'lack'): Shape<FileFrame> =>
	map(tuple(literal(TAG[type]), file, chunk), ([, f, c]) => ({ type, file: f, chunk: c }));

const shape: Shape<FileFrame> = variants<FileFrame>(
	map(
		tuple(literal(TAG.piece), file, chunk, uint(CHUNK_SEGMENTS - 1), blob(SEGMENT + SEGMENT_TAG)),
		([, f, c, segment, piece]) => ({
			type: 'piece' as const,
			file: f,
			chunk: c,
			segment,
			bytes: piece,
		}),
	),
	ofChunk('get'),
	ofChunk('cancel'),
	ofChunk('lack'),
	map(tuple(literal(TAG.close), file, flag), ([, f, whole]) => ({
		type: 'close' as const,
		file: f,
		whole,
	})),
	map(tuple(literal(TAG.none), file), ([, f]) => ({ type: 'none' as const, file: f })),
	map(
		tuple(literal(TAG.ask), file, bytes(32), bytes(32), uint(), bytes(32), flag),
		([, f, space, device, seq, entry, hashes]) => ({
			type: 'ask' as const,
			file: f,
			of: { space, device, seq, entry },
			hashes,
		}),
	),
	map(
		tuple(literal(TAG.have), file, optional(blob(MAX_CHUNKS * 32)), blob(MAX_CHUNKS / 8)),
		([, f, hashes, bits]) => ({ type: 'have' as const, file: f, hashes, bits }),
	),
	map(tuple(literal(TAG.bulk), uint(BULK_STEP.refuse), blob(MAX_PAYLOAD)), ([, step, payload]) => ({
		type: 'bulk' as const,
		step: step as BulkStep,
		payload,
	})),
);

export function encodeFileFrame(frame: FileFrame): Bytes {
	switch (frame.type) {
		case 'ask': {
			const { space, device, seq, entry } = frame.of;
			return encode([TAG.ask, frame.file, space, device, seq, entry, frame.hashes]);
		}
		case 'get':
		case 'cancel':
		case 'lack':
			return encode([TAG[frame.type], frame.file, frame.chunk]);
		case 'close':
			return encode([TAG.close, frame.file, frame.whole]);
		case 'none':
			return encode([TAG.none, frame.file]);
		case 'have':
			return encode([TAG.have, frame.file, frame.hashes, frame.bits]);
		case 'piece':
			return encode([TAG.piece, frame.file, frame.chunk, frame.segment, frame.bytes]);
		case 'bulk':
			return encode([TAG.bulk, frame.step, frame.payload]);
	}
}

/** What it returns are parts of `encoded`, which is the caller's own. */
export const decodeFileFrame = (encoded: Uint8Array): Result<FileFrame, DecodeError> =>
	decodeSharing(shape, encoded, MAX_FILE_FRAME);

/** Bits of these numbers below `count`, the first in the lowest bit of the first byte. */
export function toBits(numbers: Iterable<number>, count: number): Bytes {
	const bits = new Uint8Array(Math.ceil(count / 8));
	for (const n of numbers) if (n < count) bits[n >> 3] = (bits[n >> 3] ?? 0) | (1 << (n & 7));
	return bits;
}

export function fromBits(bits: Uint8Array, count: number): ReadonlySet<number> {
	const numbers = new Set<number>();
	for (let n = 0; n < count; n++) if (((bits[n >> 3] ?? 0) >> (n & 7)) & 1) numbers.add(n);
	return numbers;
}
