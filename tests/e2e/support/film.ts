// A film, as a recorder writes one that can be wound in: VP8 in WebM, each picture a key frame of noise, so that it is
// large for how short it is, and the index behind all of it, where players go and look first.
import type { Page } from 'playwright-core';

export interface FilmOptions {
	/** Pictures, four for each second. */
	readonly pictures: number;
	readonly width: number;
	readonly height: number;
}

/** Runs in the page, which encodes; bytes as characters. */
async function record({ pictures, width, height }: FilmOptions): Promise<string> {
	const step = 250;
	const concat = (parts: readonly (Uint8Array | readonly number[])[]): Uint8Array<ArrayBuffer> => {
		const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
		let at = 0;
		for (const part of parts) {
			all.set(part, at);
			at += part.length;
		}
		return all;
	};
	const bytesOf = (value: number, length: number): readonly number[] =>
		Array.from({ length }, (_, n) => Math.floor(value / 256 ** (length - 1 - n)) % 256);
	const element = (
		id: readonly number[],
		...content: readonly (Uint8Array | readonly number[])[]
	): Uint8Array<ArrayBuffer> => {
		const body = concat(content);
		return concat([id, [1, ...bytesOf(body.length, 7)], body]);
	};
	const text = (value: string): Uint8Array => new TextEncoder().encode(value);
	const float = (value: number): Uint8Array => {
		const view = new DataView(new ArrayBuffer(8));
		view.setFloat64(0, value);
		return new Uint8Array(view.buffer);
	};

	const frames: Uint8Array[] = [];
	const failures: unknown[] = [];
	const encoder = new VideoEncoder({
		output(chunk) {
			const bytes = new Uint8Array(chunk.byteLength);
			chunk.copyTo(bytes);
			frames.push(bytes);
		},
		error: (error) => failures.push(error),
	});
	encoder.configure({ codec: 'vp8', width, height, bitrate: 50_000_000, framerate: 4 });
	const pixels = new Uint8Array(width * height * 4);
	for (let n = 0; n < pictures; n++) {
		for (let at = 0; at < pixels.length; at += 65_536) {
			crypto.getRandomValues(pixels.subarray(at, at + 65_536));
		}
		const shape = { format: 'RGBX', codedWidth: width, codedHeight: height } as const;
		const frame = new VideoFrame(pixels, { ...shape, timestamp: n * step * 1000 });
		encoder.encode(frame, { keyFrame: true });
		frame.close();
	}
	await encoder.flush();
	if (failures.length > 0 || frames.length !== pictures) throw new Error(String(failures[0]));

	const head = element(
		[0x1a, 0x45, 0xdf, 0xa3],
		element([0x42, 0x82], text('webm')),
		element([0x42, 0x87], [4]),
		element([0x42, 0x85], [2]),
	);
	const info = element(
		[0x15, 0x49, 0xa9, 0x66],
		element([0x2a, 0xd7, 0xb1], bytesOf(1_000_000, 4)),
		element([0x44, 0x89], float(pictures * step)),
		element([0x4d, 0x80], text('')),
		element([0x57, 0x41], text('')),
	);
	const size = [element([0xb0], bytesOf(width, 2)), element([0xba], bytesOf(height, 2))];
	const track = element(
		[0xae],
		element([0xd7], [1]),
		element([0x73, 0xc5], [1]),
		element([0x83], [1]),
		element([0x86], text('V_VP8')),
		element([0xe0], ...size),
	);
	const tracks = element([0x16, 0x54, 0xae, 0x6b], track);
	const seekHead = (cuesAt: number): Uint8Array<ArrayBuffer> =>
		element(
			[0x11, 0x4d, 0x9b, 0x74],
			element(
				[0x4d, 0xbb],
				element([0x53, 0xab], [0x1c, 0x53, 0xbb, 0x6b]),
				element([0x53, 0xac], bytesOf(cuesAt, 6)),
			),
		);
	const clusters: Uint8Array[] = [];
	const cues: Uint8Array[] = [];
	let at = seekHead(0).length + info.length + tracks.length;
	for (const [n, frame] of frames.entries()) {
		const time = bytesOf(n * step, 4);
		const cluster = element(
			[0x1f, 0x43, 0xb6, 0x75],
			element([0xe7], time),
			element([0xa3], [0x81, 0, 0, 0x80], frame),
		);
		const places = [element([0xf7], [1]), element([0xf1], bytesOf(at, 6))];
		cues.push(element([0xbb], element([0xb3], time), element([0xb7], ...places)));
		clusters.push(cluster);
		at += cluster.length;
	}
	const segment = [seekHead(at), info, tracks, ...clusters];
	const film = concat([
		head,
		element([0x18, 0x53, 0x80, 0x67], ...segment, element([0x1c, 0x53, 0xbb, 0x6b], ...cues)),
	]);
	let characters = '';
	for (let from = 0; from < film.length; from += 32_768) {
		characters += String.fromCharCode(...film.subarray(from, from + 32_768));
	}
	return btoa(characters);
}

export const makeFilm = async (page: Page, options: FilmOptions): Promise<Buffer> =>
	Buffer.from(await page.evaluate(record, options), 'base64');
