// What to blank in a recording (MP3, AAC, FLAC, WAV) so that it no longer says by whom, where, when and by what it was made,
// nor carries pictures: tags become empty ones of the same length, so that nothing else moves. [ME8]
import { utf8, utf8ToText, type Bytes } from '#lib/util/bytes.ts';
import { put, zeros, type Patch, type Read } from './patch.ts';

const MAX_TAGS = 16;
const MAX_CHUNKS = 10_000;
/** Zeros between tags and sound. */
const MAX_GAP = 4096;

const TAG = 128;
const TAG_PLUS = 227;
const APE = 32;
const NO_GENRE = 255;

const FLAC_PADDING = 1;
/** What a FLAC stream is played by: its header, and where to wind to. */
const FLAC_KEPT = new Set([0, 3]);
const WAV_KEPT = new Set(['fmt ', 'fact', 'data', 'cue ', 'smpl']);

const wordAt = (bytes: Uint8Array, at: number, length = 4): string =>
	utf8ToText(bytes.subarray(at, at + length)) ?? '';
const viewOf = ({ buffer, byteOffset, byteLength }: Bytes): DataView =>
	new DataView(buffer, byteOffset, byteLength);

/** Tags before the sound; where it begins. */
async function leading(
	read: Read,
	size: number,
): Promise<{ patches: Patch[]; at: number } | undefined> {
	const patches: Patch[] = [];
	let at = 0;
	for (let n = 0; n < MAX_TAGS; n++) {
		const head = await read(at, Math.min(size, at + 10));
		if (wordAt(head, 0, 3) !== 'ID3') return { patches, at };
		const [a = 0, b = 0, c = 0, d = 0] = head.subarray(6);
		const hasFooter = ((head[5] ?? 0) & 0x10) !== 0;
		const length = ((a << 21) | (b << 14) | (c << 7) | d) + (hasFooter ? 10 : 0);
		const to = at + 10 + length;
		if ((a | b | c | d) > 127 || length >= 1 << 28 || to > size) return undefined;
		// All of it padding, the footer too.
		const digits = [21, 14, 7, 0].map((bits) => (length >> bits) & 127);
		patches.push(put(at + 5, Uint8Array.from([0, ...digits])), zeros(at + 10, to));
		at = to;
	}
	return undefined;
}

/** Tags behind the sound. */
async function trailing(read: Read, start: number, size: number): Promise<Patch[]> {
	const patches: Patch[] = [];
	const standsAt = async (at: number, word: string): Promise<boolean> =>
		at >= start && wordAt(await read(at, at + word.length), 0, word.length) === word;
	let end = size;
	if (await standsAt(end - TAG, 'TAG')) {
		patches.push(zeros(end - TAG + 3, end - 1), put(end - 1, Uint8Array.of(NO_GENRE)));
		end -= TAG;
		if (await standsAt(end - TAG_PLUS, 'TAG+')) {
			patches.push(zeros(end - TAG_PLUS + 4, end));
			end -= TAG_PLUS;
		}
	}
	if (await standsAt(end - APE, 'APETAGEX')) {
		const foot = viewOf(await read(end - APE, end));
		const items = end - foot.getUint32(12, true);
		const hasHeader = foot.getUint32(20, true) >= 2 ** 31;
		if (items >= start && items <= end - APE) {
			patches.push(zeros(items, end - APE), zeros(end - APE + 16, end - APE + 20));
			if (hasHeader && items - APE >= start)
				patches.push(zeros(items - APE + 16, items - APE + 20));
		}
	}
	return patches;
}

async function flacPatches(read: Read, start: number, size: number): Promise<Patch[] | undefined> {
	const patches: Patch[] = [];
	let at = start + 4;
	for (let n = 0; n < MAX_CHUNKS; n++) {
		const [kind, a = 0, b = 0, c = 0] = await read(at, Math.min(size, at + 4));
		const to = at + 4 + ((a << 16) | (b << 8) | c);
		if (kind === undefined || to > size) return undefined;
		if (!FLAC_KEPT.has(kind & 127)) {
			patches.push(put(at, Uint8Array.of((kind & 128) | FLAC_PADDING)), zeros(at + 4, to));
		}
		at = to;
		if (kind >= 128) return patches;
	}
	return undefined;
}

async function wavPatches(read: Read, size: number): Promise<Patch[] | undefined> {
	const patches: Patch[] = [];
	let at = 12;
	for (let n = 0; at + 8 <= size; n++) {
		if (n >= MAX_CHUNKS) return undefined;
		const head = await read(at, at + 8);
		const name = wordAt(head, 0);
		const end = at + 8 + viewOf(head).getUint32(4, true);
		// Whoever wrote it as it came did not know how long it gets.
		if (end > size && name !== 'data') return undefined;
		const to = Math.min(size, end + (end & 1));
		if (!WAV_KEPT.has(name)) patches.push(put(at, utf8('JUNK')), zeros(at + 8, to));
		at = to;
	}
	return at < size ? [...patches, zeros(at, size)] : patches;
}

/** Whether sound begins here, or after some zeros. */
async function isFrames(read: Read, at: number, size: number): Promise<boolean> {
	const bytes = await read(at, Math.min(size, at + MAX_GAP));
	const first = bytes.findIndex((byte) => byte !== 0);
	return first >= 0 && bytes[first] === 0xff && ((bytes[first + 1] ?? 0) & 0xe0) === 0xe0;
}

async function patchesOf(read: Read, size: number): Promise<Patch[] | undefined> {
	const start = await read(0, Math.min(size, 12));
	if (wordAt(start, 0) === 'RIFF' && wordAt(start, 8) === 'WAVE') return wavPatches(read, size);
	const before = await leading(read, size);
	if (before === undefined) return undefined;
	const { patches, at } = before;
	if (wordAt(await read(at, Math.min(size, at + 4)), 0) === 'fLaC') {
		const within = await flacPatches(read, at, size);
		return within && [...patches, ...within, ...(await trailing(read, at, size))];
	}
	if (!(await isFrames(read, at, size))) return undefined;
	return [...patches, ...(await trailing(read, at, size))];
}

/** Undefined where it is none of these, or damaged. */
export const soundPatches = (read: Read, size: number): Promise<Patch[] | undefined> =>
	patchesOf(read, size).catch(() => undefined);
