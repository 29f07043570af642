// Chunks of files in an IndexedDB of their own, one row each, so that a chunk is here or is not, and nothing is ever half
// written: where there is no file system for them. [CN1] [CN2] [CN3]
import { openDB, type IDBPDatabase } from 'idb';
import type { ChunkStore } from '#lib/ports/content-store.ts';
import type { StoreError } from '#lib/ports/store.ts';
import { own, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { toStoreError } from './store-error.ts';

const CHUNKS = 'chunks';

interface Rows {
	put(value: Bytes, key: IDBValidKey): Promise<unknown>;
	delete(range: IDBKeyRange): Promise<unknown>;
}

const CLOSED: StoreError = { type: 'failed', detail: 'the store is closed' };

/** Behind every number that follows the name. */
const END: IDBValidKey = [];

const everythingOf = (name: Bytes): IDBKeyRange => IDBKeyRange.bound([name], [name, END]);

/** Whether there is such a database, with chunks in it; leaves none behind where there was none. Never fails. */
export async function lookIntoIndexedDb(name: string): Promise<'none' | 'empty' | 'used'> {
	let isNew = false;
	try {
		const database = await openDB(name, 1, {
			upgrade: (_, __, ___, transaction) => {
				isNew = true;
				transaction.done.catch(() => undefined);
				transaction.abort();
			},
		});
		const chunks = await database.count(CHUNKS);
		database.close();
		return chunks > 0 ? 'used' : 'empty';
	} catch {
		// Where it can't be opened, chunks may lie in it.
		return isNew ? 'none' : 'used';
	}
}

/** Opens the database at the first use of it. What it refuses then, it refuses for good. */
export function createIndexedDbContent(name: string): ChunkStore {
	let opening: Promise<Result<IDBPDatabase, StoreError>> | undefined;
	let isClosed = false;

	async function open(): Promise<Result<IDBPDatabase, StoreError>> {
		try {
			const database = await openDB(name, 1, {
				upgrade: (fresh) => void fresh.createObjectStore(CHUNKS),
				blocking: () => {
					database.close();
				},
			});
			return ok(database);
		} catch (cause) {
			return err(toStoreError(cause, true));
		}
	}

	async function opened(): Promise<Result<IDBPDatabase, StoreError>> {
		return isClosed ? err(CLOSED) : (opening ??= open());
	}

	/** For reading: undefined where there is nothing to be read. Throws after the close. */
	async function readable(): Promise<IDBPDatabase | undefined> {
		if (isClosed) throw new Error(CLOSED.detail);
		const database = await opened();
		return database.ok ? database.value : undefined;
	}

	/** One durable transaction; an aborted one rejects each request besides, and `done` says it once. */
	async function change(
		work: (rows: Rows) => readonly Promise<unknown>[],
	): Promise<Result<void, StoreError>> {
		const database = await opened();
		if (!database.ok) return database;
		try {
			const transaction = database.value.transaction(CHUNKS, 'readwrite', { durability: 'strict' });
			for (const request of work(transaction.store)) request.catch(() => undefined);
			await transaction.done;
			return ok();
		} catch (cause) {
			return err(toStoreError(cause));
		}
	}

	return {
		write: (file, chunk, sealed) => change((rows) => [rows.put(own(sealed), [file, chunk])]),
		async read(file, chunk) {
			return (await (await readable())?.get(CHUNKS, [file, chunk])) as Bytes | undefined;
		},
		async held(file) {
			const keys = await (await readable())?.getAllKeys(CHUNKS, everythingOf(file));
			return ((keys ?? []) as IDBValidKey[][]).map((key) => key[1] as number);
		},
		remove: (files) =>
			files.length === 0
				? Promise.resolve(ok())
				: change((rows) => files.map((file) => rows.delete(everythingOf(file)))),
		async names() {
			const found: Bytes[] = [];
			const database = await readable();
			let cursor = (await database?.transaction(CHUNKS).store.openKeyCursor()) ?? null;
			while (cursor !== null) {
				const [file] = cursor.key as [ArrayBuffer];
				found.push(new Uint8Array(file));
				cursor = await cursor.continue([file, END]);
			}
			return found;
		},
		close() {
			isClosed = true;
			void opening?.then((database) => {
				if (database.ok) database.value.close();
			});
		},
	};
}
