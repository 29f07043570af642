// A store in memory that behaves as the durable one does, with seams for simulations: the disk outlives the handle,
// can be put back to an earlier state, and can stop the node before or after a commit. [ST1] [ST3] [ST4] [ST5] [ST10]
import type {
	KeyValueStore,
	StoreError,
	StoreKey,
	StoreRow,
	StoreWrite,
} from '#lib/ports/store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { checkKey, keyForm, partForm } from './key-form.ts';

/**
 * apply: as usual. crash-before, crash-after: the handle is dead from here on, its promises never settle; a new handle
 * on the same disk finds the batch missing or there. An error: nothing kept, and the handle goes on.
 */
export type CommitOutcome = 'apply' | 'crash-before' | 'crash-after' | StoreError;

interface Row {
	/** The key's last part where that is a number. */
	readonly at: number | undefined;
	readonly value: Bytes;
}

/** Rows by the key's last part, by all parts before it, by table: a range reads one inner map. */
type Tables = Map<string, Map<string, Map<string, Row>>>;

const copyTables = (tables: Tables): Tables =>
	new Map(
		[...tables].map(([table, groups]) => [
			table,
			new Map([...groups].map(([group, rows]) => [group, new Map(rows)])),
		]),
	);

/** A disk's whole content at one moment; can be restored on another disk too, as a copied profile. */
export interface DiskSnapshot {
	readonly tables: Tables;
}

export interface MemoryDisk {
	/** Decides the fate of each batch; a clear shows as an empty one. Undefined: all are applied. */
	onCommit: ((writes: readonly StoreWrite[]) => CommitOutcome) | undefined;
	snapshot(): DiskSnapshot;
	/** Puts an earlier state back under every open handle, as a restored backup or a lying disk does. */
	restore(snapshot: DiskSnapshot): void;
	/** Everything that lies there, keys in text form: for those who search it. */
	rows(): readonly { readonly table: string; readonly key: string; readonly value: Bytes }[];
	open(): KeyValueStore;
}

export const createMemoryStore = (): KeyValueStore => createMemoryDisk().open();

export function createMemoryDisk(): MemoryDisk {
	let tables: Tables = new Map();
	const never = new Promise<never>(() => {});

	const rowsOf = (table: string, group: string): Map<string, Row> | undefined =>
		tables.get(table)?.get(group);

	function write({ table, key, value }: StoreWrite): void {
		const [group, last] = split(key);
		if (value === null) {
			rowsOf(table, group)?.delete(last);
			return;
		}
		let groups = tables.get(table);
		if (groups === undefined) tables.set(table, (groups = new Map<string, Map<string, Row>>()));
		let rows = groups.get(group);
		if (rows === undefined) groups.set(group, (rows = new Map<string, Row>()));
		const at = key.at(-1);
		rows.set(last, { at: typeof at === 'number' ? at : undefined, value: new Uint8Array(value) });
	}

	function clear(table: string, prefix: StoreKey): void {
		const [group, last] = split(prefix);
		if (prefix.length > 0) rowsOf(table, group)?.delete(last);
		const start = keyForm(prefix);
		const groups = tables.get(table);
		for (const name of groups?.keys() ?? []) if (name.startsWith(start)) groups?.delete(name);
	}

	function open(): KeyValueStore {
		let state: 'open' | 'closed' | 'crashed' = 'open';

		/** What a read gives in place of an answer. */
		const stopped = (): Promise<never> | undefined => (state === 'open' ? undefined : never);

		async function change(
			writes: readonly StoreWrite[],
			apply: () => void,
		): Promise<Result<void, StoreError>> {
			if (state === 'crashed') return never;
			if (state === 'closed') return err({ type: 'failed', detail: 'the store is closed' });
			const outcome = disk.onCommit?.(writes) ?? 'apply';
			if (typeof outcome === 'object') return err(outcome);
			if (outcome !== 'crash-before') apply();
			if (outcome === 'apply') return ok();
			state = 'crashed';
			return never;
		}

		return {
			async get(table, key) {
				checkKey(key);
				const [group, last] = split(key);
				return stopped() ?? rowsOf(table, group)?.get(last)?.value.slice();
			},

			async range(
				table,
				prefix,
				{ from = 0, to = Infinity, limit = Infinity, reverse = false } = {},
			) {
				checkKey(prefix);
				const found: StoreRow[] = [];
				for (const { at, value } of rowsOf(table, keyForm(prefix))?.values() ?? []) {
					if (at !== undefined && at >= from && at < to) found.push({ at, value });
				}
				found.sort((a, b) => (reverse ? b.at - a.at : a.at - b.at));
				const rows = found.slice(0, limit);
				return stopped() ?? rows.map(({ at, value }) => ({ at, value: value.slice() }));
			},

			async commit(writes) {
				for (const { key } of writes) checkKey(key);
				if (writes.length === 0) return ok();
				return change(writes, () => {
					writes.forEach(write);
				});
			},

			async clear(table, prefix) {
				checkKey(prefix);
				return change([], () => {
					clear(table, prefix);
				});
			},

			close() {
				if (state === 'open') state = 'closed';
			},
		};
	}

	const disk: MemoryDisk = {
		onCommit: undefined,
		snapshot: () => ({ tables: copyTables(tables) }),
		restore(snapshot) {
			tables = copyTables(snapshot.tables);
		},
		rows: () =>
			[...tables].flatMap(([table, groups]) =>
				[...groups].flatMap(([group, rows]) =>
					[...rows].map(([last, { value }]) => ({
						table,
						key: group + last,
						value: value.slice(),
					})),
				),
			),
		open,
	};
	return disk;
}

/** The text form of all parts but the last, and of the last. */
function split(key: StoreKey): readonly [string, string] {
	const last = key.at(-1);
	return last === undefined ? ['', ''] : [keyForm(key.slice(0, -1)), partForm(last)];
}
