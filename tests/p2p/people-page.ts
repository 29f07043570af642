// A whole person on the page of the browser tests: the messenger as the app starts it, in the browser's own stores, driven
// from the test. What is sent are films that are nowhere but in a formula.
import { createStart } from '#lib/boot/start.ts';
import type { Messenger } from '#lib/messenger/api.ts';
import { createSystemClock } from '#lib/platform/clock.ts';
import { createIndexedDbKeySlots } from '#lib/storage/key-slots.ts';
import { toHex } from '#lib/util/bytes.ts';
import { filesHere } from './chunk-files-page.ts';
import { hasher, patternAt } from './pattern.ts';

const CONTENT = 'people-content';
/** Bytes that a file of chunks has before the first. */
const TABLE = 8192;

let messenger: Messenger | undefined;

/** Once somebody is to be here. */
const starting = () =>
	createStart({
		clock: createSystemClock(),
		slots: createIndexedDbKeySlots('people-keys'),
		database: 'people',
		contentFolder: CONTENT,
		preferences: { read: () => null, write: () => undefined },
		offered: Promise.resolve(null),
		onLost: () => undefined,
		onLocked: () => undefined,
		wipe: () => Promise.resolve(),
	});

function here(): Messenger {
	if (messenger === undefined) throw new Error('nobody is here');
	return messenger;
}

const say = (result: { ok: boolean; error?: { type: string } }): string =>
	result.ok ? '' : (result.error?.type ?? 'failed');

/** All rows of all databases of this page. */
async function* rows(): AsyncGenerator<{ database: string; value: unknown }> {
	for (const { name: database = '' } of await indexedDB.databases()) {
		const opened = await new Promise<IDBDatabase>((resolve, reject) => {
			const asked = indexedDB.open(database);
			asked.onsuccess = () => resolve(asked.result);
			asked.onerror = () => reject(new Error(database));
		});
		for (const store of opened.objectStoreNames) {
			const all = await new Promise<unknown[]>((resolve) => {
				const asked = opened.transaction(store).objectStore(store).getAll();
				asked.onsuccess = () => resolve(asked.result as unknown[]);
			});
			for (const value of all) yield { database, value };
		}
		opened.close();
	}
}

function includes(value: unknown, wanted: Uint8Array): boolean {
	if (!(value instanceof Uint8Array)) return false;
	for (let at = value.indexOf(wanted[0]!); at >= 0; at = value.indexOf(wanted[0]!, at + 1)) {
		if (wanted.every((byte, n) => value[at + n] === byte)) return true;
	}
	return false;
}

