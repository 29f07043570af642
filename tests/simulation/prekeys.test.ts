// Prekeys change every day, and nobody notices: not who is away, not who is interrupted, not who comes back after a month.
import { describe, expect, it } from 'vitest';
import { createSelvesInSpaces } from '#lib/messenger/self-in-space.ts';
import { DAY } from '#lib/protocol/limits.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import type { SimulatedRelay } from '#lib/simulation/network.ts';
import type { CommitOutcome } from '#lib/storage/memory.ts';
import { fromHex, toHex } from '#lib/util/bytes.ts';
import { passDays } from './days.ts';
import { bringIn, createWorld, found, reader, say, useRelay, type World } from './world.ts';

interface Story {
	readonly world: World;
	readonly relay: SimulatedRelay;
	readonly space: string;
	readonly people: readonly [SimulatedNode, SimulatedNode, SimulatedNode];
}

/** Three people who know each other, and are all away now. */
async function three(seed: number): Promise<Story> {
	const world = createWorld(seed);
	const relay = await world.addRelay('north');
	const alice = await world.addNode('Alice', { direct: false });
	const bob = await world.addNode('Bob', { direct: false });
	const carol = await world.addNode('Carol', { direct: false });
	const people = [alice, bob, carol] as const;
	await useRelay(world, alice, 'north');
	const space = await found(world, alice);
	for (const node of [bob, carol]) await bringIn(world, alice, node, space);
	await world.run(8000);
	for (const node of people) await node.stop();
	return { world, relay, space, people };
}

async function startAll(world: World, ...nodes: readonly SimulatedNode[]): Promise<void> {
	for (const node of nodes) await node.start();
	await world.run(10_000);
}

/** How many private halves a device keeps, and the public one it tells (hex). */
async function own(node: SimulatedNode, space: string) {
	const id = fromHex(space) ?? new Uint8Array(0);
	const { prekeys } = await createSelvesInSpaces(node.ports(), node.self).in(id);
	return { count: [...prekeys].length, newest: toHex(prekeys.record.publicKey) };
}

/** The public half (hex) that `node` wraps for `other`. */
async function known(node: SimulatedNode, other: SimulatedNode, space: string): Promise<string> {
	const { ledger, prekeys } = await node.kept(space);
	const device = ledger.authority.devices.get(toHex(other.self.device.publicKey));
	return device === undefined ? '' : toHex(prekeys.of(device).publicKey);
}

describe('a day', () => {
	it('[PK4] [PK3] is what a prekey lasts; then everybody who is there is told the next', async () => {
		const { world, space, people } = await three(1301);
		const [alice, bob] = people;
		const first = await own(bob, space);
		await world.run(DAY / 2);
		await startAll(world, alice, bob);
		expect(await own(bob, space)).toEqual(first);
		for (const node of [alice, bob]) await node.stop();

		await world.run(DAY / 2);
		await startAll(world, alice, bob);
		const second = await own(bob, space);
		expect(second.newest).not.toBe(first.newest);
		expect(second.count).toBe(first.count + 1);
		expect(await known(alice, bob, space)).toBe(second.newest);
		expect(await known(bob, alice, space)).toBe((await own(alice, space)).newest);
	});

	it('[PK3] who is away finds the newest on the relay, which keeps one copy', async () => {
		const { world, relay, space, people } = await three(1302);
		const [alice, bob, carol] = people;
		for (let day = 0; day < 3; day++) {
			await passDays(world, [alice], 1);
			expect(relay.store.totals().packets).toBe(1);
		}
		await startAll(world, bob);
		const { newest } = await own(alice, space);
		expect(await known(bob, alice, space)).toBe(newest);
		await bob.stop();

		// Carol has it from Bob, once the relay has it no more.
		await world.run(20 * DAY);
		await startAll(world, bob, carol);
		await world.run(60_000);
		expect(await known(carol, alice, space)).toBe(newest);
	});

	it('[PK4] one that nobody could be told of gets no successor', async () => {
		const { world, relay, space, people } = await three(1303);
		const [alice] = people;
		relay.stop();
		await passDays(world, [alice], 4);
		const waiting = await own(alice, space);
		expect(waiting.count).toBe(2);
		relay.start();
		await passDays(world, [alice], 1, 90_000);
		expect(await own(alice, space)).toEqual(waiting);
		await passDays(world, [alice], 1, 90_000);
		expect((await own(alice, space)).count).toBe(3);
	});

	it.each<CommitOutcome>(['crash-before', 'crash-after'])(
		'[PK4] nothing is lost where the change is interrupted (%s)',
		async (outcome) => {
			const { world, space, people } = await three(1304);
			const [alice, bob] = people;
			await world.run(DAY);
			const before = await own(bob, space);
			const disk = world.disk('Bob');
			let crashed = false;
			disk.onCommit = (writes) => {
				if (crashed || !writes.some(({ table }) => table === 'self')) return 'apply';
				crashed = true;
				bob.crash();
				return outcome;
			};
			// It never gets to the end of its start.
			void bob.start();
			await world.until(() => crashed, 20_000, 'the change is interrupted');
			disk.onCommit = undefined;
			expect(await known(alice, bob, space)).toBe(before.newest);
			// She writes for the one before while nobody has heard of another.
			await startAll(world, alice);
			await say(world, alice, space, 'for the old one');
			await world.run(5000);
			await startAll(world, bob);
			const his = reader(bob, space);
			await world.until(() => his().includes('for the old one'), 20_000, 'Bob reads');
			await world.until(() => bob.running, 1000, 'Bob is there');
			const after = await own(bob, space);
			expect(after.newest).not.toBe(before.newest);
			expect(await known(alice, bob, space)).toBe(after.newest);
			await say(world, alice, space, 'for the new one');
			await world.until(() => his().includes('for the new one'), 20_000, 'Bob reads on');
		},
	);
});

