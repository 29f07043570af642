// What every mailbox store has to do, run against each of them: mailboxes and packets of one block.
import { expect, it } from 'vitest';
import { MAX_TTL_SECONDS } from '#lib/protocol/limits.ts';
import { unwrap } from '#lib/util/result.ts';
import { blockOf, bytesOf } from '../support/mailbox-world.ts';
import {
	alice,
	bob,
	box,
	carol,
	describeStores,
	keys,
	NOW,
	opened as openedBy,
	packet,
	typeOf,
	waitingOf,
} from '../support/mailbox-stores.ts';

describeStores((make) => {
	const opened = (limits = {}) => openedBy(make, limits);

	it('[MB4] opens a mailbox once and for its keys', async () => {
		const store = await opened();
		expect(await store.mailbox(bytesOf(9))).toBeUndefined();
		expect(unwrap(await store.open({ mailbox: bytesOf(8), ...keys }))).toEqual({ fresh: true });
		expect(unwrap(await store.open({ mailbox: box, ...keys }))).toEqual({ fresh: false });
		const other = { mailbox: box, ...keys, writeKey: bytesOf(8) };
		expect(typeOf(await store.open(other))).toBe('conflict');
		expect(await store.mailbox(box)).toEqual({
			mailbox: box,
			...keys,
			invitation: null,
			open: true,
			tokens: 2,
			highest: 0,
		});
	});

	it('[MB4] adds tokens once, for what comes after', async () => {
		const store = await opened();
		unwrap(await store.put(packet(1)));
		expect(unwrap(await store.addTokens(box, [bob, carol, carol], NOW))).toBe(3);
		unwrap(await store.put(packet(2)));
		expect((await store.mailbox(box))?.tokens).toBe(3);
		expect(await store.hasToken(box, carol)).toBe(true);
		expect(await store.hasToken(box, bytesOf(9))).toBe(false);
		expect(await store.hasToken(bytesOf(9), carol)).toBe(false);
		expect(await waitingOf(store, bob)).toEqual([1, 2]);
		expect(await waitingOf(store, carol)).toEqual([2]);
		expect(typeOf(await store.addTokens(bytesOf(9), [bob], NOW))).toBe('unknown-mailbox');
	});

	it('[MB6] keeps a packet once, under the number and expiry of the first put', async () => {
		const store = await opened();
		const first = unwrap(await store.put(packet(1)));
		expect(first).toMatchObject({ number: 1, size: 1024, expiry: NOW + 100, fresh: true });
		const again = unwrap(await store.put({ ...packet(1), expiry: NOW + 900, block: blockOf(2) }));
		expect(again).toEqual({ ...first, fresh: false });
		expect(unwrap(await store.put(packet(2))).number).toBe(2);
		expect((await store.fetch(box, alice, [packet(1).packet]))[0]?.block).toEqual(blockOf(1));
		expect((await store.mailbox(box))?.highest).toBe(2);
		expect(await store.status(box)).toEqual({ packets: 2, bytes: 2048 });
		expect(typeOf(await store.put({ ...packet(1), mailbox: bytesOf(9) }))).toBe('unknown-mailbox');
	});

	it('[MB21] keeps nothing for recipients it does not know', async () => {
		const store = await opened();
		expect(typeOf(await store.put(packet(1, [alice, carol])))).toBe('unknown-token');
		expect(typeOf(await store.put(packet(1, [])))).toBe('unknown-token');
		expect(await store.status(box)).toEqual({ packets: 0, bytes: 0 });
		expect(unwrap(await store.put(packet(1, [alice, alice]))).number).toBe(1);
		expect(await waitingOf(store, bob)).toEqual([]);
		expect(await store.fetch(box, bob, [packet(1).packet])).toEqual([]);
		expect(unwrap(await store.acknowledge(box, alice, 1, []))).toEqual([packet(1).packet]);
	});

	it('[MB7] tells what waits for a token after a cursor, in order and in parts', async () => {
		const store = await opened();
		for (let n = 1; n <= 5; n++) unwrap(await store.put(packet(n)));
		expect(await waitingOf(store, alice, 2)).toEqual([3, 4, 5]);
		expect((await store.waiting(box, alice, 0, 2)).map((p) => p.number)).toEqual([1, 2]);
		expect(await waitingOf(store, carol)).toEqual([]);
		expect(await store.waiting(bytesOf(9), alice, 0, 9)).toEqual([]);
		const fetched = await store.fetch(box, bob, [packet(5).packet, packet(2).packet, bytesOf(9)]);
		expect(fetched.map((p) => p.number).sort()).toEqual([2, 5]);
		expect(fetched.find((p) => p.number === 5)?.block).toEqual(blockOf(5));
	});

	it('[MB10] deletes a packet with the last acknowledgement', async () => {
		const store = await opened();
		for (const n of [1, 2, 3]) unwrap(await store.put(packet(n)));
		expect(unwrap(await store.acknowledge(box, alice, 2, [packet(3).packet]))).toEqual([]);
		expect(await waitingOf(store, alice)).toEqual([]);
		expect(await waitingOf(store, bob)).toEqual([1, 2, 3]);
		expect(unwrap(await store.acknowledge(box, bob, 0, [packet(2).packet, bytesOf(9)]))).toEqual([
			packet(2).packet,
		]);
		expect(unwrap(await store.acknowledge(box, bob, 0, [packet(2).packet]))).toEqual([]);
		expect(await store.status(box)).toEqual({ packets: 2, bytes: 2048 });
		expect(unwrap(await store.acknowledge(box, bob, 3, [packet(1).packet]))).toEqual([
			packet(1).packet,
			packet(3).packet,
		]);
		expect(await store.status(box)).toEqual({ packets: 0, bytes: 0 });
		expect(typeOf(await store.acknowledge(box, carol, 1, []))).toBe('unknown-token');
		expect(typeOf(await store.acknowledge(bytesOf(9), bob, 1, []))).toBe('unknown-mailbox');
	});

	it('[MB11] does not take again what was delivered or deleted, until long after', async () => {
		const store = await opened();
		for (const n of [1, 2]) unwrap(await store.put(packet(n, [alice])));
		unwrap(await store.acknowledge(box, alice, 1, []));
		expect(unwrap(await store.delete(box, packet(2).packet))).toBe(true);
		expect(unwrap(await store.delete(box, packet(2).packet))).toBe(false);
		expect(typeOf(await store.delete(bytesOf(9), packet(2).packet))).toBe('unknown-mailbox');
		await store.expire(NOW + 100);
		for (const n of [1, 2]) expect(typeOf(await store.put(packet(n)))).toBe('gone');
		await store.expire(NOW + 100 + MAX_TTL_SECONDS);
		for (const n of [1, 2]) unwrap(await store.put(packet(n)));
	});

	it('[MB12] knows the hash that deletes a packet for as long as it is there', async () => {
		const store = await opened();
		unwrap(await store.put(packet(1)));
		expect(await store.deleteHash(box, packet(1).packet)).toEqual(bytesOf(201));
		expect(await store.deleteHash(bytesOf(9), packet(1).packet)).toBeUndefined();
		unwrap(await store.delete(box, packet(1).packet));
		expect(await store.deleteHash(box, packet(1).packet)).toBeUndefined();
		expect(await waitingOf(store, bob)).toEqual([]);
	});

	it('[MB13] takes nothing more once closed, and keeps what waits', async () => {
		const store = await opened();
		unwrap(await store.put(packet(1)));
		unwrap(await store.close(box));
		expect(typeOf(await store.put(packet(2)))).toBe('closed');
		expect(typeOf(await store.addTokens(box, [carol], NOW))).toBe('closed');
		expect(unwrap(await store.put(packet(1))).fresh).toBe(false);
		expect(await waitingOf(store, bob)).toEqual([1]);
		expect(await store.mailbox(box)).toMatchObject({ open: false });
		expect(typeOf(await store.close(bytesOf(9)))).toBe('unknown-mailbox');
	});

	it('[MB15] refuses what is over a bound, and evicts nothing', async () => {
		const store = await opened({
			mailboxes: 2,
			tokensPerMailbox: 3,
			packetsPerMailbox: 5,
			bytesPerMailbox: 6 * 1024,
			deliveriesPerMailbox: 7,
			bytes: 8 * 1024,
		});
		expect(typeOf(await store.addTokens(box, [carol, bytesOf(14)], NOW))).toBe('full');
		const second = bytesOf(5);
		unwrap(await store.open({ mailbox: second, ...keys }));
		unwrap(await store.addTokens(second, [alice], NOW));
		expect(typeOf(await store.open({ mailbox: bytesOf(6), ...keys }))).toBe('full');

		unwrap(await store.put(packet(1, null, 4096)));
		expect(typeOf(await store.put(packet(2, null, 4096)))).toBe('full');
		for (const n of [2, 3]) unwrap(await store.put(packet(n)));
		expect(typeOf(await store.put(packet(4, [alice])))).toBe('full');
		expect(await waitingOf(store, alice)).toEqual([1, 2, 3]);
		expect(typeOf(await store.put({ ...packet(1, null, 4096), mailbox: second }))).toBe('full');
		unwrap(await store.put({ ...packet(1, null, 2048), mailbox: second }));

		unwrap(await store.delete(box, packet(1).packet));
		for (const n of [4, 5, 6]) unwrap(await store.put(packet(n, [alice])));
		expect(typeOf(await store.put(packet(7, [alice])))).toBe('full');
	});

	it('[MB15] counts deliveries, not packets alone', async () => {
		const store = await opened({ deliveriesPerMailbox: 3 });
		unwrap(await store.put(packet(1)));
		expect(typeOf(await store.put(packet(2)))).toBe('full');
		unwrap(await store.acknowledge(box, alice, 1, []));
		unwrap(await store.put(packet(2)));
		unwrap(await store.delete(box, packet(2).packet));
		unwrap(await store.put(packet(3)));
	});

	it('[MB17] never gives a number twice, even to a mailbox that was forgotten', async () => {
		const store = await opened({ idle: 1000 });
		for (const n of [1, 2]) unwrap(await store.put(packet(n, [alice])));
		unwrap(await store.acknowledge(box, alice, 2, []));
		expect(unwrap(await store.put(packet(3, [alice]))).number).toBe(3);
		unwrap(await store.delete(box, packet(3).packet));

		await store.expire(NOW);
		await store.expire(NOW + 999);
		unwrap(await store.open({ mailbox: box, ...keys }));
		await store.expire(NOW + 1000);
		expect(await store.mailbox(box)).toBeDefined();
		await store.expire(NOW + 2000);
		expect(await store.mailbox(box)).toBeUndefined();
		unwrap(await store.open({ mailbox: box, ...keys }));
		unwrap(await store.addTokens(box, [alice], NOW));
		expect(unwrap(await store.put(packet(4))).number).toBe(4);
	});

	it('[MB17] takes a cursor it never gave for none', async () => {
		const store = await opened();
		for (const n of [1, 2]) unwrap(await store.put(packet(n, [alice])));
		expect(await waitingOf(store, alice, 50)).toEqual([1, 2]);
		expect(unwrap(await store.acknowledge(box, alice, 50, []))).toEqual([]);
		expect(await waitingOf(store, alice)).toEqual([1, 2]);
	});

	it('[MB18] deletes what has expired and takes it again if somebody still has it', async () => {
		const store = await opened();
		unwrap(await store.put(packet(1)));
		unwrap(await store.put({ ...packet(2), expiry: NOW + 200 }));
		expect(await store.expire(NOW + 99)).toBe(0);
		expect(await store.expire(NOW + 100)).toBe(1);
		expect(await waitingOf(store, alice)).toEqual([2]);
		expect(await store.status(box)).toEqual({ packets: 1, bytes: 1024 });
		expect(unwrap(await store.put(packet(1))).number).toBe(3);
	});

	it('[MB15] serves many at once without mixing them up', async () => {
		const store = await opened();
		const puts = await Promise.all(Array.from({ length: 500 }, (_, n) => store.put(packet(n))));
		const numbers = puts.map((put) => unwrap(put).number);
		expect(new Set(numbers).size).toBe(500);
		expect(Math.max(...numbers)).toBe(500);
		expect(await store.status(box)).toEqual({ packets: 500, bytes: 500 * 1024 });
	});
});
