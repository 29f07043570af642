// Recordings that are played before they are there, on the page of the browser tests.
import { createMediaStreams } from '#lib/platform/media-streams.ts';
import { utf8, type Bytes } from '#lib/util/bytes.ts';

const RATE = 48_000;
const PART = 65_536;

/** A tone of so many seconds, made where it is read. */
function toneOf(seconds: number): { size: number; at(from: number, to: number): Bytes } {
	const size = 44 + seconds * RATE * 2;
	const head = new Uint8Array(44);
	const view = new DataView(head.buffer);
	head.set(utf8('RIFF....WAVEfmt ....................data....'));
	view.setUint32(4, size - 8, true);
	view.setUint32(16, 16, true);
	view.setUint16(20, 1, true);
	view.setUint16(22, 1, true);
	view.setUint32(24, RATE, true);
	view.setUint32(28, 2 * RATE, true);
	view.setUint16(32, 2, true);
	view.setUint16(34, 16, true);
	view.setUint32(40, size - 44, true);
	return {
		size,
		at: (from, to) =>
			Uint8Array.from({ length: to - from }, (_, n) =>
				from + n < 44 ? head[from + n]! : (from + n) & 1 ? 0 : 100,
			),
	};
}

const once = (target: EventTarget, name: string): Promise<unknown> =>
	new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));

export const streamsPage = {
	/** Plays the beginning of a tone, then near its end; what was read for that, and what others get of its address. */
	async playTone(seconds: number) {
		const { size, at } = toneOf(seconds);
		const before = createMediaStreams(navigator.serviceWorker, {
			bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
		});
		const early = before.open({ type: 'audio/wav', size, read: async function* () {} });
		await navigator.serviceWorker.register('/stream-worker.js', { type: 'module' });
		if (!navigator.serviceWorker.controller) {
			await once(navigator.serviceWorker, 'controllerchange');
		}
		const asked: [number, number][] = [];
		let read = 0;
		let open = 0;
		const stream = before.open({
			type: 'audio/wav',
			size,
			async *read(from, to) {
				asked.push([from, to]);
				open += 1;
				try {
					for (let next = from; next < to; next += PART) {
						const part = at(next, Math.min(to, next + PART));
						read += part.length;
						await new Promise((resolve) => setTimeout(resolve, 2));
						yield part;
					}
				} finally {
					open -= 1;
				}
			},
		});
		if (stream === null) throw new Error('no streams');
		const audio = new Audio();
		audio.muted = true;
		audio.preload = 'auto';
		const known = once(audio, 'loadedmetadata');
		audio.src = stream.url;
		await known;
		const sought = once(audio, 'seeked');
		audio.currentTime = seconds * 0.9;
		await sought;
		await audio.play();
		while (audio.currentTime < seconds * 0.9 + 0.2) await once(audio, 'timeupdate');
		const { duration, error } = audio;
		const readWhilePlaying = read;
		audio.pause();
		audio.removeAttribute('src');
		audio.load();
		for (let n = 0; n < 100 && open > 0; n++) await new Promise((r) => setTimeout(r, 50));
		const fetched = (await fetch(stream.url)).status;
		const html = before.open({ type: 'text/html', size: 5, read: async function* () {} });
		const image = new Image();
		image.src = html?.url ?? '';
		const isShown = await image.decode().then(
			() => true,
			() => false,
		);
		stream.close();
		const gone = new Audio(stream.url);
		await once(gone, 'error');
		return {
			early: early?.url ?? null,
			duration,
			error: error?.message ?? null,
			size,
			asked,
			readWhilePlaying,
			open,
			fetched,
			isShown,
		};
	},
};
