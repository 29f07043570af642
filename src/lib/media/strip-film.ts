// What to blank in a film (MP4, QuickTime) so that it no longer says where, when and by what it was taken: boxes of words
// become empty ones of the same length, so that nothing else in the file moves. Reads only what it must. [ME3]
import { utf8, utf8ToText, type Bytes } from '#lib/util/bytes.ts';
import { put, zeros, type Patch, type Read } from './patch.ts';

interface Box {
	readonly type: string;
	readonly at: number;
	/** Where its content begins and ends. */
	readonly from: number;
	readonly to: number;
}

const MAX_BOXES = 20_000;
const HOLDS_OTHERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'moof', 'traf']);
const WORDS = new Set(['udta', 'meta', 'uuid', 'free', 'skip', 'wide']);
/** Boxes that begin with when they were made and changed. */
const TIMES = new Set(['mvhd', 'tkhd', 'mdhd']);
const FREE = utf8('free');

const EMPTY: Bytes = new Uint8Array();

export function isFilm(start: Uint8Array): boolean {
	return ['ftyp', 'moov', 'wide', 'mdat'].includes(utf8ToText(start.subarray(4, 8)) ?? '');
}

/** Boxes from one place up to before another, one after the other; undefined where they don't end there. */
async function boxesIn(read: Read, start: number, end: number): Promise<Box[] | undefined> {
	const boxes: Box[] = [];
	for (let at = start; at < end;) {
		const header = await read(at, Math.min(end, at + 16));
		if (header.length < 8 || boxes.length >= MAX_BOXES) return undefined;
		const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
		const short = view.getUint32(0);
		const type = String.fromCharCode(...header.subarray(4, 8));
		const isLong = short === 1;
		if (isLong && header.length < 16) return undefined;
		const length = isLong ? Number(view.getBigUint64(8)) : short === 0 ? end - at : short;
		const from = at + (isLong ? 16 : 8);
		if (at + length > end || from > at + length) return undefined;
		boxes.push({ type, at, from, to: at + length });
		at += length;
	}
	return boxes;
}

async function patchesOf(read: Read, box: Box, depth: number): Promise<Patch[] | undefined> {
	if (box.type === 'mdat') return [];
	if (WORDS.has(box.type)) return [put(box.at + 4, FREE), zeros(box.from, box.to)];
	if (TIMES.has(box.type)) {
		const [version] = await read(box.from, box.from + 1);
		const length = version === 1 ? 16 : 8;
		const fits = box.from + 4 + length <= box.to;
		return fits ? [zeros(box.from + 4, box.from + 4 + length)] : undefined;
	}
	if (!HOLDS_OTHERS.has(box.type) || depth > 8) return [];
	const within = await boxesIn(read, box.from, box.to);
	const patches: Patch[] = [];
	for (const each of within ?? []) {
		const more = await patchesOf(read, each, depth + 1);
		if (more === undefined) return undefined;
		patches.push(...more);
	}
	return within && patches;
}

/** Undefined where it is no film of this kind that can be read to its end. */
export async function filmPatches(read: Read, size: number): Promise<Patch[] | undefined> {
	const start = await read(0, Math.min(16, size)).catch(() => EMPTY);
	if (!isFilm(start)) return undefined;
	const top = await boxesIn(read, 0, size).catch(() => undefined);
	const patches: Patch[] = [];
	for (const box of top ?? []) {
		const more = await patchesOf(read, box, 0).catch(() => undefined);
		if (more === undefined) return undefined;
		patches.push(...more);
	}
	return top && patches;
}
