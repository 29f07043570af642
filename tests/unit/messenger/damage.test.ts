// A disk that loses single bytes, row by row: nothing that is damaged passes for what was never there.
import { beforeEach, describe, expect, it } from 'vitest';
import { createOutbox } from '#lib/messenger/delivery/outbox.ts';
import type { Post } from '#lib/messenger/delivery/post-face.ts';
import { createSelvesInSpaces } from '#lib/messenger/self-in-space.ts';
import { openSpace } from '#lib/messenger/space/space.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { unwrap } from '#lib/util/result.ts';
import { sealed, spoil } from '../../support/damage.ts';
import {
	admit,
	carry,
	channelOf,
	createDevices,
	found,
	invite,
	level,
	reopen,
	say,
	startEpoch,
	textsOf,
	write,
	type Device,
	type Devices,
} from '../../support/devices.ts';
import { until } from '../../support/until.ts';

const LINES = ['one', 'two', 'three', 'four'];

describe('a space of which a row is damaged', () => {
	let world: Devices;
	let alice: Device;
	let bob: Device;

	beforeEach(async () => {
		world = createDevices(31, sealed);
		[alice, bob] = [await world.device('Alice'), await world.device('Bob')];
		await found(alice);
		await admit(alice, await invite(alice), bob);
		world.clock.advance(1000);
		await level(alice, bob);
		await startEpoch(alice);
		for (const text of LINES.slice(0, 3)) {
			world.clock.advance(1000);
			await say(alice, text);
		}
		await level(alice, bob);
		world.clock.advance(1000);
		await say(bob, 'four');
		await level(alice, bob);
	});

	const opens = async ({ ports, self, space }: Device): Promise<boolean> =>
		(await openSpace(ports, self, space.id)).ok;

	it.each(['key', 'feed', 'control'])(
		'[AT14] [EP10] stays shut with any row of %s',
		async (table) => {
			const whole = alice.disk.snapshot();
			const count = alice.disk.rows().filter((row) => row.table === table).length;
			expect(count).toBeGreaterThan(1);
			for (let at = 0; at < count; at++) {
				alice.disk.restore(whole);
				await spoil(alice, table, (each) => each === at);
				const damaged = alice.disk.rows();
				expect(await opens(alice)).toBe(false);
				expect(alice.disk.rows()).toEqual(damaged);
			}
			alice.disk.restore(whole);
			expect(await opens(alice)).toBe(true);
		},
	);

	it('[AT14] stays shut where a ratchet’s chain can’t be read', async () => {
		const { store } = alice.ports;
		await store.commit([{ table: 'chain', key: [alice.space.id, 0], value: Uint8Array.of(0x80) }]);
		await spoil(alice, 'chain');
		expect(await opens(alice)).toBe(false);
	});

	it('[AT14] stays shut without keys that its authority log needs, or an entry that others name', async () => {
		const whole = alice.disk.snapshot();
		const gone = (): null => null;
		await spoil(alice, 'key', (at) => at === 0, gone);
		expect(await opens(alice)).toBe(false);
		alice.disk.restore(whole);
		await spoil(alice, 'control', (at, all) => at < all - 1 && at === 1, gone);
		expect(await opens(alice)).toBe(false);
	});

	it('[AT14] stays shut where its own feed would begin anew', async () => {
		const number = [...alice.space.ledger.feeds.keys()].indexOf(alice.key);
		await alice.ports.store.commit([{ table: 'feed', key: [alice.space.id, number], value: null }]);
		expect(await opens(alice)).toBe(false);
	});

	it('[AT14] has nobody take the place of who its device was', async () => {
		const selves = () => createSelvesInSpaces(alice.ports, alice.self);
		const { id } = alice.space;
		expect(await selves().isReadable(id)).toBe(true);
		await selves().in(id);
		await spoil(alice, 'self');
		const damaged = alice.disk.rows();
		expect(await selves().isReadable(id)).toBe(false);
		await selves().in(id);
		expect(alice.disk.rows()).toEqual(damaged);
	});

	it.each([
		['log', 'flipped'],
		['segment', 'flipped'],
		['segment', 'gone'],
	])('[DO3] makes its log anew: %s %s', async (table, how) => {
		const before = await textsOf(alice);
		expect(before).toEqual(LINES);
		if (how === 'gone')
			await spoil(
				alice,
				table,
				(at) => at === 1,
				() => null,
			);
		else await spoil(alice, table, (at) => at === 0);
		await reopen(alice);
		alice.changes.length = 0;
		await textsOf(alice);
		await until(() => expect(alice.changes.length).toBe(1));
		expect(alice.changes[0]).toMatchObject({ messages: new Map(), expired: [], placed: [] });
		expect(alice.changes[0]?.shrunk.size).toBe(1);
		expect(await textsOf(alice)).toEqual(before);
		world.clock.advance(1000);
		await say(alice, 'five');
		await reopen(alice);
		expect(await textsOf(alice)).toEqual([...before, 'five']);
	});

	it('[DO3] that is found by what comes loses neither that nor what was there', async () => {
		await spoil(bob, 'log');
		await reopen(bob);
		world.clock.advance(1000);
		await carry([(await say(alice, 'five')).packet], bob);
		await until(async () => {
			expect(await textsOf(bob)).toEqual([...LINES, 'five']);
		});
	});

	it('[AT14] [DM3] forgets what disappears all the same', async () => {
		const channel = channelOf(alice);
		const settings = { name: 'general', archived: false, readOnly: false, timer: 60 };
		await write(alice, { kind: KIND.channelEdit, channel, ...settings });
		await say(alice, 'for a minute');
		await spoil(alice, 'expiry');
		await reopen(alice);
		world.clock.advance(61_000);
		unwrap(await alice.space.expire());
		expect(await textsOf(alice)).toEqual(LINES);
		expect(alice.disk.rows().some(({ table }) => table === 'expiry')).toBe(false);
	});

	it('[AT14] [OB1] waits again for all who are to hold what it has written', async () => {
		const post = { route: () => null, hasRelay: () => false, sendAll: () => undefined };
		const outboxOf = () =>
			createOutbox(alice.ports, alice.self, alice.space, post as unknown as Post, {
				toLeave: (packet) => [packet],
			});
		const first = outboxOf();
		const entry = await say(alice, 'five');
		await alice.ports.store.commit(first.rowFor(entry));
		first.stop();
		await spoil(alice, 'outbox');
		const second = outboxOf();
		await second.load();
		expect(second.delivery(entry.header.seq)).toMatchObject({ delivered: 0, of: 1 });
		second.acknowledged(bob.key, entry.header.seq);
		await until(() => {
			expect(alice.disk.rows().some(({ table }) => table === 'outbox')).toBe(false);
		});
		second.stop();
	});
});
