// A file comes back whole in any order, or what was done to it shows.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWebCryptoGcm } from '#lib/crypto/aes-gcm.ts';
import { createNobleGcm } from '#lib/crypto/aes-gcm-noble.ts';
import { createAttachmentOpener, createAttachmentSealer } from '#lib/crypto/attachment-cipher.ts';
import { SEGMENT } from '#lib/protocol/attachment-size.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { concat, equal, type Bytes } from '#lib/util/bytes.ts';

const provider = createSyncCryptoProvider();
const gcm = createWebCryptoGcm(crypto.subtle);
const runs = { numRuns: 60 };

/** Around the ends of segments, where mistakes are; up to four of them. */
const lengths = fc
	.tuple(fc.nat(3), fc.oneof(fc.constantFrom(-1, 0, 1), fc.nat(SEGMENT)))
	.map(([whole, more]) => Math.max(0, whole * SEGMENT + more));

const file = lengths.chain((length) =>
	fc.record({
		length: fc.constant(length),
		fill: fc.nat(255),
		fileKey: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((key) => new Uint8Array(key)),
	}),
);
type File = typeof file extends fc.Arbitrary<infer F> ? F : never;

const plainOf = ({ length, fill }: File): Bytes =>
	Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) + fill) & 0xff);

async function sealed(drawn: File, by = gcm): Promise<Bytes[]> {
	const plain = plainOf(drawn);
	const sealer = await createAttachmentSealer(provider, by, { bytes: () => drawn.fileKey });
	const segments: Promise<Bytes>[] = [];
	for (let at = 0; at === 0 || at < plain.length; at += SEGMENT) {
		segments.push(sealer.seal(plain.subarray(at, at + SEGMENT), at + SEGMENT >= plain.length));
	}
	return Promise.all(segments);
}

/** The segments' contents in this order of opening; undefined where one was refused. */
async function opened(
	{ fileKey }: File,
	length: number,
	segments: readonly Uint8Array[],
	order = segments.map((_, number) => number),
): Promise<(Bytes | undefined)[]> {
	const opener = await createAttachmentOpener(provider, gcm, fileKey, length);
	if (opener === undefined) throw new Error('no such file');
	const parts: (Bytes | undefined)[] = [];
	for (const number of order) {
		const part = await opener.open(number, segments[number] ?? new Uint8Array());
		parts[number] = part.ok ? part.value : undefined;
	}
	return parts;
}

describe('a file in segments', () => {
	it('[KY16] [KY18] comes back whole in any order', () =>
		fc.assert(
			fc.asyncProperty(file, fc.infiniteStream(fc.nat()), async (drawn, lots) => {
				const segments = await sealed(drawn);
				const order = segments.map((_, number) => number);
				const draw = (below: number): number => (lots.next().value as number) % below;
				for (let i = order.length - 1; i > 0; i--) {
					const j = draw(i + 1);
					[order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
				}
				const parts = await opened(drawn, drawn.length, segments, order);
				expect(equal(concat(...parts.map((part) => part!)), plainOf(drawn))).toBe(true);
			}),
			runs,
		));

	it('[KY16] has the same bytes from every backend', () =>
		fc.assert(
			fc.asyncProperty(file, async (drawn) => {
				const [own, other] = [await sealed(drawn), await sealed(drawn, createNobleGcm)];
				expect(own.every((segment, n) => equal(segment, other[n]!))).toBe(true);
				expect(own.length).toBe(other.length);
			}),
			runs,
		));

	it('[KY17] is refused at every segment with a bit changed', () =>
		fc.assert(
			fc.asyncProperty(file, fc.nat(), fc.nat(), async (drawn, which, at) => {
				const segments = await sealed(drawn);
				const number = which % segments.length;
				const segment = segments[number]!;
				const bit = at % (segment.length * 8);
				segment[bit >> 3] = (segment[bit >> 3] ?? 0) ^ (1 << (bit & 7));
				const parts = await opened(drawn, drawn.length, segments);
				expect(parts.map((part) => part === undefined)).toEqual(
					segments.map((_, other) => other === number),
				);
			}),
			runs,
		));

	it('[KY17] is never whole at another length, whatever is cut or added', () =>
		fc.assert(
			fc.asyncProperty(file, lengths, async (drawn, other) => {
				fc.pre(other !== drawn.length);
				const wanted = Math.max(1, Math.ceil(other / SEGMENT));
				const segments = await sealed(drawn);
				const stretched = Array.from({ length: wanted }, (_, number) => {
					const own = segments[number] ?? segments.at(-1)!;
					const size = (number < wanted - 1 ? SEGMENT : other - (wanted - 1) * SEGMENT) + 16;
					return concat(own, new Uint8Array(SEGMENT + 16)).subarray(0, size);
				});
				for (const tried of [stretched, segments.slice(0, wanted)]) {
					const parts = await opened(drawn, other, tried);
					expect(parts.includes(undefined) || parts.length < wanted).toBe(true);
				}
			}),
			runs,
		));

	it('[KY17] opens no segment in another place, nor under another key', () =>
		fc.assert(
			fc.asyncProperty(file, fc.nat(), fc.nat(), file, async (drawn, from, to, other) => {
				const segments = await sealed(drawn);
				const [a, b] = [from % segments.length, to % segments.length];
				const moved = [...segments];
				moved[b] = segments[a]!;
				const parts = await opened(drawn, drawn.length, moved);
				expect(parts[b] === undefined).toBe(a !== b);
				if (equal(drawn.fileKey, other.fileKey)) return;
				const foreign = await opened(other, drawn.length, segments);
				expect(foreign.every((part) => part === undefined)).toBe(true);
			}),
			runs,
		));
});
