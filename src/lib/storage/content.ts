// Where the chunks of files lie: in the browser's private file system where there is one, and otherwise, or where some lie
// there already, in IndexedDB. Decided at the first use. [CN1] [CN4] [CN5]
import type { Clock } from '#lib/ports/clock.ts';
import type { ChunkStore, ContentStore } from '#lib/ports/content-store.ts';
import type { StoreError } from '#lib/ports/store.ts';
import { err } from '#lib/util/result.ts';
import { createChunkFiles, type ChunkWorker } from './chunk-files.ts';
import { createIndexedDbContent, lookIntoIndexedDb } from './indexeddb-content.ts';

export interface ContentOptions {
	readonly clock: Clock;
	/** Starts the worker that writes files. */
	readonly worker: () => ChunkWorker;
	/** What the browser says of its storage, as `navigator.storage.estimate`. */
	readonly estimate?: () => Promise<{ readonly quota?: number; readonly usage?: number }>;
}

/** A worker that has not opened its folder by then never will, ms. */
const OPEN_WITHIN = 10_000;
const AWAY: StoreError = { type: 'failed', detail: 'the files of this device can’t be opened now' };

/** For a device whose chunks are there, and can't be had this time. */
const AWAY_NOW: ChunkStore = {
	write: () => Promise.resolve(err(AWAY)),
	read: () => Promise.reject(new Error(AWAY.detail)),
	held: () => Promise.reject(new Error(AWAY.detail)),
	remove: () => Promise.resolve(err(AWAY)),
	names: () => Promise.reject(new Error(AWAY.detail)),
	close: () => undefined,
};

/** Whether something lies in this folder. */
async function isFolderInUse(name: string): Promise<boolean> {
	try {
		const root = await navigator.storage.getDirectory();
		for await (const _ of (await root.getDirectoryHandle(name)).keys()) return true;
	} catch {
		// There is none, or none can be had here.
	}
	return false;
}

/** `name` is the folder's and the database's. */
export function createContent(
	name: string,
	{ clock, worker, estimate = () => Promise.resolve({}) }: ContentOptions,
): ContentStore {
	let choosing: Promise<ChunkStore> | undefined;
	let isClosed = false;

	/** Undefined where it opens no folder. */
	async function openFolder(): Promise<ChunkStore | undefined> {
		let started: ChunkWorker | undefined;
		let cancel = (): void => undefined;
		try {
			started = worker();
			const late = new Promise<never>((_, reject) => {
				cancel = clock.after(OPEN_WITHIN, () => {
					reject(new Error('no answer'));
				});
			});
			await Promise.race([started.ask({ type: 'open', folder: name }), late]);
			return createChunkFiles(started);
		} catch {
			// Private windows of some browsers have none.
			started?.kill();
			return undefined;
		} finally {
			cancel();
		}
	}

	async function choose(): Promise<ChunkStore> {
		const database = await lookIntoIndexedDb(name);
		if (database === 'used') return createIndexedDbContent(name);
		const isInUse = await isFolderInUse(name);
		const files = 'getDirectory' in navigator.storage ? await openFolder() : undefined;
		if (files === undefined) return isInUse ? AWAY_NOW : createIndexedDbContent(name);
		if (database === 'empty') indexedDB.deleteDatabase(name);
		return files;
	}
	async function chosen(): Promise<ChunkStore> {
		choosing ??= choose();
		const store = await choosing;
		if (isClosed) store.close();
		return store;
	}

	return {
		write: async (file, chunk, sealed) => (await chosen()).write(file, chunk, sealed),
		read: async (file, chunk) => (await chosen()).read(file, chunk),
		held: async (file) => (await chosen()).held(file),
		remove: async (files) => (await chosen()).remove(files),
		names: async () => (await chosen()).names(),
		async room() {
			const { quota, usage } = await estimate();
			return quota === undefined || usage === undefined ? null : Math.max(0, quota - usage);
		},
		close() {
			isClosed = true;
			void choosing?.then((store) => {
				store.close();
			});
		},
	};
}
