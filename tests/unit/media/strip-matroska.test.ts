// What a WebM says beside its film is blanked where it stands, however it was written; nothing else changes or moves.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matroskaPatches } from '#lib/media/strip-matroska.ts';
import { utf8 } from '#lib/util/bytes.ts';
import {
	expectFreed,
	fileOf,
	kept,
	lengthOf,
	loose,
	said,
	sentOf,
	type Part,
} from '../../support/media-parts.ts';

const idOf = (id: number): number[] => {
	const hex = id.toString(16);
	return [...Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')];
};
/** Lengths are written in so many bytes. */
function sizeOf(length: number, width: number): number[] {
	const digits = Array.from(
		{ length: width },
		(_, n) => Math.floor(length / 256 ** (width - 1 - n)) % 256,
	);
	digits[0] = (digits[0] ?? 0) | (1 << (8 - width));
	return digits;
}
const UNKNOWN = [0x01, 255, 255, 255, 255, 255, 255, 255];

const element = (id: number, content: readonly Part[], width = 4): Part[] => [
	...kept(idOf(id), sizeOf(lengthOf(content), width)),
	...content,
];
/** One that need not stay what it is. */
const blanked = (id: number, content: readonly Part[], width = 4): Part[] => [
	...loose(idOf(id), sizeOf(lengthOf(content), width)),
	...content,
];
const open = (id: number, content: readonly Part[]): Part[] => [
	...kept(idOf(id), UNKNOWN),
	...content,
];

const HEAD = element(0x1a45dfa3, element(0x4282, kept(utf8('webm')), 1), 1);
const info = (words: number): Part[] =>
	element(0x1549a966, [
		...blanked(0xbf, said(4), 1),
		...element(0x2ad7b1, kept([15, 66, 64]), 1),
		...blanked(0x7ba9, said(words), 4),
		...element(0x4d80, said(words), 8),
		...element(0x5741, said(12), 1),
		...element(0x4489, kept(new Uint8Array(8).fill(7)), 1),
		...blanked(0x4461, said(8), 1),
		...blanked(0x73a4, said(16), 1),
	]);
const tracks = (words: number): Part[] =>
	element(
		0x1654ae6b,
		element(0xae, [
			...element(0xd7, kept([1]), 1),
			...blanked(0x536e, said(words), 2),
			...element(0x86, kept(utf8('V_VP8')), 1),
			...element(0xe0, element(0xb0, kept([1, 64]), 1), 1),
			...blanked(0x258688, said(words), 2),
		]),
	);
const media = (length: number): Part[] =>
	kept(Uint8Array.from({ length }, (_, n) => (n * 7) & 255));
const cluster = (length: number): Part[] => [
	...element(0xe7, kept([0]), 1),
	...element(0xa3, media(length), 4),
	...element(0xa0, element(0xa1, media(length), 2), 2),
];

const words = fc.integer({ min: 0, max: 300 });
const length = fc.integer({ min: 0, max: 2000 });
/** Parts of a film, each of which may come anywhere. */
const part = fc.oneof(
	words.map(info),
	words.map(tracks),
	length.map((size) => element(0x1f43b675, cluster(size))),
	length.map((size) => open(0x1f43b675, cluster(size))),
	length.map((size) => element(0x1c53bb6b, media(size))),
	length.map((size) => element(0x114d9b74, media(size))),
	words.map((size) => element(0x1254c367, said(size + 2))),
	words.map((size) => element(0x1941a469, said(size + 2), 8)),
	words.map((size) => element(0x1043a770, said(size + 2))),
	words.map((size) => blanked(0xec, said(size), 2)),
	words.map((size) => blanked(0x1abcdef0, said(size), 3)),
);
const film = fc
	.tuple(fc.array(part, { maxLength: 8 }), fc.boolean())
	.map(([parts, isOpen]) => [
		...HEAD,
		...(isOpen ? open(0x18538067, parts.flat()) : element(0x18538067, parts.flat(), 8)),
	]);

describe('a WebM that is to be sent', () => {
	it('[ME7] says nothing beside its film, which stays byte for byte where it was', async () => {
		await fc.assert(
			fc.asyncProperty(film, async (parts) => {
				await expectFreed(matroskaPatches, parts);
			}),
			{ numRuns: 150 },
		);
	});

	it('[ME7] leaves void elements that are as long as what they replace, however long that was', async () => {
		for (const size of [2, 100, 126, 127, 128, 129, 130, 20_000]) {
			const tags = element(0x1254c367, said(size), 4);
			const sent = await expectFreed(matroskaPatches, [
				...HEAD,
				...element(0x18538067, [...tags, ...element(0x1f43b675, cluster(10))], 8),
			]);
			const at = lengthOf(HEAD) + 12 + 8;
			expect(sent[at]).toBe(0xec);
			const isShort = size < 129;
			expect([...sent.subarray(at + 1, at + (isShort ? 2 : 9))]).toEqual(
				isShort ? [0x80 + size - 2] : sizeOf(size - 9, 8),
			);
		}
	});

	it('[ME7] looks only at what describes it', async () => {
		const parts = element(0x18538067, [...info(5), ...element(0x1f43b675, media(5_000_000))], 8);
		const file = fileOf([...HEAD, ...parts]);
		let looked = 0;
		const read = async (from: number, to: number) => {
			looked += to - from;
			return file.slice(from, to);
		};
		expect(await matroskaPatches(read, file.length)).toBeDefined();
		expect(looked).toBeLessThan(200_000);
	});

	it('[ME6] [ME7] that is cut, damaged or none is told as such', async () => {
		const parts = [
			...HEAD,
			...element(0x18538067, [...info(9), ...element(0x1f43b675, cluster(99))], 8),
		];
		const whole = fileOf(parts);
		expect(await sentOf(matroskaPatches, whole)).toBeDefined();
		expect(await sentOf(matroskaPatches, whole.slice(0, -3))).toBeUndefined();
		expect(await sentOf(matroskaPatches, utf8('no film at all'))).toBeUndefined();
		expect(await matroskaPatches(() => Promise.reject(new Error('gone')), 100)).toBeUndefined();
		const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 });
		await fc.assert(
			fc.asyncProperty(changes, async (all) => {
				const damaged = whole.slice();
				for (const [at, byte] of all) damaged[at] = byte;
				expect((await sentOf(matroskaPatches, damaged))?.length ?? whole.length).toBe(whole.length);
			}),
			{ numRuns: 200 },
		);
	});
});
