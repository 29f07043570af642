// An attachment as a whole: sealed chunk by chunk from a stream, named by the hashes of its chunks, and read anywhere.
// Holds one chunk at a time. Knows neither where chunks are kept nor how they travel. [AF1] [AF2] [AF8] [KY16]
import {
	CHUNK,
	CHUNK_SEGMENTS,
	chunksOf,
	paddedLength,
	sealedChunkLength,
	SEGMENT,
	SEGMENT_TAG,
} from '#lib/protocol/attachment-size.ts';
import { label } from '#lib/protocol/labels.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { Random } from '#lib/ports/random.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';
import { createAttachmentOpener, createAttachmentSealer } from './attachment-cipher.ts';
import type { BulkCrypto } from './bulk.ts';

export interface AttachmentTools {
	readonly crypto: Pick<CryptoProvider, 'hkdf' | 'sha256'>;
	readonly bulk: BulkCrypto;
	readonly random: Random;
}

export interface SealedAttachment {
	readonly fileKey: Bytes;
	/** 32 bytes, for the header. */
	readonly root: Bytes;
	/** As padded, for the header. */
	readonly length: number;
	/** Of each chunk, 32 bytes, one after the other. */
	readonly hashes: Bytes;
}

const HASH = 32;

/** Where what is hashed is put together: a megabyte for each chunk would be much to throw away. */
let desk: Bytes = new Uint8Array();

/** 32 bytes, of a sealed chunk. */
export function chunkHash(
	{ sha256 }: Pick<BulkCrypto, 'sha256'>,
	sealed: Uint8Array,
): Promise<Bytes> {
	const prefix = label('chunk');
	const size = prefix.length + sealed.length;
	if (desk.length < size) desk = new Uint8Array(size);
	desk.set(prefix);
	desk.set(sealed, prefix.length);
	// What is given to it is copied before the call returns, here as in the platform.
	return sha256(desk.subarray(0, size));
}

/** 32 bytes, of the hashes of all chunks, one after the other. */
export const attachmentRoot = (
	{ sha256 }: Pick<CryptoProvider, 'sha256'>,
	hashes: Uint8Array,
): Bytes => sha256(label('attachment-root'), hashes);

/** What a list of hashes says of the n-th chunk. */
export const hashIn = (hashes: Bytes, chunk: number): Bytes =>
	hashes.subarray(chunk * HASH, (chunk + 1) * HASH);

/** Bytes that a list of hashes has. */
export const hashesLength = (length: number): number => chunksOf(length) * HASH;

/**
 * Cuts a stream of parts of any size into pieces of one size, then the rest, then zeros up to `length`. Each piece is
 * overwritten by the next.
 */
async function* piecesOf(
	parts: AsyncIterable<Uint8Array>,
	length: number,
	size: number,
): AsyncGenerator<Bytes> {
	const piece = new Uint8Array(size);
	let filled = 0;
	let given = 0;
	for await (const part of parts) {
		for (let at = 0; at < part.length;) {
			const taken = part.subarray(at, at + size - filled);
			piece.set(taken, filled);
			at += taken.length;
			filled += taken.length;
			if (filled < size) continue;
			given += size;
			yield piece;
			piece.fill(0);
			filled = 0;
		}
	}
	for (; given < length; given += size) {
		yield piece.subarray(0, Math.min(size, length - given));
		piece.fill(0);
	}
}

/**
 * Seals so many plain bytes, under a key of their own, and gives each sealed chunk to `keep`, in order, the next one
 * after the promise for the one before has settled. Undefined: the stream did not have that many bytes, or `keep` said
 * no (false); what was kept so far is of no use.
 */
export async function sealAttachment(
	{ crypto, bulk, random }: AttachmentTools,
	parts: AsyncIterable<Uint8Array>,
	fileLength: number,
	keep: (chunk: number, sealed: Bytes) => Promise<boolean>,
): Promise<SealedAttachment | undefined> {
	const length = paddedLength(fileLength);
	const sealer = await createAttachmentSealer(crypto, bulk.gcm, random);
	const hashes = new Uint8Array(hashesLength(length));
	let read = 0;
	async function* counted(): AsyncGenerator<Uint8Array> {
		for await (const part of parts) {
			read += part.length;
			if (read > fileLength) return;
			yield part;
		}
	}
	let number = 0;
	for await (const plain of piecesOf(counted(), length, CHUNK)) {
		if (read > fileLength || (read < fileLength && plain.length < CHUNK)) return undefined;
		const segments: Promise<Bytes>[] = [];
		for (let at = 0; at < plain.length; at += SEGMENT) {
			const isLast = number * CHUNK + at + SEGMENT >= length;
			segments.push(sealer.seal(plain.subarray(at, at + SEGMENT), isLast));
		}
		const sealed = concat(...(await Promise.all(segments)));
		hashes.set(await chunkHash(bulk, sealed), number * HASH);
		if (!(await keep(number, sealed))) return undefined;
		number += 1;
	}
	if (read !== fileLength) return undefined;
	return { fileKey: sealer.fileKey, root: attachmentRoot(crypto, hashes), length, hashes };
}

export interface AttachmentReader {
	/**
	 * The plain bytes from one place up to before another, segment by segment. Ends early (and `onMissing` is called
	 * with the number of the chunk) where a chunk isn't there, or does not open.
	 */
	read(from: number, to: number): AsyncGenerator<Bytes>;
}

/** Reads an attachment of a padded length; `chunkAt` gives its sealed chunks. Undefined when there can be no such one. */
export async function createAttachmentReader(
	{ crypto, bulk }: Pick<AttachmentTools, 'crypto' | 'bulk'>,
	fileKey: Uint8Array,
	length: number,
	chunkAt: (chunk: number) => Promise<Bytes | undefined>,
	onMissing: (chunk: number) => void = () => undefined,
): Promise<AttachmentReader | undefined> {
	const opener = await createAttachmentOpener(crypto, bulk.gcm, fileKey, length);
	if (opener === undefined) return undefined;
	return {
		async *read(from, to) {
			let held: { readonly number: number; readonly sealed: Bytes } | undefined;
			for (let at = from; at < Math.min(to, length);) {
				const segment = Math.floor(at / SEGMENT);
				const chunk = Math.floor(segment / CHUNK_SEGMENTS);
				if (held?.number !== chunk) {
					const sealed = await chunkAt(chunk);
					if (sealed?.length !== sealedChunkLength(length, chunk)) {
						onMissing(chunk);
						return;
					}
					held = { number: chunk, sealed };
				}
				const start = (segment % CHUNK_SEGMENTS) * (SEGMENT + SEGMENT_TAG);
				const sealed = held.sealed.subarray(start, start + opener.sealedLength(segment));
				const plain = await opener.open(segment, sealed);
				if (!plain.ok) {
					onMissing(chunk);
					return;
				}
				const begin = segment * SEGMENT;
				yield plain.value.subarray(at - begin, Math.min(to, begin + plain.value.length) - begin);
				at = begin + plain.value.length;
			}
		},
	};
}
