// The stores of chunks that run here, and what is IndexedDB's own.
import 'fake-indexeddb/auto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createContent } from '#lib/storage/content.ts';
import { createIndexedDbContent } from '#lib/storage/indexeddb-content.ts';
import { createMemoryContent } from '#lib/storage/memory-content.ts';
import { chunk, keepsChunks, name, type ChunkStoreOpener } from '../support/chunk-store.ts';

let count = 0;
const memory = async (): Promise<ChunkStoreOpener> => {
	const content = createMemoryContent();
	return { open: async () => content.open() };
};
const indexedDb = async (): Promise<ChunkStoreOpener> => {
	const database = `content-${++count}`;
	return { open: async () => createIndexedDbContent(database) };
};

afterEach(() => void vi.restoreAllMocks());

keepsChunks('memory', memory);
keepsChunks('IndexedDB', indexedDb);

describe('content in IndexedDB', () => {
	it('[CN3] asks for strict durability and says that the quota is used up', async () => {
		const store = await (await indexedDb()).open();
		await store.names();
		const transactions = vi.spyOn(IDBDatabase.prototype, 'transaction');
		await store.write(name(1), 0, chunk(1));
		expect(transactions.mock.calls).toEqual([['chunks', 'readwrite', { durability: 'strict' }]]);
		vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
			throw new DOMException('no room', 'QuotaExceededError');
		});
		expect(await store.write(name(1), 1, chunk(1))).toMatchObject({
			ok: false,
			error: { type: 'full' },
		});
		vi.restoreAllMocks();
		expect(await store.held(name(1))).toEqual([0]);
		expect((await store.write(name(1), 1, chunk(1))).ok).toBe(true);
	});

	it('[ST6] says that the browser refuses storage', async () => {
		vi.spyOn(indexedDB, 'open').mockImplementation(() => {
			throw new DOMException('denied', 'SecurityError');
		});
		const store = createIndexedDbContent('denied');
		const refused = { ok: false, error: { type: 'refused' } };
		expect(await store.write(name(1), 0, chunk(1))).toMatchObject(refused);
		expect(await store.remove([name(1)])).toMatchObject(refused);
		expect([await store.read(name(1), 0), await store.names()]).toEqual([undefined, []]);
		expect(await store.held(name(1))).toEqual([]);
	});
});

describe('where chunks lie', () => {
	const noWorker = (): never => {
		throw new Error('no worker');
	};

	it('[CN4] tells the room that the browser tells of, if it does', async () => {
		const worker = noWorker;
		expect(await createContent('unknown', { worker }).room()).toBeNull();
		const estimate = (): Promise<{ quota: number; usage: number }> =>
			Promise.resolve({ quota: 1000, usage: 300 });
		expect(await createContent('room', { worker, estimate }).room()).toBe(700);
		const over = (): Promise<{ quota: number; usage: number }> =>
			Promise.resolve({ quota: 10, usage: 30 });
		expect(await createContent('none', { worker, estimate: over }).room()).toBe(0);
	});

	it('[CN5] is IndexedDB where no worker opens a folder, for good', async () => {
		vi.stubGlobal('navigator', { storage: { getDirectory: true } });
		const end = vi.fn();
		const refusing = { ask: () => Promise.reject(new DOMException('no', 'SecurityError')), end };
		const content = createContent('refused', { worker: () => refusing });
		expect((await content.write(name(1), 0, chunk(1))).ok).toBe(true);
		expect(end).toHaveBeenCalledOnce();
		expect(await createIndexedDbContent('refused').held(name(1))).toEqual([0]);
		// Another time there is one: what lies here is here, and what comes lies beside it.
		const worker = vi.fn(noWorker);
		const again = createContent('refused', { worker });
		expect(await again.read(name(1), 0)).toEqual(chunk(1));
		expect(worker).not.toHaveBeenCalled();
		vi.unstubAllGlobals();
	});
});
