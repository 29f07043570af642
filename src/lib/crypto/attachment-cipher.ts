// Seals a file in segments that open alone, in any order, and only where they belong. Knows no network, no storage, and
// not where the file's key travels. [KY16] [KY17] [KY18]
//
// file    = segments of 65,536 bytes, the last of 1 … 65,536 (an empty file: one of 0)
// segment = AES-256-GCM( plain bytes ), 16 bytes longer; no additional data
// nonce   = 7 zero bytes ‖ number of the segment (4, big-endian) ‖ 1 for the last one, 0 for the others
// key     = HKDF( file key, `attachment` )
import { SEGMENT } from '#lib/protocol/attachment-size.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { Random } from '#lib/ports/random.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { GCM_NONCE, GCM_TAG, type Gcm } from './gcm-key.ts';
import { derive } from './hash.ts';

/** As many as the nonce counts. */
const MAX_SEGMENTS = 2 ** 32;
const FILE_KEY = 32;

export type SegmentError =
	/** The file has no such segment. */
	| { readonly type: 'out-of-range' }
	/** A segment of this number has another length. */
	| { readonly type: 'wrong-length' }
	/** Changed, or sealed for another place or under another key. */
	| { readonly type: 'forged' };

export interface AttachmentSealer {
	/** 32 bytes that open this file and no other; to be sealed in turn to whoever may read it. */
	readonly fileKey: Bytes;
	/**
	 * The next segment, sealed. All have SEGMENT bytes but the last, which has 1 … SEGMENT, or none if it is the only
	 * one; anything else throws. Numbers are given at the call, so several may be under way at once.
	 */
	seal(plain: Uint8Array, isLast: boolean): Promise<Bytes>;
}

export interface AttachmentOpener {
	/** How many segments the file has. */
	readonly segments: number;
	/** Sealed bytes of this segment; 0 where there is none. */
	sealedLength(number: number): number;
	/** The plain bytes of segment `number`, counted from 0. The file is whole when all of them have opened. */
	open(number: number, sealed: Uint8Array): Promise<Result<Bytes, SegmentError>>;
}

type Deriving = Pick<CryptoProvider, 'hkdf'>;

function nonceOf(number: number, isLast: boolean): Bytes {
	const nonce = new Uint8Array(GCM_NONCE);
	new DataView(nonce.buffer).setUint32(7, number);
	nonce[11] = isLast ? 1 : 0;
	return nonce;
}

/** Segments of a file of so many plain bytes. */
const segmentsOf = (length: number): number => Math.max(1, Math.ceil(length / SEGMENT));

/** Bytes of all sealed segments together; `length` of the plain file. */
export const sealedLengthOf = (length: number): number => length + segmentsOf(length) * GCM_TAG;

/** Seals one file, under a key of its own: a nonce never seals twice. */
export async function createAttachmentSealer(
	crypto: Deriving,
	gcm: Gcm,
	random: Random,
): Promise<AttachmentSealer> {
	const fileKey = random.bytes(FILE_KEY);
	const key = await gcm(derive(crypto, fileKey, 'attachment'));
	let next = 0;
	let done = false;
	return {
		fileKey,
		async seal(plain, isLast) {
			if (done) throw new Error('the last segment is sealed');
			const isEmptyFile = isLast && next === 0;
			const fits = isLast
				? plain.length <= SEGMENT && (plain.length > 0 || isEmptyFile)
				: plain.length === SEGMENT;
			if (!fits) throw new Error(`a segment of ${plain.length} bytes`);
			if (next >= MAX_SEGMENTS) throw new Error('too many segments');
			const nonce = nonceOf(next, isLast);
			next += 1;
			done = isLast;
			return key.seal(nonce, plain);
		},
	};
}

/**
 * Opens the segments of one file of `length` plain bytes, as the entry says that names it. Undefined when there can be
 * no such file: a key of another size, a length that is no whole number or too large.
 */
export async function createAttachmentOpener(
	crypto: Deriving,
	gcm: Gcm,
	fileKey: Uint8Array,
	length: number,
): Promise<AttachmentOpener | undefined> {
	if (fileKey.length !== FILE_KEY) return undefined;
	if (!Number.isSafeInteger(length) || length < 0) return undefined;
	const segments = segmentsOf(length);
	if (segments > MAX_SEGMENTS) return undefined;
	const key = await gcm(derive(crypto, fileKey, 'attachment'));
	const last = segments - 1;

	function sealedLength(number: number): number {
		if (!Number.isSafeInteger(number) || number < 0 || number > last) return 0;
		return (number === last ? length - last * SEGMENT : SEGMENT) + GCM_TAG;
	}

	return {
		segments,
		sealedLength,
		async open(number, sealed) {
			const expected = sealedLength(number);
			if (expected === 0) return err({ type: 'out-of-range' });
			if (sealed.length !== expected) return err({ type: 'wrong-length' });
			const plain = await key.open(nonceOf(number, number === last), sealed);
			return plain === undefined ? err({ type: 'forged' }) : ok(plain);
		},
	};
}
