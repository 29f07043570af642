// Pictures by means of the browser: drawn smaller, and as the small ones that go with a message. Works in pages and workers.
// [ME4]
import type { Bytes } from '#lib/util/bytes.ts';
import { encodePlaceholder, fieldsOf } from './placeholder.ts';

export interface PictureLook {
	/** Pixels, as it is shown. */
	readonly width: number;
	readonly height: number;
	readonly placeholder: Bytes;
	/** Empty where none fits. */
	readonly thumbnail: Bytes;
}

const MAX_THUMBNAIL = 3800;
const SIDES = [160, 128, 96, 64];
const QUALITIES = [0.6, 0.35];
const NONE: Bytes = new Uint8Array();

/** Anything that can be drawn: a decoded picture, or a moment of a film. */
export type Drawable = ImageBitmap;

const bytesOf = async (blob: Blob): Promise<Bytes> => new Uint8Array(await blob.arrayBuffer());

/** Undefined where the browser can't read it. Close it when it is done with. */
export async function openPicture(file: Blob): Promise<Drawable | undefined> {
	return createImageBitmap(file).catch(() => undefined);
}

function drawn(picture: Drawable, width: number, height: number): OffscreenCanvas | undefined {
	const canvas = new OffscreenCanvas(width, height);
	const context = canvas.getContext('2d');
	if (context === null) return undefined;
	context.imageSmoothingQuality = 'high';
	context.drawImage(picture, 0, 0, width, height);
	return canvas;
}

/** Its size with a longer side of at most so many pixels. */
function fitting({ width, height }: Drawable, side: number): [number, number] {
	const scale = Math.min(1, side / Math.max(width, height, 1));
	return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

async function thumbnailOf(picture: Drawable): Promise<Bytes> {
	for (const side of SIDES) {
		const canvas = drawn(picture, ...fitting(picture, side));
		for (const quality of QUALITIES) {
			let blob = await canvas?.convertToBlob({ type: 'image/webp', quality });
			// A browser that can't write it writes something larger instead.
			if (blob?.type === 'image/png') {
				blob = await canvas?.convertToBlob({ type: 'image/jpeg', quality });
			}
			if (blob !== undefined && blob.size <= MAX_THUMBNAIL) return bytesOf(blob);
		}
	}
	return NONE;
}

function placeholderOf(picture: Drawable): Bytes {
	const { columns, rows } = fieldsOf(picture.width, picture.height);
	// By halves: drawn small at once, most of a large picture would have no say.
	let [width, height] = fitting(picture, 64);
	let canvas = drawn(picture, width, height);
	while (canvas !== undefined && (width > 2 * columns || height > 2 * rows)) {
		width = Math.max(columns, width >> 1);
		height = Math.max(rows, height >> 1);
		const smaller = new OffscreenCanvas(width, height);
		smaller.getContext('2d')?.drawImage(canvas, 0, 0, width, height);
		canvas = smaller;
	}
	const last = new OffscreenCanvas(columns, rows);
	const context = last.getContext('2d');
	if (context === null || canvas === undefined) return NONE;
	context.drawImage(canvas, 0, 0, columns, rows);
	const { data } = context.getImageData(0, 0, columns, rows);
	return encodePlaceholder({ columns, rows, pixels: new Uint8Array(data.buffer) });
}

export async function lookOf(picture: Drawable): Promise<PictureLook> {
	const { width, height } = picture;
	const thumbnail = await thumbnailOf(picture).catch(() => NONE);
	return { width, height, placeholder: placeholderOf(picture), thumbnail };
}

export interface Redrawn {
	readonly type: string;
	readonly bytes: Bytes;
	readonly width: number;
	readonly height: number;
}

/** Draws it anew, as a JPEG where it was one and otherwise as something that can be seen through. */
export async function redraw(
	picture: Drawable,
	type: string,
	maxSide: number,
): Promise<Redrawn | undefined> {
	const [width, height] = fitting(picture, maxSide);
	const wanted = type === 'image/jpeg' ? type : 'image/webp';
	const canvas = drawn(picture, width, height);
	const blob = await canvas?.convertToBlob({ type: wanted, quality: 0.85 }).catch(() => undefined);
	if (blob === undefined) return undefined;
	return { type: blob.type, bytes: await bytesOf(blob), width, height };
}
