// The page of the browser tests: one dialer, its pending attempts and links by number, driven from the test.
import { createRelayDialer, loadDirectDialer } from '#lib/p2p/index.ts';
import type { DirectLink, PendingAnswer, PendingOffer } from '#lib/ports/direct-dialer.ts';
import { fromBase64Url, toBase64Url } from '#lib/util/bytes.ts';
import { chunkFilesPage } from './chunk-files-page.ts';
import { createFilesPage } from './files-page.ts';
import { mediaPage } from './media-page.ts';
import { peoplePage } from './people-page.ts';
import { streamsPage } from './streams-page.ts';

const clock = {
	now: () => Date.now(),
	after: (ms: number, callback: () => void) => {
		const timer = setTimeout(callback, ms);
		return () => {
			clearTimeout(timer);
		};
	},
};
const random = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };

const dialer = await loadDirectDialer({ clock, random });
const sockets = createRelayDialer({ clock });
const offers: PendingOffer[] = [];
const answers: PendingAnswer[] = [];
const errors: string[] = [];

interface Watched {
	readonly link: DirectLink;
	readonly closes: string[];
	readonly sizes: number[];
	bytes: number;
	/** Frames whose content was not the expected one. */
	wrong: number;
	last: number;
	echo: boolean;
}
const links: Watched[] = [];

addEventListener('unhandledrejection', ({ reason }) => errors.push(`rejection: ${String(reason)}`));
addEventListener('error', ({ message }) => errors.push(`error: ${message}`));

/** Bytes that depend on size and position, so that a lost, doubled or moved part shows. */
function pattern(size: number): Uint8Array<ArrayBuffer> {
	const bytes = new Uint8Array(size);
	for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >> 8) * 7 + size) & 0xff;
	return bytes;
}

function watch(link: DirectLink): number {
	const watched: Watched = {
		link,
		closes: [],
		sizes: [],
		bytes: 0,
		wrong: 0,
		last: -1,
		echo: false,
	};
	link.onFrame = (frame) => {
		watched.bytes += frame.length;
		if (watched.echo) link.send(frame);
		if (frame.length === 4) {
			const number = new DataView(frame.buffer).getUint32(0);
			if (number !== watched.last + 1) watched.wrong += 1;
			watched.last = number;
			return;
		}
		watched.sizes.push(frame.length);
		const expected = pattern(frame.length);
		if (frame.some((byte, i) => byte !== expected[i])) watched.wrong += 1;
	};
	link.onClose = (reason) => watched.closes.push(reason);
	return links.push(watched) - 1;
}

const at = <T>(list: readonly T[], index: number): T => {
	const item = list[index];
	if (item === undefined) throw new Error(`nothing at ${index}`);
	return item;
};

/** A link's number, or the error as text. */
type Outcome = number | string;

const page = {
	errors,
	...mediaPage,
	...peoplePage,
	...chunkFilesPage,
	...streamsPage,
	...createFilesPage(dialer, clock, random, (index) => at(links, index).link),
	async offer(stun: string[] = []): Promise<string> {
		const made = await dialer.offer({ stun });
		if (!made.ok) return `!${made.error.type}: ${made.error.detail}`;
		offers.push(made.value);
		return toBase64Url(made.value.offer);
	},
	async answer(offer: string, stun: string[] = []): Promise<string> {
		const made = await dialer.answer(fromBase64Url(offer) ?? new Uint8Array(), { stun });
		if (!made.ok) return `!${made.error.type}: ${made.error.detail}`;
		answers.push(made.value);
		return toBase64Url(made.value.answer);
	},
	async accept(index: number, answer: string): Promise<Outcome> {
		const opened = await at(offers, index).accept(fromBase64Url(answer) ?? new Uint8Array());
		return opened.ok ? watch(opened.value) : `!${opened.error.type}: ${opened.error.detail}`;
	},
	async linked(index: number): Promise<Outcome> {
		const opened = await at(answers, index).link;
		return opened.ok ? watch(opened.value) : `!${opened.error.type}: ${opened.error.detail}`;
	},
	cancelOffer: (index: number) => {
		at(offers, index).cancel();
	},
	sendSizes: (index: number, sizes: number[]) => {
		for (const size of sizes) at(links, index).link.send(pattern(size));
	},
	sendNumbers: (index: number, count: number) => {
		for (let i = 0; i < count; i++) {
			const frame = new Uint8Array(4);
			new DataView(frame.buffer).setUint32(0, i);
			at(links, index).link.send(frame);
		}
	},
	/** Sends with respect for what waits; resolves when all was accepted. */
	async sendMuch(index: number, frames: number, size: number): Promise<number> {
		const { link } = at(links, index);
		const frame = pattern(size);
		let most = 0;
		for (let i = 0; i < frames; i++) {
			link.send(frame);
			most = Math.max(most, link.buffered());
			while (link.buffered() > 2_097_152) await new Promise((resolve) => setTimeout(resolve, 1));
		}
		return most;
	},
	echo: (index: number) => {
		at(links, index).echo = true;
	},
	/** Milliseconds from sending a frame to its echo, several times. */
	async roundTrips(index: number, count: number): Promise<number[]> {
		const { link } = at(links, index);
		const times: number[] = [];
		const before = link.onFrame;
		for (let i = 0; i < count; i++) {
			const start = performance.now();
			await new Promise<void>((resolve) => {
				link.onFrame = () => {
					resolve();
				};
				link.send(pattern(100));
			});
			times.push(performance.now() - start);
		}
		link.onFrame = before;
		return times;
	},
	close: (index: number, reason: string) => {
		at(links, index).link.close(reason);
	},
	route: (index: number) => at(links, index).link.route(),
	status: (index: number) => {
		const { link, closes, sizes, bytes, wrong, last } = at(links, index);
		return {
			closes,
			sizes,
			bytes,
			wrong,
			last,
			buffered: link.buffered(),
			roundTrip: link.roundTrip(),
		};
	},
	async dialRelay(url: string): Promise<string> {
		const dialled = await sockets.dial(url);
		return dialled.ok ? 'open' : dialled.error.type;
	},
};

export type Page = typeof page;
(globalThis as unknown as { page: Page }).page = page;
