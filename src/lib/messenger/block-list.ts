// The people this person doesn't want to read: a choice of one's own, which nobody else ever hears of.
import { bytes, decodeFrame, encode, list } from '#lib/protocol/cbor.ts';
import type { KeyValueStore, StoreError } from '#lib/ports/store.ts';
import { fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

export interface BlockList {
	load(): Promise<void>;
	/** Whether this Root Hash (hex) is on it. */
	has(rootHash: string): boolean;
	/** Root Hashes. */
	all(): readonly Bytes[];
	/** Durable when it resolves. */
	set(rootHash: string, blocked: boolean): Promise<Result<void, StoreError>>;
	add(people: readonly Bytes[]): Promise<Result<void, StoreError>>;
}

const MAX_BLOCKED = 10_000;
const shape = list(bytes(32), MAX_BLOCKED);

export function createBlockList(store: KeyValueStore): BlockList {
	let blocked = new Set<string>();
	async function keep(next: Set<string>): Promise<Result<void, StoreError>> {
		const value = encode([...next].slice(-MAX_BLOCKED).flatMap((hex) => fromHex(hex) ?? []));
		const kept = await store.commit([{ table: 'blocked', key: ['list'], value }]);
		if (kept.ok) blocked = next;
		return kept;
	}

	return {
		async load() {
			const stored = await store.get('blocked', ['list']);
			const decoded = stored && decodeFrame(shape, stored, Number.MAX_SAFE_INTEGER);
			blocked = new Set(decoded?.ok ? decoded.value.map(toHex) : []);
		},
		has: (rootHash) => blocked.has(rootHash),
		async set(rootHash, isBlocked) {
			const next = new Set(blocked);
			if (isBlocked) next.add(rootHash);
			else next.delete(rootHash);
			return keep(next);
		},
		all: () => [...blocked].flatMap((hex) => fromHex(hex) ?? []),
		add: (people) => keep(new Set([...people.map(toHex), ...blocked])),
	};
}
