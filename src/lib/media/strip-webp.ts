// A WebP without what it says beside its picture. Pure and total. [ME1] [ME2]
import { concat, utf8, utf8ToText, type Bytes } from '#lib/util/bytes.ts';
import { orientationIn, tiffSaying } from './orientation.ts';
import type { StrippedPicture } from './strip-png.ts';

const DRAWN = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'ICCP']);
const HAS_EXIF = 0x08;
const HAS_XMP = 0x04;
/** Of a frame, before its own chunks. */
const FRAME_HEADER = 16;

interface Chunk {
	readonly type: string;
	readonly content: Uint8Array;
}

const nameAt = (bytes: Uint8Array, at: number): string =>
	utf8ToText(bytes.subarray(at, at + 4)) ?? '';

export const isWebp = (file: Uint8Array): boolean =>
	file.length >= 12 && nameAt(file, 0) === 'RIFF' && nameAt(file, 8) === 'WEBP';

function chunksIn(bytes: Uint8Array): readonly Chunk[] | undefined {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const chunks: Chunk[] = [];
	for (let at = 0; at + 8 <= bytes.length;) {
		const length = view.getUint32(at + 4, true);
		const end = at + 8 + length;
		if (end > bytes.length) return undefined;
		chunks.push({ type: nameAt(bytes, at), content: bytes.subarray(at + 8, end) });
		at = end + (length & 1);
	}
	return chunks;
}

function encode({ type, content }: Chunk): Bytes {
	const bytes = new Uint8Array(8 + content.length + (content.length & 1));
	bytes.set(utf8(type));
	new DataView(bytes.buffer).setUint32(4, content.length, true);
	bytes.set(content, 8);
	return bytes;
}

function drawn({ type, content }: Chunk, flags: number): Chunk | undefined {
	if (!DRAWN.has(type)) return undefined;
	if (type === 'VP8X') {
		const kept = content.slice();
		kept[0] = ((kept[0] ?? 0) & ~(HAS_EXIF | HAS_XMP)) | flags;
		return { type, content: kept };
	}
	if (type !== 'ANMF') return { type, content };
	const within = chunksIn(content.subarray(FRAME_HEADER)) ?? [];
	const kept = within.filter((each) => DRAWN.has(each.type)).map(encode);
	return { type, content: concat(content.subarray(0, FRAME_HEADER), ...kept) };
}

/** Undefined where it is no WebP that can be read to its end. */
export function stripWebp(file: Uint8Array): StrippedPicture | undefined {
	if (!isWebp(file)) return undefined;
	const size = new DataView(file.buffer, file.byteOffset, file.byteLength).getUint32(4, true);
	if (size < 4 || 8 + size > file.length) return undefined;
	const chunks = chunksIn(file.subarray(12, 8 + size));
	if (chunks === undefined) return undefined;
	const exif = chunks.find(({ type }) => type === 'EXIF')?.content;
	const hasPrefix = exif !== undefined && nameAt(exif, 0) === 'Exif';
	const orientation = exif === undefined ? 1 : orientationIn(exif.subarray(hasPrefix ? 6 : 0));
	const flags = orientation === 1 ? 0 : HAS_EXIF;
	const kept = chunks.flatMap((chunk) => drawn(chunk, flags) ?? []);
	if (orientation !== 1) kept.push({ type: 'EXIF', content: tiffSaying(orientation) });
	const body = concat(utf8('WEBP'), ...kept.map(encode));
	const bytes = encode({ type: 'RIFF', content: body });
	return { bytes, isAnimated: chunks.some(({ type }) => type === 'ANMF') };
}
