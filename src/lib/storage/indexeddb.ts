// The device's store in IndexedDB: one object store, keys `[table, ...parts]`. Batches that wait while a transaction
// runs share the next one. Knows nothing of what it keeps. [ST1] [ST2] [ST3] [ST4] [ST5] [ST6] [ST8]
import { openDB, type IDBPDatabase } from 'idb';
import type {
	KeyValueStore,
	StoreError,
	StoreKey,
	StoreRow,
	StoreWrite,
} from '#lib/ports/store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { checkKey } from './key-form.ts';
import { toStoreError } from './store-error.ts';

const ROWS = 'rows';
/** Those that have opened the database, by number, the latest of them last; no table has an empty name. */
const WRITERS: IDBValidKey[] = ['', 'writer'];
const writerRow = (number: number): IDBValidKey[] => [...WRITERS, number];
/** Rows of earlier writers that stay, so that one that was frozen for long still finds its successor's. */
const WRITERS_KEPT = 1000;

export interface IndexedDbOptions {
	/** The browser closed the store: another writer took over, or the data was evicted. Called once. */
	readonly onLost?: (detail: string) => void;
}

type Change =
	| { readonly type: 'put'; readonly at: IDBValidKey; readonly value: Bytes }
	| { readonly type: 'delete'; readonly at: IDBValidKey }
	| { readonly type: 'clear'; readonly range: IDBKeyRange };

interface Waiting {
	readonly changes: readonly Change[];
	readonly settle: (result: Result<void, StoreError>) => void;
}

/** Bytes of their own: what is stored of a view is the whole buffer under it. */
const own = (bytes: Uint8Array): Bytes => new Uint8Array(bytes);

const rowKey = (table: string, key: StoreKey): IDBValidKey[] => [
	table,
	...key.map((part) => (part instanceof Uint8Array ? own(part) : part)),
];

/** Copied now: by the time its transaction runs, the caller may use the memory for something else. */
function toChange({ table, key, value }: StoreWrite): Change {
	const at = rowKey(table, key);
	return value === null ? { type: 'delete', at } : { type: 'put', at, value: own(value) };
}

export async function openIndexedDbStore(
	name: string,
	options: IndexedDbOptions,
): Promise<Result<KeyValueStore, StoreError>> {
	const life = { ended: false };
	let lost = false;
	function lose(detail: string): void {
		if (lost) return;
		lost = true;
		options.onLost?.(detail);
	}

	let database: IDBPDatabase;
	try {
		database = await openDB(name, 1, {
			upgrade: (opened) => void opened.createObjectStore(ROWS),
			blocking: () => {
				life.ended = true;
				database.close();
				lose('the database is being deleted or renewed');
			},
			terminated: () => {
				life.ended = true;
				lose('the browser closed the database');
			},
		});
		const writer = createWriter(database);
		// Reads may come after it in the browser's queue; what it came to is asked by whoever writes.
		writer().catch(() => undefined);
		return ok(storeOver(database, writer, life, lose));
	} catch (cause) {
		return err(toStoreError(cause, true));
	}
}

/** Another writer came later. */
class TakenOver extends Error {}

/** The number of whoever writes from now on; where it could not be had, such as for want of room, it is tried again. */
function createWriter(database: IDBPDatabase): () => Promise<number> {
	let claiming: Promise<number> | undefined;
	/** The last number before this one came. */
	let before: number | undefined;
	const claim = async (): Promise<number> => {
		try {
			return await claimWriting(database, (last) => {
				before ??= last;
				if (last !== before) throw new TakenOver('another writer took over');
			});
		} catch (cause) {
			claiming = undefined;
			throw cause;
		}
	};
	return () => (claiming ??= claim());
}

/** `look` sees the number of the last writer, and throws where there is to be no other. */
async function claimWriting(database: IDBPDatabase, look: (last: number) => void): Promise<number> {
	// What it is to keep from writing doesn't survive the machine either.
	const claim = database.transaction(ROWS, 'readwrite', { durability: 'relaxed' });
	const all = IDBKeyRange.bound(writerRow(0), writerRow(Infinity));
	const [, , last = 0] = ((await claim.store.openKeyCursor(all, 'prev'))?.key ?? []) as number[];
	look(last);
	const number = last + 1;
	const asked = [
		claim.store.put(0, writerRow(number)),
		claim.store.delete(IDBKeyRange.bound(WRITERS, writerRow(number - WRITERS_KEPT))),
	];
	claim.commit();
	await Promise.all([...asked, claim.done]);
	return number;
}

