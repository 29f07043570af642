// Which way up a picture is, as its metadata (TIFF, as in Exif) says it: the one thing of it that must not be lost. Pure.
import type { Bytes } from '#lib/util/bytes.ts';

const TAG = 0x0112;
const SHORT = 3;
/** Entries looked at. */
const MAX_ENTRIES = 512;

/** 1 … 8; 1 is upright, and what isn't said. */
export function orientationIn(tiff: Uint8Array): number {
	const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
	if (tiff.length < 14) return 1;
	const order = view.getUint16(0);
	if (order !== 0x4949 && order !== 0x4d4d) return 1;
	const little = order === 0x4949;
	const start = view.getUint32(4, little);
	if (view.getUint16(2, little) !== 42 || start + 2 > tiff.length) return 1;
	const count = Math.min(MAX_ENTRIES, view.getUint16(start, little));
	for (let n = 0; n < count; n++) {
		const at = start + 2 + n * 12;
		if (at + 12 > tiff.length) return 1;
		if (view.getUint16(at, little) !== TAG || view.getUint16(at + 2, little) !== SHORT) continue;
		const value = view.getUint16(at + 8, little);
		return value >= 1 && value <= 8 ? value : 1;
	}
	return 1;
}

/** Metadata that says nothing but this. */
export function tiffSaying(orientation: number): Bytes {
	const tiff = new Uint8Array(26);
	const view = new DataView(tiff.buffer);
	view.setUint16(0, 0x4d4d);
	view.setUint16(2, 42);
	view.setUint32(4, 8);
	view.setUint16(8, 1);
	view.setUint16(10, TAG);
	view.setUint16(12, SHORT);
	view.setUint32(14, 1);
	view.setUint16(18, orientation);
	return tiff;
}
