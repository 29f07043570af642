// A JPEG without what it says beside its picture: place, time, camera, words, small copies, and whatever follows its end.
// The picture itself is not touched. Pure and total. [ME1] [ME2]
import { concat, utf8, type Bytes } from '#lib/util/bytes.ts';
import { orientationIn, tiffSaying } from './orientation.ts';

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP14 = 0xee;
const APP15 = 0xef;
const COMMENT = 0xfe;

const JFIF = utf8('JFIF\0');
const EXIF = utf8('Exif\0\0');
/** How colours are meant. */
const ICC = utf8('ICC_PROFILE\0');
const ADOBE = utf8('Adobe');

const begins = (bytes: Uint8Array, start: Uint8Array): boolean =>
	bytes.length >= start.length && start.every((byte, n) => bytes[n] === byte);

const standsAlone = (marker: number): boolean => marker === 1 || (marker >= 0xd0 && marker <= 0xd7);

/** What is kept of a segment: it, something of it, or nothing. */
function keptOf(marker: number, segment: Uint8Array): Uint8Array | undefined {
	const content = segment.subarray(4);
	if (marker === APP0) {
		if (!begins(content, JFIF) || content.length < 14) return undefined;
		// Version, units and density, and no small copy.
		return concat(Uint8Array.of(0xff, APP0, 0, 16), content.subarray(0, 12), Uint8Array.of(0, 0));
	}
	if (marker === APP2) return begins(content, ICC) ? segment : undefined;
	if (marker === APP14) return begins(content, ADOBE) ? segment : undefined;
	return (marker > APP0 && marker <= APP15) || marker === COMMENT ? undefined : segment;
}

/** Undefined where it is no JPEG that can be read to its end. */
export function stripJpeg(file: Uint8Array): Bytes | undefined {
	if (file[0] !== 0xff || file[1] !== SOI) return undefined;
	const head: Uint8Array[] = [file.subarray(0, 2)];
	const rest: Uint8Array[] = [];
	let orientation = 1;
	let hasPicture = false;
	for (let at = 2; ;) {
		if (file[at] !== 0xff) return undefined;
		while (file[at + 1] === 0xff) at += 1;
		const marker = file[at + 1];
		if (marker === undefined || marker === 0) return undefined;
		if (marker === EOI) {
			rest.push(file.subarray(at, at + 2));
			break;
		}
		if (standsAlone(marker)) {
			rest.push(file.subarray(at, at + 2));
			at += 2;
			continue;
		}
		const length = ((file[at + 2] ?? 0) << 8) | (file[at + 3] ?? 0);
		let end = at + 2 + length;
		if (length < 2 || end > file.length) return undefined;
		const content = file.subarray(at + 4, end);
		if (marker === APP1 && begins(content, EXIF) && orientation === 1) {
			orientation = orientationIn(content.subarray(EXIF.length));
		}
		if (marker === SOS) {
			hasPicture = true;
			end = endOfScan(file, end);
		}
		const kept = keptOf(marker, file.subarray(at, end));
		if (kept !== undefined) (marker === APP0 ? head : rest).push(kept);
		at = end;
	}
	if (!hasPicture) return undefined;
	if (orientation !== 1) {
		const tiff = tiffSaying(orientation);
		const length = 2 + EXIF.length + tiff.length;
		head.push(Uint8Array.of(0xff, APP1, 0, length), EXIF, tiff);
	}
	return concat(...head, ...rest);
}

/** Where the coded picture ends that begins here: at the next marker that isn't part of it. */
function endOfScan(file: Uint8Array, start: number): number {
	let at = start;
	for (;;) {
		at = file.indexOf(0xff, at);
		if (at < 0) return file.length;
		const next = file[at + 1] ?? 0;
		if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
		at += next === 0xff ? 1 : 2;
	}
}
