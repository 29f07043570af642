// A picture in at most 64 bytes: a few colours side by side, to be drawn large and soft until the picture is there. Pure;
// reading is total. [ME4]
//
// placeholder = [columns · 16 + rows, (5 bits red, 6 green, 5 blue) for each field, row by row]
import type { Bytes } from '#lib/util/bytes.ts';

const MAX_FIELDS = 31;

export interface Fields {
	readonly columns: number;
	readonly rows: number;
	/** Red, green, blue and opacity of each field, row by row. */
	readonly pixels: Uint8Array;
}

/** How a picture of this shape is divided. */
export function fieldsOf(width: number, height: number): { columns: number; rows: number } {
	const shape = Math.min(4, Math.max(0.25, width / Math.max(1, height)));
	const columns = Math.min(10, Math.max(3, Math.round(Math.sqrt(30 * shape))));
	return { columns, rows: Math.max(1, Math.min(10, Math.floor(30 / columns))) };
}

export function encodePlaceholder({ columns, rows, pixels }: Fields): Bytes {
	const bytes = new Uint8Array(1 + 2 * columns * rows);
	bytes[0] = (columns << 4) | rows;
	for (let n = 0; n < columns * rows; n++) {
		const [r = 0, g = 0, b = 0, opacity = 255] = pixels.subarray(4 * n, 4 * n + 4);
		// What shows through is drawn on white.
		const on = (value: number): number => Math.round(255 - ((255 - value) * opacity) / 255);
		const packed = ((on(r) >> 3) << 11) | ((on(g) >> 2) << 5) | (on(b) >> 3);
		bytes[1 + 2 * n] = packed >> 8;
		bytes[2 + 2 * n] = packed & 0xff;
	}
	return bytes;
}

function decode(placeholder: Uint8Array): Fields | undefined {
	const columns = (placeholder[0] ?? 0) >> 4;
	const rows = (placeholder[0] ?? 0) & 15;
	const count = columns * rows;
	if (count === 0 || count > MAX_FIELDS || placeholder.length !== 1 + 2 * count) return undefined;
	const pixels = new Uint8Array(4 * count);
	for (let n = 0; n < count; n++) {
		const packed = ((placeholder[1 + 2 * n] ?? 0) << 8) | (placeholder[2 + 2 * n] ?? 0);
		const [r, g, b] = [packed >> 11, (packed >> 5) & 63, packed & 31];
		pixels.set([(r << 3) | (r >> 2), (g << 2) | (g >> 4), (b << 3) | (b >> 2), 255], 4 * n);
	}
	return { columns, rows, pixels };
}

/** As the address of a tiny picture, for an image element that draws it large; null: there is none. */
export function placeholderUrl(placeholder: Uint8Array): string | null {
	const fields = decode(placeholder);
	if (fields === undefined) return null;
	const { columns, rows, pixels } = fields;
	// A bitmap (BMP): header, then rows of blue, green, red from the top, each filled up to four bytes.
	const row = Math.ceil((3 * columns) / 4) * 4;
	const bitmap = new Uint8Array(54 + row * rows);
	const view = new DataView(bitmap.buffer);
	bitmap.set([0x42, 0x4d]);
	view.setUint32(2, bitmap.length, true);
	view.setUint32(10, 54, true);
	view.setUint32(14, 40, true);
	view.setInt32(18, columns, true);
	view.setInt32(22, -rows, true);
	view.setUint16(26, 1, true);
	view.setUint16(28, 24, true);
	for (let n = 0; n < columns * rows; n++) {
		const at = 54 + Math.floor(n / columns) * row + (n % columns) * 3;
		const [r = 0, g = 0, b = 0] = pixels.subarray(4 * n, 4 * n + 3);
		bitmap.set([b, g, r], at);
	}
	return `data:image/bmp;base64,${btoa(String.fromCharCode(...bitmap))}`;
}
