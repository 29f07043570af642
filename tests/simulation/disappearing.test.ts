// Messages that disappear among people who come and go: from every disk, from the relay, and from what is counted.
import { expect, it } from 'vitest';
import { packetName } from '#lib/messenger/delivery/outbox.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { bringIn, createWorld, found, reader, say, talk, useRelay, type World } from './world.ts';

const CANARY = 'canary-77d1';
const HOUR = 3600;

async function community(seed: number) {
	const world = createWorld(seed);
	const relay = await world.addRelay('relay');
	const alice = await world.addNode('Alice');
	await useRelay(world, alice, 'relay');
	const space = await found(world, alice);
	const [bob, carol] = [await world.addNode('Bob'), await world.addNode('Carol')];
	for (const node of [bob, carol]) await bringIn(world, alice, node, space);
	const [channel] = alice.messenger.channels(space).get();
	const set = alice.messenger.moderation(space).editChannel(channel?.id ?? '', { timer: HOUR });
	expect((await world.finish(set)).ok).toBe(true);
	await world.run(5000);
	return { world, relay, alice, bob, carol, space };
}

/** Where the words can still be found: in plain rows, or by any store with the node's own keys. */
async function holders(world: World, node: SimulatedNode, space: string): Promise<string[]> {
	const found: string[] = [];
	for (const store of (await node.kept(space)).purging.stores) {
		if (await store.holds(CANARY)) found.push(`${node.name} ${store.name}`);
	}
	for (const { table, value } of world.disk(node.name).rows()) {
		if (Buffer.from(value).includes(CANARY)) found.push(`${node.name} table ${table}`);
	}
	return found;
}

/** The names, as relays know them, of what this node has written last. */
async function lastName(world: World, node: SimulatedNode, space: string): Promise<string> {
	const { ledger } = await node.kept(space);
	const head: Bytes = ledger.feeds.get(toHex(node.self.device.publicKey))?.head ?? new Uint8Array();
	const key = ledger.authority.genesis?.spaceKey ?? new Uint8Array();
	return toHex(packetName(world.crypto, key, head));
}

const unread = (node: SimulatedNode, space: string): number | undefined =>
	node.messenger.spaces.get().find(({ id }) => id === space)?.unread;

it('[DM6] are left on a relay until their expiry, and by their header from then on', async () => {
	const { world, relay, alice, bob, carol, space } = await community(161);
	await carol.stop();
	await world.run(1000);
	const due = world.clock.now() + HOUR * 1000;
	await say(world, bob, space, CANARY);
	const written = talk(bob, space).messages;
	await world.run(5000);
	const delivery = written.get()[0]?.delivery;
	if (delivery?.state !== 'stored') throw new Error('nothing was left');
	expect(delivery.until).toBeGreaterThan(due - 60_000);
	expect(delivery.until).toBeLessThan(due + 1000);
	const name = await lastName(world, bob, space);
	const isLeft = () => relay.store.held().some(({ packet }) => toHex(packet) === name);
	expect(isLeft()).toBe(true);
	expect(await holders(world, bob, space)).not.toEqual([]);

	// With nobody there to take it back.
	await Promise.all([alice.stop(), bob.stop()]);
	await world.run(HOUR * 1000 + 600_000);
	expect(isLeft()).toBe(false);
	const rest = relay.store.held().length;
	await Promise.all([alice.start(), bob.start()]);
	await world.run(10_000);
	expect(relay.store.held().length).toBeGreaterThan(rest);
	for (const node of [alice, bob]) expect(await holders(world, node, space)).toEqual([]);

	// Nobody is there but the relay: what it has is the header, and the feed goes on with it.
	await Promise.all([alice.stop(), bob.stop()]);
	await carol.start();
	await world.run(20_000);
	const device = toHex(bob.self.device.publicKey);
	const [his, hers] = [await bob.kept(space), await carol.kept(space)];
	expect(hers.ledger.feeds.get(device)?.seq).toBe(his.ledger.feeds.get(device)?.seq);
	expect(await holders(world, carol, space)).toEqual([]);
	expect(reader(carol, space)()).toEqual([]);
	expect(unread(carol, space)).toBe(0);
});

it('[DM3] go at their time from those who were there, were away, or start again', async () => {
	const { world, alice, bob, carol, space } = await community(162);
	await say(world, alice, space, `${CANARY} 1`);
	await world.until(() => unread(bob, space) === 1, 10_000, 'Bob has one to read');
	await world.until(() => unread(carol, space) === 1, 10_000, 'Carol has one to read');
	await carol.stop();
	await world.run(60_000);
	await say(world, alice, space, `${CANARY} 2`);
	await world.until(() => unread(bob, space) === 2, 10_000, 'Bob has two to read');
	bob.crash();
	await bob.start();
	await world.until(() => unread(bob, space) === 2, 10_000, 'Bob still has two to read');
	const shown = reader(bob, space);
	await world.until(() => shown().length === 2, 10_000, 'Bob is shown both');

	await world.run(HOUR * 1000 - 60_000);
	await world.until(() => shown().length === 1, 30_000, 'the first is gone');
	expect(shown()).toEqual([`${CANARY} 2`]);
	expect(unread(bob, space)).toBe(1);
	await alice.stop();
	await world.run(120_000);
	expect(shown()).toEqual([]);
	expect(unread(bob, space)).toBe(0);
	expect(bob.messenger.spaces.get()[0]?.lastText).toBeNull();
	expect(await holders(world, bob, space)).toEqual([]);

	await Promise.all([alice.start(), carol.start()]);
	await world.run(20_000);
	for (const node of [alice, carol]) {
		expect(await holders(world, node, space)).toEqual([]);
		expect(reader(node, space)()).toEqual([]);
		expect(unread(node, space)).toBe(0);
	}
	await world.finish(talk(carol, space).send('and on it goes'));
	for (const node of [alice, bob]) {
		const read = reader(node, space);
		await world.until(() => read().includes('and on it goes'), 10_000, `${node.name} reads on`);
	}
});
