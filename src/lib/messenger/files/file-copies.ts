// A chunk of a file as it lies on a relay: its name, which says nothing to who isn't a member, and its header block, which
// brings the hashes of all chunks. Its parts are the chunk's sealed segments. [FR2]
import { MAX_CONTENT } from '#lib/protocol/block.ts';
import {
	CHUNK,
	chunksOf,
	segmentsIn,
	SEGMENT,
	SEGMENT_TAG,
} from '#lib/protocol/attachment-size.ts';
import { label } from '#lib/protocol/labels.ts';
import { openBlock, sealBlock } from '#lib/crypto/seal.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { Random } from '#lib/ports/random.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** Longer attachments (as padded) are not left on relays, of which each keeps 128 MiB for all files of an epoch. */
export const MAX_ON_RELAYS = 112 * CHUNK;
export const COPY_PART = SEGMENT + SEGMENT_TAG;

export const fitsRelays = (length: number): boolean => length <= MAX_ON_RELAYS;

export const partsIn = (length: number, chunk: number): number => segmentsIn(length, chunk);

export function copyName(
	{ sha256 }: Pick<CryptoProvider, 'sha256'>,
	spaceKey: Bytes,
	entry: Bytes,
	chunk: number,
): Bytes {
	return sha256(label('file-copy'), spaceKey, entry, Uint8Array.of(chunk >> 8, chunk & 0xff));
}

/** Names of all chunks, in order. */
export const copyNames = (
	crypto: Pick<CryptoProvider, 'sha256'>,
	spaceKey: Bytes,
	entry: Bytes,
	length: number,
): Bytes[] =>
	fitsRelays(length)
		? Array.from({ length: chunksOf(length) }, (_, n) => copyName(crypto, spaceKey, entry, n))
		: [];

/** Undefined where the list is too long for a block, which none of a file that fits relays is. */
export const sealHashes = (
	crypto: CryptoProvider,
	random: Random,
	key: Bytes,
	hashes: Bytes,
): Bytes | undefined =>
	hashes.length > MAX_CONTENT ? undefined : sealBlock(crypto, random, key, hashes);

export const openHashes = (crypto: CryptoProvider, key: Bytes, block: Bytes): Bytes | undefined =>
	openBlock(crypto, key, block);
