// A file in chunks: whatever its length and however it is read, it comes back as it went, and each chunk is known by its
// hash alone.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	attachmentRoot,
	chunkHash,
	createAttachmentReader,
	hashIn,
	hashesLength,
	sealAttachment,
	type SealedAttachment,
} from '#lib/crypto/attachment.ts';
import { createBulkCrypto, createSyncBulkCrypto } from '#lib/crypto/bulk.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { CHUNK, chunksOf, paddedLength, sealedChunkLength } from '#lib/protocol/attachment-size.ts';
import { concat, equal, type Bytes } from '#lib/util/bytes.ts';

const bulk = await createBulkCrypto(globalThis.crypto.subtle);
const provider = createSyncCryptoProvider();
const tools = {
	crypto: provider,
	bulk,
	random: { bytes: (length: number) => new Uint8Array(length).fill(9) },
};

function plainOf(length: number): Bytes {
	const bytes = new Uint8Array(length);
	for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 7 + (i >> 16) * 3) & 0xff;
	return bytes;
}

async function* parts(plain: Bytes, size: number): AsyncGenerator<Bytes> {
	for (let at = 0; at < plain.length; at += size) yield plain.slice(at, at + size);
}

interface Kept extends SealedAttachment {
	readonly chunks: Bytes[];
}

async function sealed(
	plain: Bytes,
	size: number,
	length = plain.length,
): Promise<Kept | undefined> {
	const chunks: Bytes[] = [];
	const made = await sealAttachment(tools, parts(plain, size), length, async (chunk, bytes) => {
		chunks[chunk] = bytes;
		return true;
	});
	return made && { ...made, chunks };
}

async function read({ fileKey, length, chunks }: Kept, from: number, to: number): Promise<Bytes> {
	const reader = await createAttachmentReader(tools, fileKey, length, async (n) => chunks[n]);
	const found: Bytes[] = [];
	for await (const part of reader?.read(from, to) ?? []) found.push(part);
	return concat(...found);
}

/** Around the ends of segments and chunks. */
const lengths = fc.oneof(
	fc.nat(200_000),
	fc
		.tuple(fc.constantFrom(0, 65_536, CHUNK, 2 * CHUNK), fc.constantFrom(-1, 0, 1))
		.map(([near, more]) => Math.max(0, near + more)),
	fc.nat(3 * CHUNK),
);

describe('an attachment', () => {
	it('[AF1] [AF2] comes back from whatever stream it came from, wherever one reads', async () => {
		await fc.assert(
			fc.asyncProperty(
				lengths,
				fc.integer({ min: 1, max: 3_000_000 }),
				fc.nat(),
				fc.nat(),
				async (length, size, a, b) => {
					const plain = plainOf(length);
					const made = await sealed(plain, Math.max(size, length / 500));
					if (made === undefined) throw new Error('not sealed');
					expect(made.length).toBe(paddedLength(length));
					expect(made.chunks.map((chunk) => chunk.length)).toEqual(
						made.chunks.map((_, n) => sealedChunkLength(made.length, n)),
					);
					expect(made.chunks.length).toBe(chunksOf(made.length));
					expect(equal(await read(made, 0, length), plain)).toBe(true);
					const from = a % (length + 1);
					const to = from + (b % (length + 1 - from));
					expect(equal(await read(made, from, to), plain.subarray(from, to))).toBe(true);
					const rest = await read(made, length, made.length);
					expect(rest.length).toBe(made.length - length);
					expect(rest.every((byte) => byte === 0)).toBe(true);
				},
			),
			{ numRuns: 25 },
		);
	});

	it('[AF8] is named by the hashes of its chunks, the same by every backend', async () => {
		const made = await sealed(plainOf(CHUNK + 5), 70_000);
		if (made === undefined) throw new Error('not sealed');
		expect(made.hashes.length).toBe(hashesLength(made.length));
		for (const [n, chunk] of made.chunks.entries()) {
			expect(await chunkHash(bulk, chunk)).toEqual(hashIn(made.hashes, n).slice());
			expect(await chunkHash(createSyncBulkCrypto(), chunk)).toEqual(await chunkHash(bulk, chunk));
			const other = chunk.slice();
			other[0] = (other[0] ?? 0) ^ 1;
			expect(equal(await chunkHash(bulk, other), hashIn(made.hashes, n))).toBe(false);
		}
		expect(made.root).toEqual(attachmentRoot(provider, made.hashes));
		const swapped = concat(hashIn(made.hashes, 1), hashIn(made.hashes, 0));
		expect(equal(attachmentRoot(provider, swapped), made.root)).toBe(false);
	});

	it('[AF2] that has another length than was said is not made, and one that can’t be kept neither', async () => {
		expect(await sealed(plainOf(100_000), 7000, 100_001)).toBeUndefined();
		expect(await sealed(plainOf(100_001), 7000, 100_000)).toBeUndefined();
		expect(await sealed(plainOf(CHUNK), 7000, CHUNK + 1)).toBeUndefined();
		expect(await sealed(plainOf(CHUNK + 1), 7000, CHUNK)).toBeUndefined();
		expect(await sealed(plainOf(2 * CHUNK), CHUNK, 2 * CHUNK)).toBeDefined();
		let kept = 0;
		const refused = await sealAttachment(tools, parts(plainOf(3 * CHUNK), CHUNK), 3 * CHUNK, () =>
			Promise.resolve(++kept < 2),
		);
		expect([refused, kept]).toEqual([undefined, 2]);
	});

	it('[KY17] ends where a chunk is missing, changed or in another place, and says which', async () => {
		const made = await sealed(plainOf(3 * CHUNK), CHUNK);
		if (made === undefined) throw new Error('not sealed');
		const broken = async (chunks: readonly (Bytes | undefined)[]): Promise<[number, number[]]> => {
			const missing: number[] = [];
			const reader = await createAttachmentReader(
				tools,
				made.fileKey,
				made.length,
				async (n) => chunks[n],
				(chunk) => missing.push(chunk),
			);
			let size = 0;
			for await (const part of reader?.read(0, 3 * CHUNK) ?? []) size += part.length;
			return [size, missing];
		};
		const [first, second, third] = made.chunks;
		expect(await broken([first, undefined, third])).toEqual([CHUNK, [1]]);
		expect(await broken([first, third, second])).toEqual([CHUNK, [1]]);
		const changed = second?.slice() ?? new Uint8Array();
		changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
		expect(await broken([first, changed, third])).toEqual([CHUNK + 15 * 65_536, [1]]);
		expect(
			await createAttachmentReader(
				tools,
				made.fileKey.slice(1),
				made.length,
				async () => undefined,
			),
		).toBeUndefined();
	});
});
