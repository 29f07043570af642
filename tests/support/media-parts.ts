// Media files put together of parts of which some are to stay as they are and some say something, to see what becomes of both.
import { expect } from 'vitest';
import { patched, type Patch, type Read } from '#lib/media/patch.ts';
import { concat, utf8, type Bytes } from '#lib/util/bytes.ts';

const CANARY = utf8('canary-31c7');

export interface Part {
	readonly bytes: Bytes;
	readonly isKept: boolean;
}
export const kept = (...bytes: (Uint8Array | readonly number[])[]): Part[] =>
	bytes.map((each) => ({ bytes: Uint8Array.from(each), isKept: true }));
/** Words, as many bytes as are wanted. */
export const said = (length: number): Part[] => [
	{ bytes: Uint8Array.from({ length }, (_, n) => CANARY[n % CANARY.length] ?? 0), isKept: false },
];
/** What has to be there and may become something else. */
export const loose = (...bytes: (Uint8Array | readonly number[])[]): Part[] =>
	bytes.map((each) => ({ bytes: Uint8Array.from(each), isKept: false }));

export const lengthOf = (parts: readonly Part[]): number =>
	parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
export const fileOf = (parts: readonly Part[]): Bytes => concat(...parts.map(({ bytes }) => bytes));

export const readOf =
	(file: Bytes): Read =>
	async (from, to) =>
		file.slice(from, to);

type PatchesOf = (read: Read, size: number) => Promise<Patch[] | undefined>;

/** As it is sent, read in pieces; undefined where it can't be freed of what it says. */
export async function sentOf(
	patchesOf: PatchesOf,
	file: Bytes,
	step = 1000,
): Promise<Bytes | undefined> {
	const patches = await patchesOf(readOf(file), file.length);
	if (patches === undefined) return undefined;
	const pieces: Bytes[] = [];
	for (let at = 0; at < file.length; at += step) {
		pieces.push(patched(file.slice(at, at + step), at, patches));
	}
	return concat(...pieces);
}

/** It says nothing any more, and what is to stay has stayed where it was. */
export async function expectFreed(patchesOf: PatchesOf, parts: readonly Part[]): Promise<Bytes> {
	const file = fileOf(parts);
	const sent = await sentOf(patchesOf, file);
	if (sent === undefined) throw new Error('not freed');
	expect(sent.length).toBe(file.length);
	expect(Buffer.from(sent).includes(Buffer.from('canar'))).toBe(false);
	let at = 0;
	for (const { bytes, isKept } of parts) {
		if (isKept) expect(sent.subarray(at, at + bytes.length)).toEqual(bytes);
		at += bytes.length;
	}
	// Read in other pieces, or once more, it is the same.
	expect(await sentOf(patchesOf, file, 7)).toEqual(sent);
	expect(await sentOf(patchesOf, sent)).toEqual(sent);
	return sent;
}