describe('a month', () => {
	it(
		'[PK5] whoever was away for so long reads all of it on coming back',
		{ timeout: 120_000 },
		async () => {
			const { world, space, people } = await three(1305);
			const [alice, bob, carol] = people;
			const said: string[] = [];
			for (const days of [20, 15]) {
				await passDays(world, [alice, carol], days);
				await startAll(world, alice, carol);
				said.push(`after ${days} days`);
				await say(world, alice, space, `after ${days} days`);
				await world.run(5000);
			}
			await startAll(world, bob);
			const his = reader(bob, space);
			await world.until(() => his().join() === said.join(), 30_000, 'Bob reads all of it');
			await world.run(10_000);
			expect(await known(alice, bob, space)).toBe((await own(bob, space)).newest);
		},
	);

	it(
		'[PK5] is not enough for a private half to go while a member is still to be heard',
		{ timeout: 120_000 },
		async () => {
			const { world, space, people } = await three(1306);
			const [alice, bob] = people;
			// Written for Bob's first prekey, and then Alice is gone before anybody has it.
			await alice.start();
			world.network.partition([['Alice'], ['Bob', 'north']]);
			await say(world, alice, space, 'canary');
			await alice.stop();
			world.network.partition([]);
			await passDays(world, [bob], 35);
			expect((await own(bob, space)).count).toBe(36);

			await startAll(world, alice, bob);
			const his = reader(bob, space);
			await world.until(() => his().includes('canary'), 20_000, 'Bob reads it after all');
			await world.run(30_000);
			expect((await own(bob, space)).count).toBeLessThanOrEqual(32);
		},
	);

	it(
		'[HP3] [FD10] whoever wrote for a private half that is gone wraps the keys anew when asked',
		{ timeout: 120_000 },
		async () => {
			const { world, space, people } = await three(1307);
			const [alice, bob, carol] = people;
			await startAll(world, bob, carol);
			for (const node of [bob, carol]) await node.stop();
			await alice.start();
			world.network.partition([['Alice'], ['Bob', 'Carol', 'north']]);
			await say(world, alice, space, 'canary');
			await alice.stop();
			world.network.partition([]);
			const first = await own(bob, space);
			await passDays(world, [bob, carol], 40, 30_000);
			// What she wrote for is gone: he and Carol have heard all of each other since.
			expect((await own(bob, space)).count).toBeLessThanOrEqual(32);
			expect(await known(alice, bob, space)).toBe(first.newest);

			await startAll(world, alice, bob);
			const his = reader(bob, space);
			await world.until(() => his().includes('canary'), 60_000, 'Bob reads it after all');
			// Carol, who comes when its author has gone again, has it from Bob.
			await alice.stop();
			await startAll(world, carol);
			const hers = reader(carol, space);
			await world.until(() => hers().includes('canary'), 60_000, 'Carol reads it too');
		},
	);
});
