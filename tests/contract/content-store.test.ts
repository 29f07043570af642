// The stores of chunks that run here, and what is IndexedDB's own.
import 'fake-indexeddb/auto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ChunkWorker } from '#lib/storage/chunk-files.ts';
import { createContent } from '#lib/storage/content.ts';
import { createIndexedDbContent } from '#lib/storage/indexeddb-content.ts';
import { createMemoryContent } from '#lib/storage/memory-content.ts';
import { createManualClock } from '../support/manual-clock.ts';
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
	const clock = createManualClock();
	const noWorker = (): never => {
		throw new Error('no worker');
	};
	/** A browser with a private file system, in which there are these files. */
	const withFiles = (...files: readonly string[]): void => {
		const folder = { keys: () => files.values() };
		const root = { getDirectoryHandle: () => Promise.resolve(folder) };
		vi.stubGlobal('navigator', { storage: { getDirectory: () => Promise.resolve(root) } });
	};
	const workerThat = (ask: ChunkWorker['ask']) => ({
		ask: vi.fn(ask),
		end: vi.fn(),
		kill: vi.fn(),
	});
	const refusing = () => workerThat(() => Promise.reject(new DOMException('no', 'SecurityError')));
	const working = () => workerThat(() => Promise.resolve([]));
	const databases = async (): Promise<readonly (string | undefined)[]> =>
		(await indexedDB.databases()).map((each) => each.name);
	afterEach(() => void vi.unstubAllGlobals());

	it('[CN4] tells the room that the browser tells of, if it does', async () => {
		const options = { clock, worker: noWorker };
		expect(await createContent('unknown', options).room()).toBeNull();
		const estimate = (): Promise<{ quota: number; usage: number }> =>
			Promise.resolve({ quota: 1000, usage: 300 });
		expect(await createContent('room', { ...options, estimate }).room()).toBe(700);
		const over = (): Promise<{ quota: number; usage: number }> =>
			Promise.resolve({ quota: 10, usage: 30 });
		expect(await createContent('none', { ...options, estimate: over }).room()).toBe(0);
	});

	it('[CN5] is IndexedDB where no worker opens a folder, and stays it while something lies there', async () => {
		withFiles();
		const refused = refusing();
		const content = createContent('refused', { clock, worker: () => refused });
		expect((await content.write(name(1), 0, chunk(1))).ok).toBe(true);
		expect(refused.kill).toHaveBeenCalledOnce();
		expect(await createIndexedDbContent('refused').held(name(1))).toEqual([0]);
		// Another time there is one: what lies here is here, and what comes lies beside it.
		const worker = vi.fn(noWorker);
		const again = createContent('refused', { clock, worker });
		expect(await again.read(name(1), 0)).toEqual(chunk(1));
		expect(worker).not.toHaveBeenCalled();
	});

	it('[CN5] is the folder where the database is empty, which goes', async () => {
		withFiles();
		const before = createIndexedDbContent('empty');
		await before.names();
		before.close();
		const worker = working();
		const content = createContent('empty', { clock, worker: () => worker });
		expect(await content.names()).toEqual([]);
		expect(worker.ask).toHaveBeenCalledWith({ type: 'open', folder: 'empty' });
		await vi.waitFor(async () => {
			expect(await databases()).not.toContain('empty');
		});
	});

	it('[CN5] is nowhere for this time where something lies in a folder that does not open', async () => {
		withFiles('00');
		const content = createContent('away', { clock, worker: refusing });
		expect(await content.write(name(1), 0, chunk(1))).toMatchObject({ ok: false });
		expect(await content.remove([name(1)])).toMatchObject({ ok: false });
		await expect(content.names()).rejects.toThrow();
		expect(await databases()).not.toContain('away');
		const worker = working();
		const later = createContent('away', { clock, worker: () => worker });
		expect(await later.names()).toEqual([]);
		expect(worker.ask).toHaveBeenCalledTimes(2);
	});

	it('[CN5] is IndexedDB where the worker says nothing', async () => {
		withFiles();
		const silent = workerThat(() => new Promise(() => undefined));
		const content = createContent('silent', { clock, worker: () => silent });
		const written = content.write(name(1), 0, chunk(1));
		await vi.waitFor(() => {
			expect(silent.ask).toHaveBeenCalled();
		});
		clock.advance(10_000);
		expect((await written).ok).toBe(true);
		expect(silent.kill).toHaveBeenCalledOnce();
	});
});
