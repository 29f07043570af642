// What every mailbox store has to do, run against each of them: packets whose content comes in chunks.
import { expect, it } from 'vitest';
import type { LongPacket, MailboxStore } from '#lib/ports/mailbox-store.ts';
import { MAX_TTL_SECONDS } from '#lib/protocol/limits.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import { blockOf, bytesOf } from '../support/mailbox-world.ts';
import {
	alice,
	bob,
	box,
	carol,
	describeStores,
	NOW,
	opened,
	packet,
	typeOf,
	waitingOf,
} from '../support/mailbox-stores.ts';

const chunkOf = (n: number, size = 3000): Bytes => blockOf(50 + n, size);
const long = (n: number, chunks: number, to: readonly Bytes[] | null = null): LongPacket => ({
	...packet(n, to),
	expiry: NOW + 1000,
	chunks,
	until: NOW + 100,
});
const id = (n: number): Bytes => packet(n).packet;

/** Begins a packet and brings all of its chunks. */
async function bring(store: MailboxStore, p: LongPacket): Promise<void> {
	unwrap(await store.begin(p));
	for (let i = 0; i < p.chunks; i++) unwrap(await store.putChunk(box, p.packet, i, chunkOf(i)));
}

describeStores((make) => {
	it('[MB23] shows a packet with chunks when it is committed, and not before', async () => {
		const store = await opened(make);
		unwrap(await store.put(packet(1)));
		unwrap(await store.begin(long(2, 2, [alice])));
		unwrap(await store.put(packet(3)));
		unwrap(await store.putChunk(box, id(2), 1, chunkOf(1)));
		expect(typeOf(await store.commit(box, id(2)))).toBe('incomplete');
		expect(await waitingOf(store, alice)).toEqual([1, 2]);
		expect(await store.fetch(box, alice, [id(2)])).toEqual([]);
		expect(await store.fetchChunk(box, alice, id(2), 1)).toBeUndefined();
		unwrap(await store.putChunk(box, id(2), 0, chunkOf(0)));
		const committed = unwrap(await store.commit(box, id(2)));
		expect(committed).toEqual({
			number: 3,
			packet: id(2),
			size: 1024,
			expiry: NOW + 1000,
			fresh: true,
			to: [alice],
			block: blockOf(2),
		});
		expect(unwrap(await store.commit(box, id(2)))).toEqual({ ...committed, fresh: false });
		expect(await waitingOf(store, alice)).toEqual([1, 2, 3]);
		expect(await waitingOf(store, bob)).toEqual([1, 2]);
		expect((await store.fetch(box, alice, [id(2)]))[0]?.block).toEqual(blockOf(2));
		expect(await store.fetchChunk(box, alice, id(2), 1)).toEqual(chunkOf(1));
		expect(await store.fetchChunk(box, alice, id(2), 2)).toBeUndefined();
		expect(await store.fetchChunk(box, bob, id(2), 1)).toBeUndefined();
		expect(await store.status(box)).toEqual({ packets: 3, bytes: 3 * 1024 + 6000 });
	});

	it('[MB23] tells which chunks are there, and goes on from them', async () => {
		const store = await opened(make);
		expect(await store.chunks(box, id(1))).toBeUndefined();
		unwrap(await store.begin(long(1, 3)));
		expect(await store.chunks(box, id(1))).toEqual({ chunks: 3, there: [], committed: false });
		for (const index of [2, 0]) unwrap(await store.putChunk(box, id(1), index, chunkOf(index)));
		unwrap(await store.begin(long(1, 3)));
		unwrap(await store.putChunk(box, id(1), 2, chunkOf(9)));
		expect(await store.chunks(box, id(1))).toEqual({ chunks: 3, there: [0, 2], committed: false });
		unwrap(await store.putChunk(box, id(1), 1, chunkOf(1)));
		unwrap(await store.commit(box, id(1)));
		unwrap(await store.begin(long(1, 3)));
		expect((await store.chunks(box, id(1)))?.committed).toBe(true);
		expect(await store.fetchChunk(box, bob, id(1), 2)).toEqual(chunkOf(2));
		unwrap(await store.put(packet(2)));
		expect(await store.chunks(box, id(2))).toBeUndefined();
	});

	it('[MB23] takes no other packet, chunk or mailbox for the one that was begun', async () => {
		const store = await opened(make);
		unwrap(await store.begin(long(1, 2)));
		unwrap(await store.put(packet(2)));
		expect(typeOf(await store.begin(long(1, 3)))).toBe('conflict');
		expect(typeOf(await store.begin(long(2, 3)))).toBe('conflict');
		expect(typeOf(await store.put(packet(1)))).toBe('conflict');
		expect(typeOf(await store.putChunk(box, id(1), 2, chunkOf(2)))).toBe('unknown-packet');
		expect(typeOf(await store.putChunk(box, id(2), 0, chunkOf(0)))).toBe('unknown-packet');
		expect(typeOf(await store.putChunk(box, id(9), 0, chunkOf(0)))).toBe('unknown-packet');
		expect(typeOf(await store.commit(box, id(2)))).toBe('unknown-packet');
		expect(typeOf(await store.begin(long(3, 1, [carol])))).toBe('unknown-token');
		const elsewhere = bytesOf(9);
		expect(typeOf(await store.begin({ ...long(1, 2), mailbox: elsewhere }))).toBe(
			'unknown-mailbox',
		);
		expect(typeOf(await store.putChunk(elsewhere, id(1), 0, chunkOf(0)))).toBe('unknown-mailbox');
		expect(typeOf(await store.commit(elsewhere, id(1)))).toBe('unknown-mailbox');
		expect(await store.chunks(elsewhere, id(1))).toBeUndefined();
		expect(typeOf(await store.acknowledgeContents(elsewhere, alice, []))).toBe('unknown-mailbox');
		expect(typeOf(await store.acknowledgeContents(box, carol, []))).toBe('unknown-token');
	});

	it('[MB24] keeps block and chunks until both are acknowledged by all', async () => {
		const store = await opened(make);
		await bring(store, long(1, 2));
		unwrap(await store.commit(box, id(1)));
		for (const token of [alice, bob]) {
			expect(unwrap(await store.acknowledge(box, token, 1, []))).toEqual([]);
		}
		expect(await waitingOf(store, alice)).toEqual([]);
		expect(await store.fetchChunk(box, alice, id(1), 0)).toEqual(chunkOf(0));
		expect(unwrap(await store.acknowledgeContents(box, alice, [id(1)]))).toEqual([]);
		expect(unwrap(await store.acknowledgeContents(box, alice, [id(1), id(9)]))).toEqual([]);
		expect(await store.fetchChunk(box, alice, id(1), 0)).toBeUndefined();
		expect(await store.fetchChunk(box, bob, id(1), 1)).toEqual(chunkOf(1));
		expect(unwrap(await store.acknowledgeContents(box, bob, [id(1)]))).toEqual([id(1)]);
		expect(await store.status(box)).toEqual({ packets: 0, bytes: 0 });
		expect(typeOf(await store.begin(long(1, 2)))).toBe('gone');
		expect(typeOf(await store.commit(box, id(1)))).toBe('gone');
	});

	it('[MB24] lets the content be acknowledged first', async () => {
		const store = await opened(make);
		await bring(store, long(1, 1, [alice]));
		unwrap(await store.commit(box, id(1)));
		expect(unwrap(await store.acknowledgeContents(box, alice, [id(1)]))).toEqual([]);
		expect((await store.fetch(box, alice, [id(1)]))[0]?.block).toEqual(blockOf(1));
		expect(unwrap(await store.acknowledge(box, alice, 0, [id(1)]))).toEqual([id(1)]);
	});

	it('[MB23] lets chunks live as long as their packet', async () => {
		const store = await opened(make);
		await bring(store, long(1, 2));
		await bring(store, long(2, 2));
		await bring(store, long(3, 2));
		unwrap(await store.commit(box, id(1)));
		expect(await store.deleteHash(box, id(3))).toEqual(bytesOf(203));
		expect(unwrap(await store.delete(box, id(3)))).toBe(true);
		expect(typeOf(await store.begin(long(3, 2)))).toBe('gone');
		expect(await store.expire(NOW + 100)).toBe(1);
		expect(await store.chunks(box, id(2))).toBeUndefined();
		unwrap(await store.begin(long(2, 2)));
		expect((await store.chunks(box, id(2)))?.there).toEqual([]);
		expect(await store.expire(NOW + 1000)).toBe(2);
		expect(await store.status(box)).toEqual({ packets: 0, bytes: 0 });
		await store.expire(NOW + 1000 + MAX_TTL_SECONDS);
		unwrap(await store.begin(long(3, 2)));
	});

	it('[MB13] takes no chunks and commits nothing in a closed mailbox', async () => {
		const store = await opened(make);
		await bring(store, long(1, 1));
		unwrap(await store.begin(long(2, 1)));
		await bring(store, long(3, 1));
		unwrap(await store.commit(box, id(3)));
		unwrap(await store.close(box));
		expect(typeOf(await store.begin(long(4, 1)))).toBe('closed');
		expect(typeOf(await store.putChunk(box, id(2), 0, chunkOf(0)))).toBe('closed');
		expect(typeOf(await store.commit(box, id(1)))).toBe('closed');
		expect(unwrap(await store.commit(box, id(3))).fresh).toBe(false);
		expect(await store.fetchChunk(box, bob, id(3), 0)).toEqual(chunkOf(0));
	});

	it('[MB15] counts chunks, unfinished packets and contents, and evicts nothing', async () => {
		const store = await opened(make, {
			bytesPerMailbox: 3 * 1024 + 6000,
			deliveriesPerMailbox: 5,
			unfinishedPerMailbox: 2,
		});
		unwrap(await store.begin(long(1, 2)));
		unwrap(await store.begin(long(2, 2)));
		expect(typeOf(await store.begin(long(3, 2)))).toBe('full');
		for (const i of [0, 1]) unwrap(await store.putChunk(box, id(1), i, chunkOf(i)));
		expect(typeOf(await store.putChunk(box, id(2), 0, chunkOf(0)))).toBe('full');
		unwrap(await store.putChunk(box, id(2), 0, chunkOf(0, 1000)));
		unwrap(await store.commit(box, id(1)));
		unwrap(await store.delete(box, id(1)));
		unwrap(await store.putChunk(box, id(2), 1, chunkOf(1)));
		unwrap(await store.put(packet(4)));
		expect(typeOf(await store.commit(box, id(2)))).toBe('full');
		unwrap(await store.acknowledge(box, alice, 0, [id(4)]));
		unwrap(await store.commit(box, id(2)));
		const small = await opened(make, { bytes: 2048 });
		unwrap(await small.begin(long(1, 2)));
		expect(typeOf(await small.putChunk(box, id(1), 0, chunkOf(0)))).toBe('full');
	});
});
