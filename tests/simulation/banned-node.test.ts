// What the node of somebody who is banned does with what it has, and how it comes back.
import { describe, expect, it } from 'vitest';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { toHex } from '#lib/util/bytes.ts';
import { fourPeople, rootOf, deviceOf, ban, membersOf } from './bans.ts';
import { bringIn, invitationOf, reader, say, talk, type World } from './world.ts';

const DAY = 86_400_000;

const summaryOf = (node: SimulatedNode, space: string) =>
	node.messenger.spaces.get().find(({ id }) => id === space);

const isLocked = (node: SimulatedNode, space: string) => (): boolean =>
	summaryOf(node, space)?.state === 'banned';

/** Rows of tables that hold anything of a space. */
const rowsOf = (world: World, name: string): number =>
	world
		.disk(name)
		.rows()
		.filter(({ table }) => !['account', 'banned', 'self', 'relay', 'relays'].includes(table))
		.length;

async function undo(world: World, by: SimulatedNode, space: string) {
	const action = by.messenger
		.moderation(space)
		.log.get()
		.find(({ type }) => type === 'ban');
	const done = await world.finish(
		by.messenger.moderation(space).undo(action?.id ?? '', 'A mistake'),
	);
	expect(done).toEqual({ ok: true });
}

describe('the node of somebody who is banned', () => {
	it('[BN3] locks the space at once, says who did it and why, and takes nothing more', async () => {
		const { world, alice, bob, space } = await fourPeople(311);
		const his = talk(bob, space);
		await ban(world, alice, bob, space);
		await world.until(isLocked(bob, space), 3000, 'Bob is locked out');
		const seen = world.clock.now();
		const { ban: view, ...summary } = summaryOf(bob, space) ?? {};
		expect(summary).toMatchObject({
			name: 'Friends',
			kind: 'community',
			unread: 0,
			lastText: null,
		});
		expect(view).toMatchObject({
			byName: 'Alice',
			by: rootOf(alice),
			reason: 'Spam',
			undone: false,
		});
		expect(Math.abs((view?.destroyedAt ?? 0) - seen - DAY)).toBeLessThan(5000);
		expect(await world.finish(his.send('still here?'))).toMatchObject({ ok: false });
		expect(() => bob.messenger.channels(space)).toThrow();
		await world.run(10_000);
		expect(bob.messenger.network.get().peers).toEqual([]);
	});

	it('[BN3] destroys everything a day after it first saw the ban, restarts or not', async () => {
		const { world, relay, alice, bob, carol, space } = await fourPeople(312);
		await say(world, alice, space, 'a secret');
		await world.run(2000);
		await ban(world, alice, bob, space);
		await world.until(isLocked(bob, space), 3000, 'Bob is locked out');
		await alice.stop();
		await carol.stop();
		relay.stop();
		await world.run(DAY / 2);
		await bob.stop();
		await world.run(DAY / 4);
		await bob.start();
		await world.until(isLocked(bob, space), 3000, 'Bob is still locked out');
		await world.run(DAY / 4 - 60_000);
		expect(rowsOf(world, 'Bob')).toBeGreaterThan(0);
		await world.run(120_000);
		expect(rowsOf(world, 'Bob')).toBe(0);
		expect(summaryOf(bob, space)?.ban).toMatchObject({ byName: 'Alice', destroyedAt: null });
		await bob.stop();
		await bob.start();
		expect(summaryOf(bob, space)?.ban).toMatchObject({ byName: 'Alice', destroyedAt: null });
		await world.finish(bob.messenger.dismiss(space));
		expect(bob.messenger.spaces.get()).toEqual([]);
		await bob.stop();
		await bob.start();
		expect(bob.messenger.spaces.get()).toEqual([]);
	});

	it('[BN3] destroys it while it is closed, as soon as it is opened', async () => {
		const { world, relay, alice, bob, carol, space } = await fourPeople(313);
		await ban(world, alice, bob, space);
		await world.until(isLocked(bob, space), 3000, 'Bob is locked out');
		for (const node of [alice, bob, carol]) await node.stop();
		relay.stop();
		await world.run(2 * DAY);
		await bob.start();
		await world.run(1000);
		expect(rowsOf(world, 'Bob')).toBe(0);
	});

	it('[BN3] dies in the middle of that, and goes on with it', async () => {
		const { world, alice, bob, space } = await fourPeople(314);
		await ban(world, alice, bob, space);
		await world.until(isLocked(bob, space), 3000, 'Bob is locked out');
		const disk = world.disk('Bob');
		let good = 3;
		disk.onCommit = () => {
			if (good-- > 0) return 'apply';
			disk.onCommit = undefined;
			bob.crash();
			return 'crash-before';
		};
		void bob.messenger.dismiss(space);
		await world.run(1000);
		expect(bob.running).toBe(false);
		expect(rowsOf(world, 'Bob')).toBeGreaterThan(0);
		await bob.start();
		await world.run(1000);
		expect(rowsOf(world, 'Bob')).toBe(0);
	});

	it('[BN3] destroys it at once when it is dismissed', async () => {
		const { world, alice, bob, space } = await fourPeople(315);
		await ban(world, alice, bob, space);
		await world.until(isLocked(bob, space), 3000, 'Bob is locked out');
		await world.finish(bob.messenger.dismiss(space));
		expect(rowsOf(world, 'Bob')).toBe(0);
		expect(bob.messenger.spaces.get()).toEqual([]);
	});

	it('[BN2] [BN3] keeps it when the ban is undone in time', async () => {
		const { world, relay, alice, bob, carol, space } = await fourPeople(316);
		await ban(world, alice, bob, space);
		await world.until(isLocked(bob, space), 3000, 'Bob is locked out');
		await world.run(60_000);
		await undo(world, alice, space);
		const isUndone = (): boolean => summaryOf(bob, space)?.ban?.undone === true;
		await world.until(isUndone, 20_000, 'Bob hears of it');
		for (const node of [alice, bob, carol]) await node.stop();
		relay.stop();
		await bob.start();
		await world.run(2 * DAY);
		expect(isUndone()).toBe(true);
		expect(rowsOf(world, 'Bob')).toBeGreaterThan(0);
	});

	it('[BN2] [DV6] hears of the end of the ban by whom it meets', async () => {
		const { world, alice, bob, space } = await fourPeople(317);
		await ban(world, alice, bob, space);
		await world.until(isLocked(bob, space), 3000, 'Bob is locked out');
		await bob.stop();
		await world.run(60_000);
		await undo(world, alice, space);
		await world.run(60_000);
		await alice.stop();
		await bob.start();
		const isUndone = (): boolean => summaryOf(bob, space)?.ban?.undone === true;
		await world.until(isUndone, 30_000, 'Carol tells Bob');
	});

	it('[DK1] comes back with another device, and reads and writes again', async () => {
		const { world, alice, bob, carol, space } = await fourPeople(318);
		await say(world, bob, space, 'before');
		await world.run(3000);
		await ban(world, alice, bob, space);
		await world.until(isLocked(bob, space), 3000, 'Bob is locked out');
		await world.run(60_000);
		await undo(world, alice, space);
		await world.run(20_000);
		await bringIn(world, carol, bob, space);
		expect(bob.messenger.spaces.get()).toHaveLength(1);
		const { authority } = (await bob.kept(space)).ledger;
		const devices = authority.people.get(rootOf(bob))?.devices ?? [];
		expect(devices).toHaveLength(2);
		expect(devices.filter(({ active }) => active).map(({ device }) => toHex(device))).not.toContain(
			deviceOf(bob),
		);
		for (const again of [false, true]) {
			const hers = reader(alice, space);
			const his = reader(bob, space);
			await say(world, bob, space, `after ${String(again)}`);
			await say(world, alice, space, `welcome back ${String(again)}`);
			await world.until(() => hers().includes(`after ${String(again)}`), 20_000, 'Alice reads');
			const welcome = `welcome back ${String(again)}`;
			await world.until(() => his().includes(welcome), 20_000, 'Bob reads');
			await bob.stop();
			await bob.start();
			await world.run(2000);
		}
		const linked = (): boolean =>
			bob.messenger.network.get().peers.filter(({ route }) => route === 'direct').length === 2;
		await world.until(linked, 60_000, 'direct links of the new device');
	});

	it('[BN3] is refused when it asks again while the ban stands', async () => {
		const { world, alice, bob, space } = await fourPeople(321);
		await ban(world, alice, bob, space);
		await world.until(isLocked(bob, space), 3000, 'Bob is locked out');
		const link = await invitationOf(world, alice, space);
		await world.finish(bob.messenger.join(link));
		const refused = (): boolean => summaryOf(bob, space)?.state === 'refused';
		await world.until(refused, 20_000, 'Bob is refused');
		expect(membersOf(alice, space)).toEqual(['Alice', 'Carol']);
	});

	it('[DK1] comes back after everything was destroyed, too', async () => {
		const { world, alice, bob, space } = await fourPeople(319);
		await ban(world, alice, bob, space);
		await world.until(isLocked(bob, space), 3000, 'Bob is locked out');
		await world.finish(bob.messenger.dismiss(space));
		await bob.stop();
		await bob.start();
		await undo(world, alice, space);
		await bringIn(world, alice, bob, space);
		const hers = reader(alice, space);
		await say(world, bob, space, 'a new beginning');
		await world.until(() => hers().includes('a new beginning'), 20_000, 'Alice reads');
	});

	it('[BN3] goes on when a senior takes the power from whoever banned it', async () => {
		const { world, alice, bob, carol, space } = await fourPeople(320);
		const granted = alice.messenger.moderation(space).grant(rootOf(carol));
		expect(await world.finish(granted)).toEqual({ ok: true });
		const isPowernode = (): boolean => carol.messenger.moderation(space).may.get().moderate;
		await world.until(isPowernode, 10_000, 'Carol is a Powernode');
		await world.run(3000);
		// Carol bans Bob where Alice doesn't hear of it; Alice bans Carol.
		world.network.partition([['Alice'], ['Bob', 'Carol', 'north']]);
		await ban(world, carol, bob, space);
		await world.until(isLocked(bob, space), 5000, 'Bob is locked out');
		await ban(world, alice, carol, space);
		await world.run(5000);
		world.network.partition([]);
		await world.until(() => !isLocked(bob, space)(), 90_000, 'Bob is back');
		await world.until(isLocked(carol, space), 60_000, 'Carol is locked out');
		const hers = reader(alice, space);
		await say(world, bob, space, 'here again');
		await world.until(() => hers().includes('here again'), 30_000, 'Alice reads');
	});
});
