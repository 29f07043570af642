// What is longer than a block travels in parts, each in a block of its own. Every part names all of them by hash, so that
// whoever has some knows which others belong to them, whoever brings those. [PT1]
//
// part  [[hash 32 …≤17], index, bytes]   all but the last exactly PART_BYTES long
import { blob, bytes, list, map, tuple, uint, where, type Shape } from './cbor.ts';
import { label } from './labels.ts';
import { MAX_LARGE_PACKET } from './limits.ts';
import { equal, type Bytes } from '#lib/util/bytes.ts';

export interface Part {
	/** Of each part in its place. */
	readonly hashes: readonly Bytes[];
	readonly index: number;
	readonly bytes: Bytes;
}

interface Hashing {
	sha256(...parts: readonly Uint8Array[]): Bytes;
}

/** With the names of all parts and an envelope around it, a part fits a block. */
export const PART_BYTES = 15_500;
export const MAX_PARTS = Math.ceil((MAX_LARGE_PACKET + 16) / PART_BYTES);

export const partShape: Shape<Part> = where(
	map(
		tuple(list(bytes(32), MAX_PARTS), uint(MAX_PARTS), blob(PART_BYTES)),
		([hashes, index, content]) => ({ hashes, index, bytes: content }),
	),
	({ hashes, index, bytes: content }) =>
		index < hashes.length &&
		(index === hashes.length - 1 ? content.length > 0 : content.length === PART_BYTES),
	'no such part',
);

export const partToTuple = ({ hashes, index, bytes: content }: Part): unknown[] => [
	hashes,
	index,
	content,
];

const hashOf = (crypto: Hashing, content: Uint8Array): Bytes =>
	crypto.sha256(label('part'), content);

/** How many parts something of this length makes. */
export const countParts = (length: number): number => Math.ceil(length / PART_BYTES);

export function partsOf(crypto: Hashing, whole: Bytes): Part[] {
	const pieces: Bytes[] = [];
	for (let at = 0; at < whole.length; at += PART_BYTES) {
		pieces.push(whole.slice(at, at + PART_BYTES));
	}
	const hashes = pieces.map((piece) => hashOf(crypto, piece));
	return pieces.map((piece, index) => ({ hashes, index, bytes: piece }));
}

/** Whether the bytes are those that the part's name for them says. */
export function isGenuine(crypto: Hashing, { hashes, index, bytes: content }: Part): boolean {
	const hash = hashes[index];
	return hash !== undefined && equal(hash, hashOf(crypto, content));
}

/** Names what all the parts make up together, 32 bytes. */
export const wholeName = (crypto: Hashing, { hashes }: Part): Bytes =>
	crypto.sha256(label('parts'), ...hashes);

/** The name of a part on relays, of the packet's own; the first one has that. */
export const partName = (crypto: Hashing, packet: Bytes, index: number): Bytes =>
	index === 0
		? packet
		: crypto.sha256(label('part-id'), packet, Uint8Array.of(index >> 8, index & 255));
