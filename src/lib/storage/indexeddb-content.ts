// Chunks of files in an IndexedDB of their own, one row each, so that a chunk is here or is not, and nothing is ever half
// written. Why here and not in the browser's file system: decision 12. [CN1] [CN2] [CN3] [CN4]
import { openDB, type IDBPDatabase } from 'idb';
import type { ContentStore } from '#lib/ports/content-store.ts';
import type { StoreError } from '#lib/ports/store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { toStoreError } from './store-error.ts';

const CHUNKS = 'chunks';

export interface ContentOptions {
	/** What the browser says of its storage, as `navigator.storage.estimate`. */
	readonly estimate?: () => Promise<{ readonly quota?: number; readonly usage?: number }>;
}

/** Behind every number that follows the name. */
const END: IDBValidKey = [];

const own = (bytes: Uint8Array): Bytes => new Uint8Array(bytes);
const everythingOf = (name: Bytes): IDBKeyRange => IDBKeyRange.bound([own(name)], [own(name), END]);

export async function openIndexedDbContent(
	database: string,
	{ estimate = () => Promise.resolve({}) }: ContentOptions = {},
): Promise<Result<ContentStore, StoreError>> {
	let opened: IDBPDatabase;
	try {
		opened = await openDB(database, 1, {
			upgrade: (fresh) => void fresh.createObjectStore(CHUNKS),
			blocking: () => {
				opened.close();
			},
		});
	} catch (cause) {
		return err(toStoreError(cause, true));
	}
	return ok(contentOver(opened, estimate));
}

function contentOver(
	database: IDBPDatabase,
	estimate: NonNullable<ContentOptions['estimate']>,
): ContentStore {
	/** One durable transaction; an aborted one rejects each request besides, and `done` says it once. */
	async function change(
		work: (rows: {
			put(value: Bytes, key: IDBValidKey): Promise<unknown>;
			delete(range: IDBKeyRange): Promise<unknown>;
		}) => readonly Promise<unknown>[],
	): Promise<Result<void, StoreError>> {
		try {
			const transaction = database.transaction(CHUNKS, 'readwrite', { durability: 'strict' });
			for (const request of work(transaction.store)) request.catch(() => undefined);
			await transaction.done;
			return ok();
		} catch (cause) {
			return err(toStoreError(cause));
		}
	}

	return {
		// Copied: what is stored of a view is the whole buffer under it.
		write: (name, chunk, sealed) => change((rows) => [rows.put(own(sealed), [own(name), chunk])]),
		async read(name, chunk) {
			return (await database.get(CHUNKS, [own(name), chunk])) as Bytes | undefined;
		},
		async held(name) {
			const keys = (await database.getAllKeys(CHUNKS, everythingOf(name))) as IDBValidKey[][];
			return keys.map((key) => key[1] as number);
		},
		remove: (names) =>
			names.length === 0
				? Promise.resolve(ok())
				: change((rows) => names.map((name) => rows.delete(everythingOf(name)))),
		async names() {
			const found: Bytes[] = [];
			let cursor = await database.transaction(CHUNKS).store.openKeyCursor();
			while (cursor !== null) {
				const [name] = cursor.key as [ArrayBuffer];
				found.push(new Uint8Array(name));
				cursor = await cursor.continue([name, END]);
			}
			return found;
		},
		async room() {
			const { quota, usage } = await estimate();
			return quota === undefined || usage === undefined ? null : Math.max(0, quota - usage);
		},
		close() {
			database.close();
		},
	};
}