function storeOver(
	database: IDBPDatabase,
	writer: () => Promise<number>,
	life: { ended: boolean },
	lose: (detail: string) => void,
): KeyValueStore {
	let waiting: Waiting[] = [];
	let running = false;

	/** All these changes in one transaction; resolves once it is durable. */
	async function write(changes: readonly Change[]): Promise<Result<void, StoreError>> {
		// An aborted transaction rejects each of its requests besides; `done` says it once.
		const ignore = (): void => {};
		let abort = ignore;
		let isOver = false;
		try {
			const next = writerRow((await writer()) + 1);
			const transaction = database.transaction(ROWS, 'readwrite', { durability: 'strict' });
			abort = () => {
				transaction.done.catch(ignore);
				try {
					transaction.abort();
				} catch {
					// It is over already: then nothing of it was kept either.
				}
			};
			const rows = transaction.store;
			// Where a later writer's row is, this fails, and all with it. It asks for no answer here before the commit, which
			// would have to wait until the page has drawn what it draws.
			rows.add(0, next).catch((cause: unknown) => {
				isOver = cause instanceof DOMException && cause.name === 'ConstraintError';
			});
			rows.delete(next).catch(ignore);
			for (const change of changes) {
				if (change.type === 'put') rows.put(change.value, change.at).catch(ignore);
				else rows.delete(change.type === 'clear' ? change.range : change.at).catch(ignore);
			}
			abort = ignore;
			transaction.commit();
			await transaction.done;
			return ok();
		} catch (cause) {
			// What was asked for before a request that threw would be committed otherwise.
			abort();
			isOver ||= cause instanceof TakenOver;
			if (!isOver) return err(toStoreError(cause));
			lose('another writer took over');
			return err({ type: 'refused', detail: 'another writer took over' });
		}
	}

	async function drain(): Promise<void> {
		running = true;
		while (waiting.length > 0) {
			const group = waiting;
			waiting = [];
			const result = await write(group.flatMap(({ changes }) => changes));
			for (const { settle } of group) settle(result);
		}
		running = false;
	}

	function enqueue(changes: readonly Change[]): Promise<Result<void, StoreError>> {
		return new Promise((settle) => {
			waiting.push({ changes, settle });
			if (!running) void drain();
		});
	}

	/** A read, or what never settles once the database is closed: what it would be wanted for has ended. */
	async function reading<T>(read: () => Promise<T>): Promise<T> {
		try {
			if (!life.ended) return await read();
		} catch (cause) {
			if (!life.ended) throw cause;
		}
		return new Promise<never>(() => undefined);
	}

	return {
		async get(table, key) {
			checkKey(key);
			return reading(
				async () => (await database.get(ROWS, rowKey(table, key))) as Bytes | undefined,
			);
		},

		async range(
			table,
			prefix,
			{ from = 0, to = Infinity, limit = Infinity, reverse = false } = {},
		) {
			checkKey(prefix);
			if (from >= to || limit <= 0) return [];
			const start = rowKey(table, prefix);
			const bounds = IDBKeyRange.bound([...start, from], [...start, to], false, true);
			// Longer keys lie between the bounds too.
			const isRow = (key: IDBValidKey[]): boolean => key.length === start.length + 1;
			return reading(async () => {
				const found: StoreRow[] = [];
				const rows = database.transaction(ROWS).store;
				if (limit === Infinity) {
					// One answer for all of them: what a cursor finds takes one for each.
					const all = [rows.getAllKeys(bounds), rows.getAll(bounds)] as const;
					const [keys, values] = await Promise.all(all);
					(keys as IDBValidKey[][]).forEach((key, n) => {
						if (isRow(key)) found.push({ at: key.at(-1) as number, value: values[n] as Bytes });
					});
					return reverse ? found.reverse() : found;
				}
				let cursor = await rows.openCursor(bounds, reverse ? 'prev' : 'next');
				while (cursor !== null && found.length < limit) {
					const key = cursor.key as IDBValidKey[];
					if (isRow(key)) {
						found.push({ at: key[start.length] as number, value: cursor.value as Bytes });
					}
					cursor = await cursor.continue();
				}
				return found;
			});
		},

		async commit(writes) {
			for (const { key } of writes) checkKey(key);
			return writes.length === 0 ? ok() : enqueue(writes.map(toChange));
		},

		async clear(table, prefix) {
			checkKey(prefix);
			const start = rowKey(table, prefix);
			// An array sorts after every other key, so this is behind all that the prefix begins.
			return enqueue([{ type: 'clear', range: IDBKeyRange.bound(start, [...start, []]) }]);
		},

		close() {
			life.ended = true;
			database.close();
		},
	};
}
