// How many messages an epoch was used for.
import { describe, expect, it } from 'vitest';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { openEpochUse } from '#lib/messenger/space/epoch-use.ts';
import type { Placed } from '#lib/messenger/space/intake.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { createMemoryDisk } from '#lib/storage/memory.ts';
import type { Bytes } from '#lib/util/bytes.ts';

const epoch = (n: number): Bytes => new Uint8Array(16).fill(n);
const ledgerWith = (...live: readonly Bytes[]): Ledger =>
	({
		space: new Uint8Array(32),
		authority: { liveEpochs: live.map((id) => ({ id })) },
	}) as unknown as Ledger;
const placed = (id: Bytes, kind: number = KIND.message, feed: object | null = {}): Placed =>
	({ entry: { header: { kind, key: { mode: 'direct', epoch: id } } }, feed }) as unknown as Placed;

describe('the use of an epoch', () => {
	it('[EP12] counts messages that took their place and name it, over restarts', async () => {
		const store = createMemoryDisk().open();
		const use = await openEpochUse(store, ledgerWith(epoch(1)));
		const writes = use.take([
			...Array.from({ length: 9 }, () => placed(epoch(1))),
			placed(epoch(2)),
			placed(epoch(1), KIND.channel),
			placed(epoch(1), KIND.message, null),
		]);
		expect(use.of(epoch(1))).toBe(9);
		expect(use.of(epoch(2))).toBe(0);
		await store.commit(writes);
		const again = await openEpochUse(store, ledgerWith(epoch(1), epoch(2)));
		expect(again.of(epoch(1))).toBe(9);
		expect(again.take([placed(epoch(1), KIND.channel)])).toEqual([]);
	});

	it('[EP12] forgets an epoch that is in use no longer', async () => {
		const store = createMemoryDisk().open();
		const before = await openEpochUse(store, ledgerWith(epoch(1)));
		await store.commit(before.take([placed(epoch(1))]));
		const after = await openEpochUse(store, ledgerWith(epoch(2)));
		after.take([placed(epoch(2))]);
		expect([after.of(epoch(1)), after.of(epoch(2))]).toEqual([0, 1]);
	});
});
