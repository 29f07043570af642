// Reads a QR code from a picture: by the browser's own detector where it has one that works, else by a library that is
// fetched with the first picture. Knows nothing of cameras.
import type { decodeQR } from 'qr/decode.js';

export type Picture = ImageBitmap | HTMLVideoElement;

/** The text of a code in the picture; null where none is found. */
export type CodeReader = (picture: Picture) => Promise<string | null>;

interface Detector {
	detect(picture: Picture): Promise<readonly { readonly rawValue: string }[]>;
}

interface DetectorClass {
	new (options: { readonly formats: readonly string[] }): Detector;
	getSupportedFormats(): Promise<readonly string[]>;
}

/** Longest side, in pixels, of what the library looks at: enough for a code that fills a third of it. */
const MAX_SIDE = 960;
/** How long it may look at one picture, in milliseconds. */
const TIME_LIMIT = 60;

async function openDetector(): Promise<Detector | null> {
	const found = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
	if (found === undefined) return null;
	try {
		const formats = await found.getSupportedFormats();
		return formats.includes('qr_code') ? new found({ formats: ['qr_code'] }) : null;
	} catch {
		return null;
	}
}

function openDecoder(decode: typeof decodeQR): CodeReader {
	const canvas = document.createElement('canvas');
	const context = canvas.getContext('2d', { willReadFrequently: true });
	return async (picture) => {
		const [width, height] =
			picture instanceof HTMLVideoElement
				? [picture.videoWidth, picture.videoHeight]
				: [picture.width, picture.height];
		if (context === null || width === 0 || height === 0) return null;
		const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
		canvas.width = Math.max(1, Math.round(width * scale));
		canvas.height = Math.max(1, Math.round(height * scale));
		context.drawImage(picture, 0, 0, canvas.width, canvas.height);
		try {
			const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
			return decode(pixels, { timeLimit: TIME_LIMIT });
		} catch {
			return null;
		}
	};
}

export async function openCodeReader(): Promise<CodeReader> {
	const detector = await openDetector();
	let decoder: Promise<CodeReader> | undefined;
	const byLibrary = async (picture: Picture): Promise<string | null> => {
		decoder ??= import('qr/decode.js').then(({ decodeQR }) => openDecoder(decodeQR));
		return (await decoder)(picture);
	};
	if (detector === null) return byLibrary;
	let works = true;
	return async (picture) => {
		if (!works) return byLibrary(picture);
		try {
			return (await detector.detect(picture))[0]?.rawValue ?? null;
		} catch {
			// There by name alone, as on phones without the service behind it.
			works = false;
			return byLibrary(picture);
		}
	};
}
