// Where a message is on its way, and what is left of it there.
import { describe, expect, it } from 'vitest';
import { ledgerLines } from '#lib/simulation/digest.ts';
import type { SimulatedRelay } from '#lib/simulation/network.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { bringIn, createWorld, found, reader, say, talk, useRelay } from './world.ts';

/** Alice, Bob and Carol in a space of Alice's. */
async function threePeople(seed: number, relays: readonly string[] = ['north']) {
	const world = createWorld(seed);
	const made: SimulatedRelay[] = [];
	for (const name of relays) made.push(await world.addRelay(name));
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	const carol = await world.addNode('Carol');
	for (const relay of relays) await useRelay(world, alice, relay);
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	await bringIn(world, alice, carol, space);
	await world.run(5000);
	const held = (): number => made.reduce((sum, { store }) => sum + store.totals().packets, 0);
	return { world, relays: made, alice, bob, carol, space, held };
}

const linked = (a: SimulatedNode, b: SimulatedNode): boolean =>
	a.messenger.network.get().peers.some((peer) => peer.name === b.name && peer.route === 'direct');

describe('a message', () => {
	it('[DV4] between people who are all there is never stored anywhere', async () => {
		const { world, alice, bob, carol, space, held } = await threePeople(61);
		let most = held();
		world.network.watch = () => {
			most = Math.max(most, held());
		};
		const readers = [alice, bob, carol].map((node) => reader(node, space));
		for (let n = 0; n < 30; n++) {
			await say(world, [alice, bob, carol][n % 3] as SimulatedNode, space, `message ${n}`);
			await world.run(200);
		}
		await world.until(() => readers.every((read) => read().length === 30), 10_000, 'all read');
		await world.run(120_000);
		expect(most).toBe(0);
	});

	it('[DV4] [MB10] for a device that is away waits on the relay, until the last one has it', async () => {
		const { world, alice, bob, carol, space, held } = await threePeople(62);
		await bob.stop();
		await carol.stop();
		await world.run(1000);
		await say(world, alice, space, 'wait for me');
		await world.until(() => held() === 1, 3000, 'it is stored');
		const hers = talk(alice, space);
		await world.run(100);
		expect(hers.messages.get()[0]?.delivery).toMatchObject({
			state: 'stored',
			delivered: 0,
			of: 2,
		});
		await bob.start();
		const his = reader(bob, space);
		await world.until(() => his().length === 1, 10_000, 'Bob reads');
		await world.run(5000);
		expect(held()).toBe(1);
		await carol.start();
		await world.until(() => held() === 0, 10_000, 'the relay lets go');
		await world.until(
			() => hers.messages.get()[0]?.delivery?.state === 'delivered',
			20_000,
			'Alice knows',
		);
	});

	it('[DV5] reaches a device that falls silent after others had a copy left for them', async () => {
		const { world, alice, bob, carol, space } = await threePeople(63);
		await carol.stop();
		await world.run(2000);
		// Carol is away and gets a copy at once; Bob seems to be there, but nothing reaches him any more.
		world.network.partition([['Bob'], ['Alice', 'north']]);
		await say(world, alice, space, 'for both of you');
		await world.run(5000);
		await alice.stop();
		await bob.stop();
		world.network.partition([]);
		await bob.start();
		const his = reader(bob, space);
		await world.until(() => his().length === 1, 20_000, 'Bob reads, from the relay alone');
	});

	it('[MB20] goes by the other relay when one is lost for good', async () => {
		const { world, relays, alice, bob, carol, space } = await threePeople(64, ['north', 'south']);
		relays[0]?.stop();
		await bob.stop();
		await world.run(30_000);
		await say(world, alice, space, 'the south still stands');
		await world.run(5000);
		await alice.stop();
		await carol.stop();
		await bob.start();
		const his = reader(bob, space);
		await world.until(() => his().length === 1, 30_000, 'Bob reads');
		await world.run(5000);
		expect(relays[1]?.store.totals().packets).toBe(1);
		await carol.start();
		await alice.start();
		await world.until(() => relays[1]?.store.totals().packets === 0, 60_000, 'all have it');
	});

	it('[SY2] crosses when a partition heals, both ways and in one order', async () => {
		const { world, alice, bob, carol, space, held } = await threePeople(65);
		world.network.partition([
			['Alice', 'north'],
			['Bob', 'Carol'],
		]);
		for (let n = 0; n < 5; n++) {
			await say(world, alice, space, `north ${n}`);
			await say(world, bob, space, `south ${n}`);
			await world.run(7000);
		}
		world.network.partition([]);
		const readers = [alice, bob, carol].map((node) => reader(node, space));
		await world.until(() => readers.every((read) => read().length === 10), 60_000, 'all read');
		const [hers, ...others] = readers.map((read) => read());
		for (const texts of others) expect(texts).toEqual(hers);
		await world.until(() => held() === 0, 60_000, 'the relay is empty');
	});

	it('[SY3] reaches who is far from its author through a common peer, with no relay', async () => {
		const world = createWorld(66);
		world.network.blockDirect((a, b) => a !== 'Bob' && b !== 'Bob');
		const relay = await world.addRelay('north');
		const alice = await world.addNode('Alice');
		const bob = await world.addNode('Bob');
		const carol = await world.addNode('Carol');
		await useRelay(world, alice, 'north');
		const space = await found(world, alice);
		await bringIn(world, alice, bob, space);
		await bringIn(world, alice, carol, space);
		await world.until(() => linked(bob, alice) && linked(bob, carol), 30_000, 'Bob is in between');
		relay.stop();
		await world.run(1000);
		await say(world, alice, space, 'pass it on');
		const hers = reader(carol, space);
		await world.until(() => hers().length === 1, 20_000, 'Carol reads');
		expect(linked(alice, carol)).toBe(false);
	});
});

