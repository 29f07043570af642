// Padding to the bucket sizes, so that a sealed packet tells no more of its length than its bucket. [BL1] [BL2]
//
// plain block of n bytes = length (u32, big-endian) · content · zeros, with n = bucket − overhead of the sealing
import { BUCKETS } from './limits.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** Nonce and tag that sealing adds to a plain block. */
export const SEAL_OVERHEAD = 24 + 16;

/** The longest content that fits the largest bucket. */
export const MAX_CONTENT = Math.max(...BUCKETS) - SEAL_OVERHEAD - 4;

/**
 * Content with its length and zeros, so that sealed it is exactly one bucket long; undefined when too long.
 * `overhead` is what this way of sealing adds.
 */
export function pad(
	content: Uint8Array,
	overhead = SEAL_OVERHEAD,
	buckets: readonly number[] = BUCKETS,
): Bytes | undefined {
	const bucket = buckets.find((size) => size >= content.length + 4 + overhead);
	if (bucket === undefined) return undefined;
	const padded = new Uint8Array(bucket - overhead);
	new DataView(padded.buffer).setUint32(0, content.length);
	padded.set(content, 4);
	return padded;
}

/** The content of a padded block, or undefined when the length is wrong or the padding is not zeros. */
export function unpad(padded: Uint8Array): Bytes | undefined {
	if (padded.length < 4) return undefined;
	const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
	if (length > padded.length - 4) return undefined;
	if (padded.subarray(4 + length).some((byte) => byte !== 0)) return undefined;
	return padded.slice(4, 4 + length);
}

export const isBucket = (size: number): boolean => (BUCKETS as readonly number[]).includes(size);
