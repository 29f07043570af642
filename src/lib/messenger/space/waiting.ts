// Entries that wait, each under what it waits for, so that what comes wakes those alone that waited for it. Bounded: room is
// made by whoever takes most of it, so that nobody can push out what others have sent. [FD8] [DV2]
import type { Entry } from '#lib/crdt/check-entry.ts';

/** What an entry waits for. */
export type Need =
	/** Another control entry, by its id (hex). */
	| { readonly type: 'entry'; readonly key: string }
	/** The entry of this device (hex) in this place. */
	| { readonly type: 'place'; readonly device: string; readonly seq: number }
	/** An ADMIT or ENROL of this device (hex). */
	| { readonly type: 'admission'; readonly device: string }
	/** The control key of this epoch (hex). */
	| { readonly type: 'key'; readonly epoch: string }
	/** A copy of itself with a body. */
	| { readonly type: 'body' };

export interface Waiting {
	readonly size: number;
	get(key: string): Entry | undefined;
	all(): readonly Entry[];
	/** `share`: in whose room it waits. */
	hold(entry: Entry, needs: readonly Need[], share: string): void;
	/** Takes out those that wait for this. */
	wake(need: Need): readonly Entry[];
	/** Takes out those for which this says so. */
	wakeIf(test: (entry: Entry, needs: readonly Need[]) => boolean): readonly Entry[];
	/** Takes out this one, if it is here. */
	release(key: string): void;
	/** It waits no longer, for it is dealt with: this is told to who asked. */
	settle(key: string): void;
	/** True once none of these waits any longer; false when one was pushed out, or all was given up. */
	settled(keys: readonly string[]): Promise<boolean>;
	/** Control entries (hex) that are waited for, of each share's entries in turn; at most `limit` of those that are `wanted`. */
	missing(limit: number, wanted: (key: string) => boolean): readonly string[];
	/** Gives up all: nothing more is dealt with. */
	stop(): void;
}

interface Held {
	readonly entry: Entry;
	readonly needs: readonly Need[];
	readonly share: string;
}

interface Listener {
	readonly settled: Promise<boolean>;
	readonly tell: (isDealtWith: boolean) => void;
}

const nameOf = (need: Need, key: string): string => {
	switch (need.type) {
		case 'entry':
			return `entry ${need.key}`;
		case 'place':
			return `place ${need.device} ${need.seq}`;
		case 'admission':
			return `admission ${need.device}`;
		case 'key':
			return `key ${need.epoch}`;
		case 'body':
			return `body ${key}`;
	}
};

export function createWaiting(room: number): Waiting {
	const held = new Map<string, Held>();
	/** Keys of entries by what they wait for. */
	const byNeed = new Map<string, Set<string>>();
	const shares = new Map<string, Set<string>>();
	const listeners = new Map<string, Listener>();
	let stopped = false;

	const addTo = (sets: Map<string, Set<string>>, name: string, key: string): void => {
		const set = sets.get(name);
		if (set === undefined) sets.set(name, new Set([key]));
		else set.add(key);
	};
	const dropFrom = (sets: Map<string, Set<string>>, name: string, key: string): void => {
		const set = sets.get(name);
		set?.delete(key);
		if (set?.size === 0) sets.delete(name);
	};

	function remove(key: string): Entry | undefined {
		const known = held.get(key);
		if (known === undefined) return undefined;
		held.delete(key);
		for (const need of known.needs) dropFrom(byNeed, nameOf(need, key), key);
		dropFrom(shares, known.share, key);
		return known.entry;
	}

	function tell(key: string, isDealtWith: boolean): void {
		listeners.get(key)?.tell(isDealtWith);
		listeners.delete(key);
	}

	function makeRoom(): void {
		while (held.size > room) {
			let largest: Set<string> | undefined;
			for (const share of shares.values()) {
				if (share.size > (largest?.size ?? 0)) largest = share;
			}
			const [oldest] = largest ?? [];
			if (oldest === undefined) return;
			remove(oldest);
			tell(oldest, false);
		}
	}

	const takeOut = (keys: Iterable<string>): Entry[] =>
		[...keys].flatMap((key) => remove(key) ?? []);

	return {
		get size() {
			return held.size;
		},
		get: (key) => held.get(key)?.entry,
		all: () => [...held.values()].map(({ entry }) => entry),
		hold(entry, needs, share) {
			remove(entry.key);
			held.set(entry.key, { entry, needs, share });
			for (const need of needs) addTo(byNeed, nameOf(need, entry.key), entry.key);
			addTo(shares, share, entry.key);
			makeRoom();
		},
		wake: (need) => takeOut(byNeed.get(nameOf(need, '')) ?? []),
		wakeIf: (test) =>
			takeOut(
				[...held.values()]
					.filter(({ entry, needs }) => test(entry, needs))
					.map(({ entry }) => entry.key),
			),
		release: remove,
		settle(key) {
			if (!held.has(key)) tell(key, true);
		},
		async settled(keys) {
			if (stopped) return keys.length === 0;
			const all = keys.map(async (key) => {
				const known = listeners.get(key);
				if (known !== undefined || !held.has(key)) return known?.settled ?? true;
				let tell = (_isDealtWith: boolean): void => undefined;
				const settled = new Promise<boolean>((resolve) => {
					tell = resolve;
				});
				listeners.set(key, { settled, tell });
				return settled;
			});
			return (await Promise.all(all)).every(Boolean);
		},
		missing(limit, wanted) {
			if (held.size === 0) return [];
			const found = new Set<string>();
			const turns = [...shares.values()].map((share) => share.values());
			for (let left = turns; left.length > 0 && found.size < limit;) {
				left = left.filter((turn) => {
					const next = turn.next();
					for (const need of (!next.done && held.get(next.value)?.needs) || []) {
						const isNew = need.type === 'entry' && !held.has(need.key) && wanted(need.key);
						if (isNew) found.add(need.key);
					}
					return !next.done;
				});
			}
			return [...found].slice(0, limit);
		},
		stop() {
			stopped = true;
			for (const key of [...listeners.keys()]) tell(key, false);
		},
	};
}