describe('a relay', () => {
	it('[EP6] that is added later reaches the members, and carries on when the first is lost', async () => {
		const { world, relays, alice, bob, carol, space } = await threePeople(67);
		await bob.stop();
		await world.addRelay('south');
		await useRelay(world, alice, 'south');
		await world.run(5000);
		await bob.start();
		const both = (node: SimulatedNode): boolean =>
			node.messenger.network.get().relays.filter(({ state }) => state === 'connected').length === 2;
		await world.until(() => both(bob) && both(carol), 20_000, 'all know it');
		relays[0]?.stop();
		world.network.blockDirect(() => true);
		await bob.stop();
		await bob.start();
		await world.run(20_000);
		await say(world, alice, space, 'from the south');
		const his = reader(bob, space);
		await world.until(() => his().length === 1, 20_000, 'Bob reads');
	});
});

describe('a copy on a relay', () => {
	it('[DV2] stays there until what it builds on has come, however often the device starts anew', async () => {
		const { world, relays, alice, bob, carol, space } = await threePeople(70);
		const [north] = relays;
		const south = await world.addRelay('south');
		await useRelay(world, alice, 'south');
		await world.run(10_000);
		const forBob = (): number => south.store.held().length;
		await carol.stop();
		await bob.stop();
		world.network.blockDirect(() => true);
		await world.run(30_000);
		south.stop();
		await say(world, alice, space, 'one');
		await world.run(10_000);
		north?.stop();
		south.start();
		await world.until(() => forBob() === 0, 60_000, 'nothing is left from before');
		await say(world, alice, space, 'two');
		await world.until(() => forBob() === 1, 60_000, 'the second is on its relay');
		await world.run(10_000);
		alice.crash();
		for (let n = 0; n < 2; n++) {
			await bob.start();
			await world.run(30_000);
			expect(forBob()).toBe(1);
			expect(reader(bob, space)()).toEqual([]);
			bob.crash();
		}
		await bob.start();
		north?.start();
		const his = reader(bob, space);
		await world.until(() => his().length === 2, 60_000, 'Bob reads both');
		for (const node of [alice, carol]) await node.start();
		await world.until(() => forBob() === 0, 120_000, 'nothing is left');
	});
});

describe('a device whose disk went back in time', () => {
	it('[FD4] forks its feed: all others freeze it where the two agree, and go on', async () => {
		const { world, alice, bob, carol, space } = await threePeople(68);
		const disk = world.disk('Bob');
		await say(world, bob, space, 'one');
		await world.run(3000);
		const earlier = disk.snapshot();
		await say(world, bob, space, 'two');
		await world.run(3000);
		await bob.stop();
		disk.restore(earlier);
		world.network.partition([['Bob'], ['Alice', 'Carol', 'north']]);
		await bob.start();
		await world.run(1000);
		await say(world, bob, space, 'another two');
		await world.run(1000);
		world.network.partition([]);
		await world.run(60_000);
		await say(world, alice, space, 'we go on');
		const readers = [alice, carol].map((node) => reader(node, space));
		await world.until(() => readers.every((read) => read().includes('we go on')), 20_000, 'read');
		for (const read of readers) expect(read()).toEqual(['one', 'we go on']);
		const [hers, theirs] = await Promise.all(
			[alice, carol].map(async (node) => ledgerLines((await node.kept(space)).ledger)),
		);
		expect(hers).toEqual(theirs);
		for (const node of [alice, bob, carol]) {
			const { feeds } = (await node.kept(space)).ledger;
			expect([...feeds.values()].filter(({ frozenAt }) => frozenAt !== null)).toHaveLength(1);
		}
	});

	it('[SY2] takes its own feed back from the others if it meets them before it writes', async () => {
		const { world, alice, bob, space } = await threePeople(69);
		const disk = world.disk('Bob');
		const earlier = disk.snapshot();
		await say(world, bob, space, 'one');
		await world.run(3000);
		await bob.stop();
		disk.restore(earlier);
		await bob.start();
		await world.run(20_000);
		await say(world, bob, space, 'two');
		const hers = reader(alice, space);
		await world.until(() => hers().length === 2, 20_000, 'Alice reads on');
		expect(hers()).toEqual(['one', 'two']);
		const lines = ledgerLines((await alice.kept(space)).ledger);
		expect(lines.some((line) => line.includes('frozen at'))).toBe(false);
	});
});
