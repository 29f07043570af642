// How long an attachment is, how far it is padded, and how it falls into segments and chunks. [AF1] [AF2] [KY16]
// Lengths are plain bytes unless called sealed.

/** Plain bytes in every segment but the last. */
export const SEGMENT = 65_536;
/** By how much a sealed segment is longer. */
export const SEGMENT_TAG = 16;
/** Segments in every chunk but the last. */
export const CHUNK_SEGMENTS = 16;
/** Plain bytes in every chunk but the last; what is kept, asked for and checked as one. */
export const CHUNK = CHUNK_SEGMENTS * SEGMENT;
/** Files of one message together, padding included. */
export const MAX_ATTACHMENT = 2 ** 31;
export const MAX_CHUNKS = MAX_ATTACHMENT / CHUNK;

const LEAST = 4096;

/**
 * The length that so many bytes (at most MAX_ATTACHMENT) are padded to: one of eight between a power of two and the
 * next, 4096 at least. Adds an eighth at most.
 */
export function paddedLength(length: number): number {
	if (length <= LEAST) return LEAST;
	const step = 2 ** (28 - Math.clz32(length - 1));
	return Math.ceil(length / step) * step;
}

/** Whether an attachment can have this length. */
export const isPaddedLength = (length: number): boolean =>
	length >= LEAST && length <= MAX_ATTACHMENT && paddedLength(length) === length;

/** Chunks of an attachment of this padded length. */
export const chunksOf = (length: number): number => Math.ceil(length / CHUNK);

/** Plain bytes of the n-th chunk. */
const chunkLength = (length: number, chunk: number): number =>
	Math.min(CHUNK, length - chunk * CHUNK);

/** Segments of the n-th chunk. */
export const segmentsIn = (length: number, chunk: number): number =>
	Math.ceil(chunkLength(length, chunk) / SEGMENT);

/** Sealed bytes of the n-th chunk. */
export const sealedChunkLength = (length: number, chunk: number): number =>
	chunkLength(length, chunk) + segmentsIn(length, chunk) * SEGMENT_TAG;
