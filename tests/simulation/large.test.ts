// A community that grows beyond what a message can be wrapped for device by device, and what changes with that.
import { expect, it } from 'vitest';
import { decodeHeader, KIND, type Header } from '#lib/protocol/entry.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { toHex } from '#lib/util/bytes.ts';
import { bringIn, createWorld, found, isIn, reader, say, useRelay, type World } from './world.ts';

async function community(seed: number, size: number, everything = false) {
	const world = createWorld(seed);
	const relay = await world.addRelay('relay');
	const alice = await world.addNode('Alice', { direct: false });
	await useRelay(world, alice, 'relay');
	const space = await found(world, alice, everything);
	const nodes = [alice];
	const grow = async (to: number): Promise<void> => {
		while (nodes.length < to) {
			const node = await world.addNode(`Member ${nodes.length}`, { direct: false });
			await bringIn(world, alice, node, space);
			nodes.push(node);
		}
	};
	await grow(size);
	return { world, relay, alice, space, nodes, grow };
}

async function expectHeard(
	world: World,
	space: string,
	speaker: SimulatedNode,
	listeners: readonly SimulatedNode[],
): Promise<void> {
	const text = `${speaker.name} at ${world.clock.now()}`;
	const readers = listeners.map((node) => reader(node, space));
	await say(world, speaker, space, text);
	const all = () => readers.every((read) => read().includes(text));
	await world.until(all, 30_000, `all read ${speaker.name}`);
}

/** The header of this device's last message. */
async function lastEntry(space: string, node: SimulatedNode): Promise<Header> {
	const { ledger, kept } = await node.kept(space);
	const { publicKey } = node.self.device;
	for (let seq = ledger.feeds.get(toHex(publicKey))?.seq ?? -1; seq >= 0; seq--) {
		const packet = await kept.packet(publicKey, seq);
		const header = packet && decodeHeader(packet.header);
		if (header?.ok && header.value.kind === KIND.message) return header.value;
	}
	throw new Error('nothing written');
}

it('[RA1] [RA6] a space that grows beyond 32 devices goes on by ratchets, whoever was away', async () => {
	const { world, space, nodes, grow, alice } = await community(71, 33);
	const [, bob, carol] = nodes as [SimulatedNode, SimulatedNode, SimulatedNode];
	await expectHeard(world, space, bob, nodes);
	expect((await lastEntry(space, bob)).key.mode).toBe('direct');
	await grow(34);
	const dave = nodes[33] as SimulatedNode;
	await expectHeard(world, space, bob, nodes);
	expect((await lastEntry(space, bob)).key.mode).toBe('ratchet');
	await expectHeard(world, space, dave, nodes);
	await expectHeard(world, space, bob, nodes);
	await carol.stop();
	await expectHeard(
		world,
		space,
		bob,
		nodes.filter((node) => node !== carol),
	);
	await grow(36);
	await expectHeard(
		world,
		space,
		alice,
		nodes.filter((node) => node !== carol),
	);
	await carol.start();
	const hers = reader(carol, space);
	const his = reader(bob, space);
	await world.until(() => hers().length === his().length, 60_000, 'Carol has caught up');
	expect(hers()).toEqual(his());
	expect(isIn(carol, space)).toBe(true);
});

it('[RA7] [EP3] who is banned from a large space has no key of what is written next', async () => {
	const { world, space, nodes, alice } = await community(72, 35);
	const [, bob, carol] = nodes as [SimulatedNode, SimulatedNode, SimulatedNode];
	await expectHeard(world, space, carol, nodes);
	const { id } = (await alice.kept(space)).ledger.authority.epoch ?? { id: new Uint8Array() };
	expect((await carol.kept(space)).ring.get(id)?.grant).toBeTruthy();
	const ban = { reason: 'Spam', voidInvites: false };
	const banned = alice.messenger.moderation(space).ban(toHex(carol.self.rootHash), ban);
	expect((await world.finish(banned)).ok).toBe(true);
	// At once, before anybody's turn to make an epoch has come.
	const others = nodes.filter((node) => node !== carol);
	await expectHeard(world, space, alice, others);
	const last = await lastEntry(space, alice);
	expect(last.key.mode).toBe('ratchet');
	expect((await carol.kept(space)).ring.get(last.key.epoch)?.grant ?? null).toBeNull();
	await world.run(10_000);
	await expectHeard(world, space, bob, others);
	expect((await lastEntry(space, bob)).key.mode).toBe('ratchet');
});

it('[HP2] whoever comes late into a large space that gives everything reads what came under ratchets', async () => {
	const { world, space, nodes, grow, alice } = await community(73, 33, true);
	const [, bob] = nodes as [SimulatedNode, SimulatedNode];
	await expectHeard(world, space, bob, nodes);
	await grow(35);
	for (const by of [alice, bob, nodes[34] as SimulatedNode]) {
		await expectHeard(world, space, by, nodes);
		expect((await lastEntry(space, by)).key.mode).toBe('ratchet');
	}
	const his = reader(bob, space);
	await grow(36);
	const last = nodes[35] as SimulatedNode;
	const theirs = reader(last, space);
	await world.until(() => theirs().length === 4, 60_000, 'the last one has it all');
	expect(theirs()).toEqual(his());
	expect(theirs()).not.toContain('');
});

it('[RA1] [KY12] a space that shrinks to 33 devices goes back to a wrap for each', async () => {
	const { world, space, nodes } = await community(74, 34);
	const bob = nodes[1] as SimulatedNode;
	const last = nodes[33] as SimulatedNode;
	await expectHeard(world, space, bob, nodes);
	expect((await lastEntry(space, bob)).key.mode).toBe('ratchet');
	await world.finish(last.messenger.leave(space));
	const left = nodes.slice(0, -1);
	const isHeard = () =>
		left.every((node) => node.messenger.members(space).get().length === left.length);
	await world.until(isHeard, 60_000, 'all know that one has left');
	await expectHeard(world, space, bob, left);
	expect((await lastEntry(space, bob)).key.mode).toBe('direct');
	// Those who had followed the chains read on.
	await expectHeard(world, space, nodes[32] as SimulatedNode, left);
});
