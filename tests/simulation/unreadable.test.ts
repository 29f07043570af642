// A space whose keys can't be read on a device: it stays as it is until the person takes it off that device.
import { expect, it } from 'vitest';
import { sweptContent } from '#lib/messenger/files/sweeping.ts';
import { encode } from '#lib/protocol/cbor.ts';
import { fromHex } from '#lib/util/bytes.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { linkDevice } from '#lib/simulation/own-devices.ts';
import { bringIn, createWorld, found, isIn, reader, say, useRelay, type World } from './world.ts';

/** Its disk spoils the space's keys while it is off. */
async function spoil(world: World, node: SimulatedNode, space: string): Promise<void> {
	await node.stop();
	const { store } = node.ports();
	const id = fromHex(space) ?? new Uint8Array();
	const [row] = await store.range('key', [id]);
	if (row === undefined) throw new Error('no keys');
	await store.commit([{ table: 'key', key: [id, row.at], value: row.value.slice(1) }]);
	store.close();
	await world.finish(node.start());
}

const stateOf = (node: SimulatedNode, space: string): string | undefined =>
	node.messenger.spaces.get().find(({ id }) => id === space)?.state;

/** Rows of the device that have the space's id in their key. */
const tablesOf = (world: World, node: SimulatedNode, space: string): readonly string[] =>
	world
		.disk(node.name)
		.rows()
		.filter(({ key }) => key.includes(space))
		.map(({ table }) => table);

async function meeting(seed: number) {
	const world = createWorld(seed);
	await world.addRelay('relay');
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	await useRelay(world, alice, 'relay');
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	await say(world, alice, space, 'before');
	await world.run(3000);
	return { world, alice, bob, space };
}

it('[EP10] goes from one device for good, and comes back by an invitation as a new device', async () => {
	const { world, alice, bob, space } = await meeting(311);
	await spoil(world, bob, space);
	expect(stateOf(bob, space)).toBe('unreadable');
	const rows = tablesOf(world, bob, space);
	expect(rows).toContain('entry');
	await world.run(60_000);
	expect(tablesOf(world, bob, space)).toEqual(rows);
	await world.finish(bob.messenger.dismiss(space));
	expect(stateOf(bob, space)).toBeUndefined();
	// Only that its device there is spent.
	expect(tablesOf(world, bob, space)).toEqual(['self']);
	await bob.stop();
	await world.finish(bob.start());
	expect(stateOf(bob, space)).toBeUndefined();
	expect(alice.messenger.members(space).get()).toHaveLength(2);
	await bringIn(world, alice, bob, space);
	await say(world, bob, space, 'here again');
	const read = reader(alice, space);
	await world.until(() => read().includes('here again'), 10_000, 'Bob is heard');
	// With the old device he would write over what it has written before.
	const { devices } = (await alice.kept(space)).ledger.authority;
	expect(devices.size).toBe(3);
});

it('[EP10] that goes from one device stays on the others of the same person', async () => {
	const { world, bob, space } = await meeting(312);
	const phone = await linkDevice(world, bob, 'Phone');
	await world.until(() => isIn(phone, space), 60_000, 'the phone is let in');
	await spoil(world, bob, space);
	await world.finish(bob.messenger.dismiss(space));
	await world.run(60_000);
	expect(isIn(phone, space)).toBe(true);
});

it.each(['list', 'list again'])(
	'[AT14] is found where a row of its %s is damaged or gone',
	async (copy) => {
		const { world, bob, space } = await meeting(313);
		for (const value of [Uint8Array.of(), null]) {
			await bob.stop();
			const { store } = bob.ports();
			const [row] = await store.range('space', [copy]);
			expect(row).toBeDefined();
			await store.commit([{ table: 'space', key: [copy, row?.at ?? 0], value }]);
			store.close();
			await world.finish(bob.start());
			expect(stateOf(bob, space)).toBe('ready');
			// And made good.
			expect(await bob.ports().store.range('space', [copy])).toEqual([row]);
		}
	},
);

it('[AT14] [FL2] keeps all files where nobody can tell whose they are', async () => {
	const { world, bob, space } = await meeting(314);
	const content = world.content('Bob').open();
	const name = new Uint8Array(32).fill(7);
	const list = (value: Uint8Array<ArrayBuffer>) =>
		['list', 'list again'].map((copy) => ({ table: 'space', key: [copy, 0], value }));
	await bob.stop();
	const kept = fromHex(space) ?? Uint8Array.of();
	await content.write(name, 0, Uint8Array.of(1));
	const { store } = bob.ports();
	await store.commit(list(Uint8Array.of()));
	await sweptContent({ store, content }).write(new Uint8Array(32), 0, Uint8Array.of(2));
	expect(await content.names()).toContainEqual(name);
	await store.commit(list(encode([kept])));
	await sweptContent({ store, content }).write(new Uint8Array(32), 0, Uint8Array.of(2));
	expect(await content.names()).toEqual([new Uint8Array(32)]);
});
