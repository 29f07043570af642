// A PNG without what it says beside its picture: only those chunks stay that a picture is drawn from. Pure and total. [ME1]
// [ME2]
import { concat, utf8, type Bytes } from '#lib/util/bytes.ts';
import { orientationIn, tiffSaying } from './orientation.ts';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const DRAWN = new Set(
	(
		'IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD pHYs ' + 'acTL fcTL fdAT'
	).split(' '),
);

export const isPng = (file: Uint8Array): boolean => SIGNATURE.every((byte, n) => file[n] === byte);

function checksum(bytes: Uint8Array): number {
	let crc = 0xffffffff;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
	}
	return ~crc >>> 0;
}

function chunkOf(type: string, content: Uint8Array): Bytes {
	const named = concat(utf8(type), content);
	const chunk = new Uint8Array(8 + named.length);
	const view = new DataView(chunk.buffer);
	view.setUint32(0, content.length);
	chunk.set(named, 4);
	view.setUint32(4 + named.length, checksum(named));
	return chunk;
}

export interface StrippedPicture {
	readonly bytes: Bytes;
	/** It moves: drawn anew it would stand still. */
	readonly isAnimated: boolean;
}

/** Undefined where it is no PNG that can be read to its end. */
export function stripPng(file: Uint8Array): StrippedPicture | undefined {
	if (!isPng(file)) return undefined;
	const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
	const [first, ...rest]: Uint8Array[] = [SIGNATURE];
	let orientation = 1;
	let isAnimated = false;
	for (let at = SIGNATURE.length; at + 12 <= file.length;) {
		const length = view.getUint32(at);
		const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
		const end = at + 12 + length;
		if (end > file.length) return undefined;
		if (type === 'eXIf') orientation = orientationIn(file.subarray(at + 8, end - 4));
		isAnimated ||= type === 'acTL';
		if (DRAWN.has(type)) rest.push(file.subarray(at, end));
		if (type === 'IEND') {
			if (first === undefined || rest.length < 3) return undefined;
			// Behind the first chunk, which is the picture's header.
			if (orientation !== 1) rest.splice(1, 0, chunkOf('eXIf', tiffSaying(orientation)));
			return { bytes: concat(first, ...rest), isAnimated };
		}
		at = end;
	}
	return undefined;
}
