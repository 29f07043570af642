// How many messages the epochs in use were used for: counted as they take their places, kept with them. [EP12]
import { bytes, decode, encode, list, tuple, uint } from '#lib/protocol/cbor.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import type { KeyValueStore, StoreWrite } from '#lib/ports/store.ts';
import { fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Placed } from './intake.ts';

export interface EpochUse {
	/** Messages in this epoch, by its name. */
	of(epoch: Bytes): number;
	/** Counts what was placed; what is to be kept of that. */
	take(placed: readonly Placed[]): readonly StoreWrite[];
}

const MAX_EPOCHS = 64;
const shape = list(tuple(bytes(16), uint()), MAX_EPOCHS);

/** The row of a space's counts. */
const rowOf = (space: Bytes) => ({ table: 'use', key: [space] });

export async function openEpochUse(store: KeyValueStore, ledger: Ledger): Promise<EpochUse> {
	const { table, key } = rowOf(ledger.space);
	const stored = await store.get(table, key);
	const decoded = stored && decode(shape, stored, 4096);
	// A count that can't be read begins anew: the epoch lasts for a week at most in any case.
	const counts = new Map(decoded?.ok ? decoded.value.map(([id, n]) => [toHex(id), n]) : []);

	return {
		of: (epoch) => counts.get(toHex(epoch)) ?? 0,
		take(placed) {
			const live = new Set(ledger.authority.liveEpochs.map(({ id }) => toHex(id)));
			let changed = false;
			for (const { entry, feed } of placed) {
				const epoch = toHex(entry.header.key.epoch);
				if (entry.header.kind !== KIND.message || feed === null || !live.has(epoch)) continue;
				counts.set(epoch, (counts.get(epoch) ?? 0) + 1);
				changed = true;
			}
			if (!changed) return [];
			for (const epoch of counts.keys()) if (!live.has(epoch)) counts.delete(epoch);
			const rows = [...counts].flatMap(([epoch, count]) => {
				const id = fromHex(epoch);
				return id === undefined ? [] : [[id, count]];
			});
			return [{ table, key, value: encode(rows.slice(0, MAX_EPOCHS)) }];
		},
	};
}
