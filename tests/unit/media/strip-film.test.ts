// What a film says of where and when it was taken is blanked where it stands, so that nothing else in it moves.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patched } from '#lib/media/patch.ts';
import { filmPatches } from '#lib/media/strip-film.ts';
import { concat, utf8, type Bytes } from '#lib/util/bytes.ts';

const WORDS = utf8('canary+48.1371+011.5754/');

function box(type: string, ...parts: Uint8Array[]): Bytes {
	const content = concat(...parts);
	const head = new Uint8Array(4);
	new DataView(head.buffer).setUint32(0, 8 + content.length);
	return concat(head, utf8(type), content);
}
function longBox(type: string, content: Uint8Array): Bytes {
	const head = new Uint8Array(16);
	const view = new DataView(head.buffer);
	view.setUint32(0, 1);
	head.set(utf8(type), 4);
	view.setBigUint64(8, BigInt(16 + content.length));
	return concat(head, content);
}
const times = (version: number): Bytes =>
	concat(
		Uint8Array.of(version, 0, 0, 0),
		new Uint8Array(16).fill(0xdd),
		new Uint8Array(20).fill(5),
	);

const BEFORE = concat(box('ftyp', utf8('qt  ')), longBox('mdat', new Uint8Array(5000).fill(0xaa)));
const TABLE = box('stsd', new Uint8Array(40).fill(0x55));
const film = concat(
	BEFORE,
	box(
		'moov',
		box('mvhd', times(0)),
		box('udta', box('xyz ', WORDS)),
		box(
			'trak',
			box('tkhd', times(1)),
			box('mdia', box('mdhd', times(0)), box('minf', box('stbl', TABLE))),
			box('meta', WORDS),
		),
		box('meta', WORDS),
	),
	box('uuid', WORDS),
);
const readOf =
	(file: Bytes) =>
	async (from: number, to: number): Promise<Bytes> =>
		file.slice(from, to);

async function sent(file: Bytes, step: number): Promise<Bytes | undefined> {
	const read = readOf(file);
	const patches = await filmPatches(read, file.length);
	if (patches === undefined) return undefined;
	const parts: Bytes[] = [];
	for (let at = 0; at < file.length; at += step) {
		parts.push(patched(await read(at, Math.min(file.length, at + step)), at, patches));
	}
	return concat(...parts);
}

describe('a film that is to be sent', () => {
	it('[ME3] says neither where nor when, and is the same otherwise', async () => {
		const after = (await sent(film, 1000)) ?? film;
		expect(after.length).toBe(film.length);
		expect(Buffer.from(after).includes(Buffer.from(WORDS))).toBe(false);
		// Of the times nothing is left, of what follows them everything; version 0 has eight bytes of them.
		expect(after.filter((byte) => byte === 0xdd).length).toBe(8 + 8);
		expect(after.filter((byte) => byte === 5).length).toBe(
			film.filter((byte) => byte === 5).length,
		);
		expect(after.subarray(0, BEFORE.length)).toEqual(BEFORE);
		expect(Buffer.from(after).includes(Buffer.from(TABLE))).toBe(true);
		for (const step of [1, 7, 64, film.length]) expect(await sent(film, step)).toEqual(after);
		expect(await sent(after, 100)).toEqual(after);
	});

	it('[ME3] that is cut, damaged or none is told as such', async () => {
		expect(await sent(utf8('not a film at all'), 100)).toBeUndefined();
		expect(await sent(film.slice(0, film.length - 3), 100)).toBeUndefined();
		const failing = (): Promise<Bytes> => Promise.reject(new Error('gone'));
		expect(await filmPatches(failing, 100)).toBeUndefined();
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.tuple(fc.nat(film.length - 1), fc.nat(255)), { maxLength: 6 }),
				async (changes) => {
					const damaged = film.slice();
					for (const [at, byte] of changes) damaged[at] = byte;
					expect((await sent(damaged, 512))?.length ?? film.length).toBe(film.length);
				},
			),
			{ numRuns: 50 },
		);
	});
});
