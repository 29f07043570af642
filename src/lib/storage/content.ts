// Where the chunks of files lie: in the browser's private file system where there is one, and otherwise, or where some lie
// there already, in IndexedDB. Decided at the first use. [CN1] [CN4] [CN5]
import type { ChunkStore, ContentStore } from '#lib/ports/content-store.ts';
import { createChunkFiles, type ChunkWorker } from './chunk-files.ts';
import { createIndexedDbContent } from './indexeddb-content.ts';

export interface ContentOptions {
	/** Starts the worker that writes files. */
	readonly worker: () => ChunkWorker;
	/** What the browser says of its storage, as `navigator.storage.estimate`. */
	readonly estimate?: () => Promise<{ readonly quota?: number; readonly usage?: number }>;
}

/** `name` is the folder's and the database's. */
export function createContent(
	name: string,
	{ worker, estimate = () => Promise.resolve({}) }: ContentOptions,
): ContentStore {
	let choosing: Promise<ChunkStore> | undefined;
	let isClosed = false;

	async function choose(): Promise<ChunkStore> {
		const databases = await indexedDB.databases().catch(() => []);
		if (databases.some((each) => each.name === name)) return createIndexedDbContent(name);
		if (!('getDirectory' in navigator.storage)) return createIndexedDbContent(name);
		let started: ChunkWorker | undefined;
		try {
			started = worker();
			await started.ask({ type: 'open', folder: name });
			return createChunkFiles(started);
		} catch {
			// Private windows of some browsers have none.
			started?.end();
			return createIndexedDbContent(name);
		}
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
