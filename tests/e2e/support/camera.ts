// What a browser's camera sees: a film of one still picture, in a file that Chromium reads in place of a device.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';

export interface FakeCamera {
	/** The file, to name when the browser starts. */
	readonly path: string;
	/** Holds a code, as a page draws it, before the camera: for whoever switches it on after that. */
	show(code: Locator): Promise<void>;
	remove(): Promise<void>;
}

const WIDTH = 640;
const HEIGHT = 480;
const FRAMES = 4;
/** Share of the picture's height that the code takes. */
const SHARE = 0.7;
const GREY = 128;

/** Black on a grey that is not quite white, as cameras see it. */
function picture(dark: ReadonlySet<string>, size: number): Buffer {
	const luma = Buffer.alloc(WIDTH * HEIGHT, 90);
	const side = Math.floor(HEIGHT * SHARE);
	const [left, top] = [(WIDTH - side) >> 1, (HEIGHT - side) >> 1];
	for (let y = 0; y < side; y++) {
		for (let x = 0; x < side; x++) {
			const at = `${String(Math.floor((x * size) / side))} ${String(Math.floor((y * size) / side))}`;
			luma[(top + y) * WIDTH + left + x] = dark.has(at) ? 40 : 215;
		}
	}
	return Buffer.concat([luma, Buffer.alloc((WIDTH * HEIGHT) / 2, GREY)]);
}

export async function createFakeCamera(): Promise<FakeCamera> {
	const folder = await mkdtemp(join(tmpdir(), 'aegis-camera-'));
	const path = join(folder, 'film.y4m');
	const head = Buffer.from(
		`YUV4MPEG2 W${String(WIDTH)} H${String(HEIGHT)} F10:1 Ip A1:1 C420jpeg\n`,
	);
	const film = async (frame: Buffer): Promise<void> => {
		const frames = Array.from({ length: FRAMES }, () => [Buffer.from('FRAME\n'), frame]);
		await writeFile(path, Buffer.concat([head, ...frames.flat()]));
	};
	await film(picture(new Set(), 1));
	return {
		path,
		async show(code) {
			const box = (await code.getAttribute('viewBox')) ?? '';
			const drawn = (await code.locator('path').getAttribute('d')) ?? '';
			const dark = [...drawn.matchAll(/M(\d+) (\d+)h/g)].map(([, x, y]) => `${x!} ${y!}`);
			await film(picture(new Set(dark), Number(box.split(' ')[2])));
		},
		remove: () => rm(folder, { recursive: true, force: true }),
	};
}
