// Every store that keeps anything of a message: its entry, its place in the log, and whatever comes to keep more of it
// (a search index, files, previews) joins here, by one line where it is made. What is purged is purged in all of them, in
// one commit; tests ask each of them whether any words are left. [TB1]
import type { Entry } from '#lib/crdt/check-entry.ts';
import type { Gone } from '#lib/crdt/segment.ts';
import type { StoreWrite } from '#lib/ports/store.ts';

export interface PurgeStore {
	readonly name: string;
	/**
	 * What to commit so that nothing of the message's content is left here. `gone`: what people see in its place; null:
	 * nothing, as if it had never come.
	 */
	purge(entry: Entry, gone: Gone | null): Promise<readonly StoreWrite[]>;
	/** Whether these words can be found here, with every key that this device has. For tests. */
	holds(words: string): Promise<boolean>;
}

export interface PurgeRegistry {
	readonly stores: readonly PurgeStore[];
	join(store: PurgeStore): void;
	purge(entry: Entry, gone: Gone | null): Promise<readonly StoreWrite[]>;
}

export function createPurgeRegistry(): PurgeRegistry {
	const stores: PurgeStore[] = [];
	return {
		stores,
		join: (store) => void stores.push(store),
		async purge(entry, gone) {
			const writes: StoreWrite[] = [];
			for (const store of stores) writes.push(...(await store.purge(entry, gone)));
			return writes;
		},
	};
}
