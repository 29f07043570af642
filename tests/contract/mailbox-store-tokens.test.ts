// What every mailbox store has to do, run against each of them: tokens that go, and tokens nobody uses.
import { expect, it } from 'vitest';
import type { MailboxStore } from '#lib/ports/mailbox-store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import { bytesOf } from '../support/mailbox-world.ts';
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

const WEEK = 7 * 86_400;
const id = (n: number): Bytes => packet(n).packet;
const later = (n: number) => ({ ...packet(n), expiry: NOW + 5 * WEEK });
const many = Array.from({ length: 33 }, (_, n) => bytesOf(500 + n));
const [first = alice, second = bob] = many;

/** All but these have just been there. */
const seenBut = (store: MailboxStore, silent: readonly Bytes[], now: number): Promise<void> =>
	store.seen(
		many.filter((hash) => !silent.includes(hash)).map((tokenHash) => ({ mailbox: box, tokenHash })),
		now,
	);

describeStores((make) => {
	it('[MB26] removes a token for good, with all that waits for it', async () => {
		const store = await opened(make, { tokensPerMailbox: 3 });
		unwrap(await store.put(packet(1)));
		unwrap(await store.put(packet(2, [bob])));
		expect(unwrap(await store.removeToken(box, bob))).toEqual([id(2)]);
		expect(await store.hasToken(box, bob)).toBe(false);
		expect((await store.mailbox(box))?.tokens).toBe(1);
		expect(await waitingOf(store, bob)).toEqual([]);
		expect(await store.fetch(box, bob, [id(1)])).toEqual([]);
		expect(typeOf(await store.acknowledge(box, bob, 1, []))).toBe('unknown-token');
		expect(typeOf(await store.put(packet(2)))).toBe('gone');
		expect(typeOf(await store.put(packet(3, [bob])))).toBe('unknown-token');
		expect(unwrap(await store.addTokens(box, [bob], NOW))).toBe(1);
		await store.seen([{ mailbox: box, tokenHash: bob }], NOW);
		expect(await store.hasToken(box, bob)).toBe(false);
		expect(unwrap(await store.addTokens(box, [carol], NOW))).toBe(2);
		expect(typeOf(await store.addTokens(box, [bytesOf(14)], NOW))).toBe('full');
		expect(unwrap(await store.acknowledge(box, alice, 1, []))).toEqual([id(1)]);
		expect(typeOf(await store.removeToken(box, bob))).toBe('unknown-token');
		expect(typeOf(await store.removeToken(bytesOf(9), alice))).toBe('unknown-mailbox');
	});

	it('[MB25] drops what waits for a token of a large mailbox that was not seen for a week', async () => {
		const store = await opened(make, {}, many);
		for (const n of [1, 2]) unwrap(await store.put(later(n)));
		unwrap(await store.put({ ...later(3), to: [first] }));
		await seenBut(store, [first], NOW + 1);
		for (const hash of many.slice(1)) {
			expect(unwrap(await store.acknowledge(box, hash, 1, []))).toEqual([]);
		}
		expect(await store.expire(NOW + WEEK - 1)).toBe(0);
		expect(await waitingOf(store, first)).toEqual([1, 2, 3]);
		expect(await store.expire(NOW + WEEK)).toBe(2);
		expect(await waitingOf(store, first)).toEqual([]);
		expect(await waitingOf(store, second)).toEqual([2]);
		expect(await store.status(box)).toEqual({ packets: 1, bytes: 1024 });
		expect(typeOf(await store.put(later(3)))).toBe('gone');
	});

	it('[MB25] keeps nothing more for an idle token until it is seen again', async () => {
		const store = await opened(make, {}, many);
		await seenBut(store, [first, second], NOW + 1);
		await store.expire(NOW + WEEK);
		expect(await store.hasToken(box, first)).toBe(true);
		unwrap(await store.put(later(1)));
		unwrap(await store.put({ ...later(2), to: [first, many[5] ?? first] }));
		expect(typeOf(await store.put({ ...later(3), to: [first, second] }))).toBe('unknown-token');
		expect(await waitingOf(store, first)).toEqual([]);
		await store.seen(
			[first, carol].map((tokenHash) => ({ mailbox: box, tokenHash })),
			NOW + WEEK,
		);
		unwrap(await store.put(later(4)));
		expect(await waitingOf(store, first)).toEqual([3]);
		expect(await waitingOf(store, second)).toEqual([]);
		await store.expire(NOW + WEEK + 1);
		await store.expire(NOW + 2 * WEEK - 1);
		expect(await waitingOf(store, first)).toEqual([3]);
	});

	it('[MB25] waits to the end of its time in a mailbox of up to 32 tokens', async () => {
		const store = await opened(make, {}, many.slice(0, 32));
		unwrap(await store.put(later(1)));
		expect(await store.expire(NOW + 4 * WEEK)).toBe(0);
		expect(await waitingOf(store, first)).toEqual([1]);
	});

	it('[MB25] drops chunks with the block', async () => {
		const store = await opened(make, {}, many);
		unwrap(await store.begin({ ...later(1), to: [first], chunks: 1, until: NOW + WEEK }));
		unwrap(await store.putChunk(box, id(1), 0, new Uint8Array(100)));
		unwrap(await store.commit(box, id(1)));
		unwrap(await store.acknowledge(box, first, 1, []));
		expect(await store.expire(NOW + WEEK)).toBe(1);
		expect(await store.status(box)).toEqual({ packets: 0, bytes: 0 });
	});
});
