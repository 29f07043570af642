// What IndexedDB adds to the contract: typed errors, group commit, one writer.
import 'fake-indexeddb/auto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openIndexedDbStore } from '#lib/storage/indexeddb.ts';
import { toStoreError } from '#lib/storage/store-error.ts';
import { utf8 } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';

const write = (key: string) => ({ table: 't', key: [key], value: utf8(key) });
const open = async (name: string, onLost?: (detail: string) => void) =>
	unwrap(await openIndexedDbStore(name, { ...(onLost && { onLost }) }));

afterEach(() => void vi.restoreAllMocks());

describe('IndexedDB store', () => {
	it('[ST2] asks for strict durability and merges waiting batches into one transaction', async () => {
		const store = await open('durable');
		const transactions = vi.spyOn(IDBDatabase.prototype, 'transaction');
		await Promise.all(Array.from({ length: 50 }, (_, i) => store.commit([write(`k${i}`)])));
		expect(transactions.mock.calls.length).toBeLessThanOrEqual(3);
		for (const call of transactions.mock.calls) {
			expect(call).toEqual(['rows', 'readwrite', { durability: 'strict' }]);
		}
		expect(await store.get('t', ['k49'])).toEqual(utf8('k49'));
	});

	it('[ST6] says that the quota is used up, keeps nothing of the batch, and goes on', async () => {
		const store = await open('quota');
		const put = IDBObjectStore.prototype.put;
		let puts = 0;
		vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
			this: IDBObjectStore,
			...args
		) {
			if (++puts === 2) throw new DOMException('no room', 'QuotaExceededError');
			return put.apply(this, args);
		});
		expect(await store.commit([write('a'), write('b')])).toMatchObject({
			ok: false,
			error: { type: 'full' },
		});
		expect(await store.get('t', ['a'])).toBeUndefined();
		expect((await store.commit([write('c')])).ok).toBe(true);
		expect(await store.get('t', ['c'])).toEqual(utf8('c'));
	});

	it('[ST6] says that the browser refuses storage', async () => {
		vi.spyOn(indexedDB, 'open').mockImplementation(() => {
			throw new DOMException('denied', 'SecurityError');
		});
		expect(await openIndexedDbStore('denied', {})).toMatchObject({
			ok: false,
			error: { type: 'refused' },
		});
		expect(toStoreError(new Error('disk on fire'))).toEqual({
			type: 'failed',
			detail: 'Error: disk on fire',
		});
	});

	it('[ST8] ends the writing of an earlier writer for good', async () => {
		const lost = vi.fn();
		const first = await open('shared', lost);
		await first.commit([write('a')]);
		const second = await open('shared');
		expect(await first.commit([write('b')])).toMatchObject({
			ok: false,
			error: { type: 'refused' },
		});
		expect(await first.clear('t', [])).toMatchObject({ ok: false, error: { type: 'refused' } });
		expect(lost).toHaveBeenCalledTimes(1);
		expect(await second.get('t', ['a'])).toEqual(utf8('a'));
		expect(await second.get('t', ['b'])).toBeUndefined();
		expect((await second.commit([write('c')])).ok).toBe(true);
		const third = await open('shared');
		for (const earlier of [first, second]) {
			expect(await earlier.commit([write('d')])).toMatchObject({ error: { type: 'refused' } });
		}
		expect((await third.commit([write('e')])).ok).toBe(true);
		expect(await third.get('t', ['d'])).toBeUndefined();
	});

	describe('opened where there is no room for a writer’s row', () => {
		/** As while the disk was full. */
		const openFull = async (lost?: (detail: string) => void) => {
			const name = `full-${++full}`;
			await (await open(name)).commit([write('a')]);
			const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
				throw new DOMException('no room', 'QuotaExceededError');
			});
			const store = await open(name, lost);
			expect(await store.commit([write('b')])).toMatchObject({ error: { type: 'full' } });
			put.mockRestore();
			return { name, store };
		};
		let full = 0;

		it('[ST6] [ST8] reads, and writes once there is', async () => {
			const { store } = await openFull();
			expect(await store.get('t', ['a'])).toEqual(utf8('a'));
			expect((await store.commit([{ table: 't', key: ['a'], value: null }])).ok).toBe(true);
			expect(await store.get('t', ['a'])).toBeUndefined();
		});

		it('[ST8] takes nothing over from a writer that came meanwhile', async () => {
			const lost = vi.fn();
			const { name, store } = await openFull(lost);
			const second = await open(name);
			await second.commit([write('c')]);
			expect(await store.commit([write('d')])).toMatchObject({ error: { type: 'refused' } });
			expect(lost).toHaveBeenCalledOnce();
			expect((await second.commit([write('e')])).ok).toBe(true);
		});
	});
});
