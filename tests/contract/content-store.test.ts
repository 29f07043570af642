// What every store of chunks does, whatever is below.
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ContentStore } from '#lib/ports/content-store.ts';
import { createIndexedDbContent } from '#lib/storage/indexeddb-content.ts';
import { createMemoryContent } from '#lib/storage/memory-content.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

const name = (n: number): Bytes => new Uint8Array(16).fill(n);
const chunk = (n: number): Bytes => new Uint8Array(1000 + n).fill(n);
const sorted = (names: readonly Bytes[]): string[] => names.map(toHex).sort();

interface Opener {
	open(): Promise<ContentStore>;
}

let count = 0;
const memory = (): Opener => {
	const content = createMemoryContent();
	return { open: async () => content.open() };
};
const indexedDb = (): Opener => {
	const database = `content-${++count}`;
	return { open: async () => createIndexedDbContent(database) };
};

afterEach(() => void vi.restoreAllMocks());

describe.each([
	['memory', memory],
	['IndexedDB', indexedDb],
])('content store: %s', (_, create) => {
	let opener: Opener;
	let store: ContentStore;
	beforeEach(async () => {
		opener = create();
		store = await opener.open();
	});

	it('[CN1] gives back what was written, and nothing where nothing was', async () => {
		const view = chunk(5).subarray(3, 9);
		expect(await store.write(name(1), 2047, view)).toEqual({ ok: true, value: undefined });
		view.fill(0);
		expect(await store.read(name(1), 2047)).toEqual(new Uint8Array(6).fill(5));
		expect(await store.read(name(1), 0)).toBeUndefined();
		expect(await store.read(name(2), 2047)).toBeUndefined();
		await store.write(name(1), 2047, chunk(6));
		expect(await store.read(name(1), 2047)).toEqual(chunk(6));
	});

	it('[CN1] still has it when it is opened anew', async () => {
		await store.write(name(1), 0, chunk(1));
		store.close();
		expect((await store.write(name(1), 1, chunk(1))).ok).toBe(false);
		await expect(store.read(name(1), 0)).rejects.toThrow();
		const again = await opener.open();
		expect(await again.read(name(1), 0)).toEqual(chunk(1));
		expect(await again.held(name(1))).toEqual([0]);
	});

	it('[CN2] tells which chunks and which names are here, in the order of their numbers', async () => {
		expect(await store.names()).toEqual([]);
		expect(await store.held(name(1))).toEqual([]);
		for (const n of [300, 2, 256, 0]) await store.write(name(1), n, chunk(n));
		await store.write(name(255), 1, chunk(1));
		expect(await store.held(name(1))).toEqual([0, 2, 256, 300]);
		expect(sorted(await store.names())).toEqual(sorted([name(1), name(255)]));
	});

	it('[CN2] removes everything of some names, and nothing of others', async () => {
		for (const n of [1, 2, 3]) await store.write(name(n), n, chunk(n));
		expect((await store.remove([])).ok).toBe(true);
		expect((await store.remove([name(1), name(3), name(9)])).ok).toBe(true);
		expect(await store.names()).toEqual([name(2)]);
		expect(await store.read(name(2), 2)).toEqual(chunk(2));
		expect(await store.read(name(1), 1)).toBeUndefined();
	});
});

describe('content in IndexedDB', () => {
	it('[CN3] asks for strict durability and says that the quota is used up', async () => {
		const store = await indexedDb().open();
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

	it('[CN4] tells the room that the browser tells of, if it does', async () => {
		expect(await (await indexedDb().open()).room()).toBeNull();
		const estimate = (): Promise<{ quota: number; usage: number }> =>
			Promise.resolve({ quota: 1000, usage: 300 });
		expect(await createIndexedDbContent('room', { estimate }).room()).toBe(700);
		const over = (): Promise<{ quota: number; usage: number }> =>
			Promise.resolve({ quota: 10, usage: 30 });
		expect(await createIndexedDbContent('none', { estimate: over }).room()).toBe(0);
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
