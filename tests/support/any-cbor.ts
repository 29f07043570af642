// CBOR of whatever there is: also what the formats don't have and their own encoder doesn't write.
import * as dagCbor from '@ipld/dag-cbor';
import { encodeHeader, type Header } from '#lib/protocol/entry.ts';
import type { Bytes } from '#lib/util/bytes.ts';

export const encodeAny = (value: unknown): Bytes => new Uint8Array(dagCbor.encode(value));

/** Where a header has its place in the feed. */
const SEQ = 6;

/** A header with any number for a place. */
export function encodeAnyHeader(header: Header): Bytes {
	const tuple = dagCbor.decode<unknown[]>(encodeHeader({ ...header, seq: 0 }));
	tuple[SEQ] = header.seq;
	return encodeAny(tuple);
}