export const peoplePage = {
	/** Somebody new, or who was here before. */
	async enter(name: string | null): Promise<string> {
		const start = starting();
		const running = await (name === null ? start.open() : start.create(name));
		if (!running.ok) return running.error.type;
		({ messenger } = running.value);
		await messenger.fileSettings.setAutomatic(0);
		return '';
	},
	/** Ends without a word to be heard of. */
	leaveAlone: () => here().stop(),
	useRelay: async (address: string) => say(await here().addRelay(address)),
	async createSpace(): Promise<string> {
		const created = await here().createSpace('community', 'Friends');
		return created.ok ? created.value : `!${created.error.type}`;
	},
	async inviteTo(space: string): Promise<string> {
		const invited = await here().invite(space);
		return invited.ok ? invited.value.link : `!${invited.error.type}`;
	},
	joinBy: async (link: string) => say(await here().join(link)),
	isIn: (space: string) =>
		here()
			.spaces.get()
			.some(({ id, state }) => id === space && state === 'ready'),
	network: () => here().network.get().state,
	async sendFilm(space: string, size: number): Promise<string> {
		const [channel] = here().channels(space).get();
		const source = {
			name: 'film.mp4',
			type: 'video/mp4',
			size,
			read: async (from: number, to: number) => patternAt(from, to - from),
		};
		return say(
			await here()
				.files(space)
				.send(channel?.id ?? '', '', [source]),
		);
	},
	/** The last message's place and id. */
	async lastFilm(space: string): Promise<readonly string[]> {
		const [channel] = here().channels(space).get();
		const conversation = here().conversation(space, channel?.id ?? '');
		const end = conversation.messages.subscribe(() => undefined);
		await new Promise((resolve) => setTimeout(resolve, 300));
		const last = conversation.messages.get().at(-1);
		end();
		conversation.close();
		return last?.files === undefined ? [] : [last.files.place, last.id];
	},
	film: (space: string, place: string) => here().files(space).look(place),
	leaving: (space: string, place: string) => here().files(space).leaving.get().get(place),
	freeFilm: (space: string, place: string) => here().files(space).free(place),
	/** Milliseconds until all of it is durable here. */
	async fetchFilm(space: string, place: string): Promise<number> {
		const start = performance.now();
		const { fetch, transfers } = here().files(space);
		if (!(await fetch(place))) throw new Error('not fetched');
		await new Promise<void>((resolve) => {
			transfers.subscribe((all) => {
				if (all.get(place)?.state === 'whole') resolve();
			});
		});
		return performance.now() - start;
	},
	/** Milliseconds until all of them are durable here and acknowledged by everybody. */
	async sendTexts(space: string, texts: readonly string[]): Promise<number> {
		const [channel] = here().channels(space).get();
		const conversation = here().conversation(space, channel?.id ?? '');
		const start = performance.now();
		const sent = await Promise.all(texts.map((text) => conversation.send(text)));
		if (sent.some(({ ok }) => !ok)) throw new Error('not sent');
		const last = texts.at(-1);
		await new Promise<void>((resolve) => {
			conversation.messages.subscribe((all) => {
				const message = all.findLast(({ text }) => text === last);
				if (message?.delivery?.state === 'delivered') resolve();
			});
		});
		const ms = performance.now() - start;
		conversation.close();
		return ms;
	},
	getFilm: (space: string, place: string) => here().files(space).fetch(place),
	/** Hash of its content, and how long the reading took, ms. */
	async watchFilm(space: string, place: string, from?: number, to?: number): Promise<string> {
		const hash = hasher();
		for await (const part of here().files(space).read(place, 0, from, to)) await hash.add(part);
		return hash.digest();
	},
	async digestOfFilm(from: number, to: number): Promise<string> {
		const hash = hasher();
		for (let at = from; at < to; at += 1 << 20) {
			await hash.add(patternAt(at, Math.min(1 << 20, to - at)));
		}
		return hash.digest();
	},
	purgeMessage: async (space: string, id: string) =>
		say(await here().moderation(space).purge([id], '')),
	/** Chunks that lie here, and the beginning of the first. */
	async chunksHere(): Promise<{ readonly count: number; readonly sample: string }> {
		let count = 0;
		let sample = '';
		for await (const { folder, bytes } of filesHere()) {
			if (folder !== CONTENT) continue;
			const lengths = new DataView(bytes.buffer, 0, TABLE);
			for (let at = 0; at < TABLE; at += 4) if (lengths.getUint32(at) > 0) count += 1;
			if (sample === '') sample = toHex(bytes.subarray(TABLE, TABLE + 32));
		}
		return { count, sample };
	},
	/** Whether these bytes (hex) lie anywhere in this page's databases, files or caches. */
	async liesHere(hex: string): Promise<boolean> {
		const wanted = Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
		for await (const { value } of rows()) if (includes(value, wanted)) return true;
		for await (const { bytes } of filesHere()) if (includes(bytes, wanted)) return true;
		for (const name of await caches.keys()) {
			const cache = await caches.open(name);
			for (const request of await cache.keys()) {
				const body = await (await cache.match(request))?.arrayBuffer();
				if (body !== undefined && includes(new Uint8Array(body), wanted)) return true;
			}
		}
		return false;
	},
};
