// What somebody who comes later has to read: everything, where the community was made so, and nothing from before
// otherwise, with all the keys that there are.
import { describe, expect, it } from 'vitest';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { addPerson, messagesIn, recordBlocks, textsThatOpen } from './thief.ts';
import {
	bringIn,
	createWorld,
	found,
	isIn,
	reader,
	say,
	talk,
	useRelay,
	type World,
} from './world.ts';

async function aliceAndBob(seed: number, everything: boolean) {
	const world = createWorld(seed);
	await world.addRelay('north');
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	await useRelay(world, alice, 'north');
	const blocks = recordBlocks(world);
	const space = await found(world, alice, everything);
	await bringIn(world, alice, bob, space);
	await world.run(3000);
	return { world, alice, bob, space, blocks };
}

/** They talk in turns; what was said. */
async function discuss(
	world: World,
	space: string,
	nodes: readonly SimulatedNode[],
	count: number,
): Promise<string[]> {
	const said: string[] = [];
	for (let n = 0; n < count; n++) {
		const by = nodes[n % nodes.length];
		if (by === undefined) throw new Error('nobody');
		said.push(`${n} by ${by.name}`);
		await say(world, by, space, said[n] ?? '');
		await world.run(200);
	}
	await world.run(3000);
	return said;
}

const unread = (node: SimulatedNode, space: string): number | undefined =>
	node.messenger.spaces.get().find(({ id }) => id === space)?.unread;

describe('in a community that gives newcomers everything', () => {
	it('[HP2] whoever joins reads all of it from any one member, and it is no news', async () => {
		const { world, alice, bob, space } = await aliceAndBob(401, true);
		const said = await discuss(world, space, [alice, bob], 30);
		await alice.stop();
		const carol = await world.addNode('Carol');
		await bringIn(world, bob, carol, space);
		const hers = reader(carol, space);
		await world.until(() => hers().length === said.length, 20_000, 'Carol has it all');
		expect(hers()).toEqual(said);
		expect(unread(carol, space)).toBe(0);
		const conversation = talk(carol, space);
		await world.run(100);
		expect(conversation.messages.get().filter(({ late, gone }) => late || gone)).toEqual([]);

		await alice.start();
		await world.run(5000);
		await say(world, alice, space, 'welcome');
		await world.until(() => hers().includes('welcome'), 20_000, 'Carol reads on');
		expect(unread(carol, space)).toBe(1);
		// She hands it on in turn, to somebody who meets her alone.
		const dora = await world.addNode('Dora');
		await bringIn(world, carol, dora, space);
		await alice.stop();
		await bob.stop();
		await dora.stop();
		await dora.start();
		const all = reader(dora, space);
		await world.until(() => all().length === said.length + 1, 20_000, 'Dora has it all');
		expect(all()).toEqual([...said, 'welcome']);
	});

	it('[HP2] comes whole although the joiner dies while it comes, and others write meanwhile', async () => {
		const { world, alice, bob, space } = await aliceAndBob(402, true);
		const said = await discuss(world, space, [alice, bob], 24);
		const carol = await world.addNode('Carol', { direct: false });
		await bringIn(world, bob, carol, space);
		for (let n = 0; n < 4; n++) {
			carol.crash();
			await say(world, alice, space, `meanwhile ${n}`);
			said.push(`meanwhile ${n}`);
			await carol.start();
			await world.run(120 * (n + 1));
		}
		const hers = reader(carol, space);
		await world.until(() => hers().length === said.length, 30_000, 'Carol has it all');
		expect(hers()).toEqual(said);
		expect(isIn(carol, space)).toBe(true);
	});
});

describe('in any other community', () => {
	it('[EP6] [HP1] whoever joins reads nothing from before with all its keys and all that relays kept', async () => {
		const { world, alice, bob, space, blocks } = await aliceAndBob(403, false);
		// Nobody reaches anybody directly, so that relays see all of it.
		for (const node of [alice, bob]) await node.stop();
		await alice.start();
		await say(world, alice, space, 'canary one');
		await world.run(5000);
		await bob.start();
		await world.run(5000);
		await alice.stop();
		await say(world, bob, space, 'canary two');
		await world.run(5000);
		await alice.start();
		await world.run(5000);
		const { node: carol, take } = await addPerson(world, 'Carol', false);
		await bringIn(world, bob, carol, space);
		await world.run(10_000);
		await say(world, alice, space, 'welcome');
		const hers = reader(carol, space);
		await world.until(() => hers().includes('welcome'), 20_000, 'Carol reads on');
		expect(hers()).toEqual(['welcome']);

		const kept = [...(await messagesIn(world.crypto, take(), blocks)).values()];
		expect(kept.length).toBeGreaterThanOrEqual(3);
		expect(await textsThatOpen(world.crypto, take(), kept)).toEqual(['welcome']);
	});
});
