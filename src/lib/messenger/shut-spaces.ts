// Spaces whose keys can't be read on this device: they stay as they are until the person takes them off it. [EP10]
import type { KeyValueStore, StoreWrite } from '#lib/ports/store.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { SpaceSummary } from './api.ts';
import { unreadableSummary } from './space-summary.ts';

export interface ShutSpacesEvents {
	/** What takes a space off this device's list. */
	unlist(space: Bytes): readonly StoreWrite[];
	/** Removes every row of a space that is off the list. */
	clear(space: Bytes): Promise<void>;
}

export interface ShutSpaces {
	add(space: Bytes): void;
	/** By id in hex. */
	has(space: string): boolean;
	/** From this device alone: nobody is told, the person's other devices neither. */
	discard(space: string): Promise<void>;
	summaries(): readonly SpaceSummary[];
}

export function createShutSpaces(store: KeyValueStore, events: ShutSpacesEvents): ShutSpaces {
	const shut = new Map<string, Bytes>();
	return {
		add: (space) => shut.set(toHex(space), space),
		has: (space) => shut.has(space),
		async discard(key) {
			const space = shut.get(key);
			if (space === undefined) return;
			const kept = await store.commit(events.unlist(space));
			if (!kept.ok) return;
			shut.delete(key);
			await events.clear(space);
		},
		summaries: () => [...shut.keys()].map(unreadableSummary),
	};
}
