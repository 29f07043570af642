// Keeps the crypto-container and the browser's key in a database of its own, as one record. [AT6] [ST2]
import { openDB, type IDBPDatabase } from 'idb';
import type { KeptContainer, KeySlotStore } from '#lib/ports/key-slots.ts';
import type { StoreError } from '#lib/ports/store.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { toStoreError } from './store-error.ts';

const RECORDS = 'container';
const KEY = 'present';

export function createIndexedDbKeySlots(name: string): KeySlotStore {
	// Opened for each use: it is used a few times a day, and an open handle would block a deletion.
	async function use<T>(
		action: (database: IDBPDatabase) => Promise<T>,
	): Promise<Result<T, StoreError>> {
		try {
			const database = await openDB(name, 1, {
				upgrade: (opened) => void opened.createObjectStore(RECORDS),
			});
			try {
				return ok(await action(database));
			} finally {
				database.close();
			}
		} catch (cause) {
			return err(toStoreError(cause));
		}
	}

	return {
		read: () =>
			use(async (database) => (await database.get(RECORDS, KEY)) as KeptContainer | undefined),
		write: ({ container, browserKey }) =>
			use(async (database) => {
				const change = database.transaction(RECORDS, 'readwrite', { durability: 'strict' });
				const kept: KeptContainer = { container: new Uint8Array(container), browserKey };
				await Promise.all([change.store.put(kept, KEY), change.done]);
			}),
		remove: () =>
			use(async (database) => {
				const change = database.transaction(RECORDS, 'readwrite', { durability: 'strict' });
				await Promise.all([change.store.delete(KEY), change.done]);
			}),
	};
}

/** The same in memory, for simulations and tests. */
export function createMemoryKeySlots(): KeySlotStore {
	let present: KeptContainer | undefined;
	return {
		read: async () => ok(present && { ...present, container: present.container.slice() }),
		write: async ({ container, browserKey }) => {
			present = { container: new Uint8Array(container), browserKey };
			return ok();
		},
		remove: async () => {
			present = undefined;
			return ok();
		},
	};
}
