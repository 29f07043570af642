// What a ban does on the network: nothing goes to whoever is banned any more, and nothing comes from them, but the word of
// it and why.
import { describe, expect, it } from 'vitest';
import type { SimulatedRelay } from '#lib/simulation/network.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { toHex } from '#lib/util/bytes.ts';
import { bringIn, createWorld, found, reader, say, talk, useRelay, type World } from './world.ts';

async function fourPeople(seed: number, options: { readonly direct?: boolean } = {}) {
	const world = createWorld(seed);
	const relay = await world.addRelay('north');
	const alice = await world.addNode('Alice', options);
	const bob = await world.addNode('Bob', options);
	const carol = await world.addNode('Carol', options);
	await useRelay(world, alice, 'north');
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	await bringIn(world, alice, carol, space);
	await world.run(8000);
	return { world, relay, alice, bob, carol, space };
}

const rootOf = (node: SimulatedNode): string => toHex(node.self.rootHash);
const deviceOf = (node: SimulatedNode): string => toHex(node.self.device.publicKey);

async function ban(world: World, by: SimulatedNode, whom: SimulatedNode, space: string) {
	const done = await world.finish(
		by.messenger.moderation(space).ban(rootOf(whom), { reason: 'Spam', voidInvites: false }),
	);
	expect(done).toEqual({ ok: true });
}

const membersOf = (node: SimulatedNode, space: string): string[] =>
	node.messenger
		.members(space)
		.get()
		.map(({ name }) => name)
		.sort();

/** How many tokens of this node's device the relay has in the mailbox of the epoch in use. */
async function holdsKeys(of: SimulatedNode, whom: SimulatedNode, space: string): Promise<boolean> {
	const { authority } = (await of.kept(space)).ledger;
	return authority.epoch?.holders.has(deviceOf(whom)) === true;
}

/** The mailbox of the first epoch with this many recipients, as the relay has it. */
async function isOpenAt(relay: SimulatedRelay, of: SimulatedNode, space: string, index: number) {
	const { authority } = (await of.kept(space)).ledger;
	const epoch = authority.epochs.at(index);
	if (epoch === undefined) throw new Error('no such epoch');
	const mailbox = await relay.store.mailbox(epoch.content.mailbox);
	return mailbox?.open;
}

const expectCutOff = async (
	{ world, relay, alice, bob, carol, space }: Awaited<ReturnType<typeof fourPeople>>,
	others: readonly SimulatedNode[] = [alice, carol],
): Promise<void> => {
	const knows = (): boolean => others.every((node) => !membersOf(node, space).includes('Bob'));
	await world.until(knows, 20_000, 'the others know');
	await world.run(60_000);
	for (const node of others) {
		expect(await holdsKeys(node, bob, space)).toBe(false);
		expect(node.messenger.network.get().peers.map(({ name }) => name)).not.toContain('Bob');
	}
	expect(await isOpenAt(relay, alice, space, -1)).toBe(true);
	expect(await isOpenAt(relay, alice, space, -2)).toBe(false);
	const hers = reader(carol, space);
	await say(world, alice, space, 'without Bob');
	await world.until(() => hers().includes('without Bob'), 20_000, 'Carol reads on');
};

describe('somebody who is banned', () => {
	it('[BN1] is cut off from direct links, keys and mailbox', async () => {
		const story = await fourPeople(301);
		const { world, alice, bob, space } = story;
		const direct = (): boolean =>
			alice.messenger.network
				.get()
				.peers.some(({ name, route }) => name === 'Bob' && route === 'direct');
		await world.until(direct, 30_000, 'a link to Bob');
		await ban(world, alice, bob, space);
		await expectCutOff(story);
		const { ledger } = await bob.kept(space);
		expect(ledger.authority.bans.size).toBe(1);
	});

	it('[BN1] is cut off where everything goes through a relay', async () => {
		const story = await fourPeople(302, { direct: false });
		await ban(story.world, story.alice, story.bob, story.space);
		await expectCutOff(story);
		const { ledger } = await story.bob.kept(story.space);
		expect(ledger.authority.bans.size).toBe(1);
	});

	it('[BN2] learns of it from the mailbox, although everybody is away', async () => {
		const story = await fourPeople(303);
		const { world, alice, bob, carol, space } = story;
		await bob.stop();
		await world.run(2000);
		await say(world, carol, space, 'while Bob is away');
		await world.run(3000);
		await ban(world, alice, bob, space);
		await expectCutOff(story);
		await alice.stop();
		await carol.stop();
		await world.run(1000);
		await bob.start();
		await world.run(10_000);
		const { ledger } = await bob.kept(space);
		expect(ledger.authority.bans.size).toBe(1);
	});

	it('[BN2] is told by whom it meets, where no copy could be left', async () => {
		const story = await fourPeople(304);
		const { world, relay, alice, bob, carol, space } = story;
		await bob.stop();
		relay.stop();
		await world.run(2000);
		await ban(world, alice, bob, space);
		await world.until(() => !membersOf(carol, space).includes('Bob'), 20_000, 'Carol knows');
		// The one whose word it is has gone before it could leave it anywhere.
		await alice.stop();
		await bob.start();
		relay.start();
		await world.run(30_000);
		const { ledger } = await bob.kept(space);
		expect(ledger.authority.bans.size).toBe(1);
	});

	it('[BN1] [FE1] writes on in vain where it has not heard of it', async () => {
		const story = await fourPeople(305);
		const { world, alice, bob, carol, space } = story;
		const hers = reader(carol, space);
		world.network.partition([['Bob'], ['Alice', 'Carol', 'north']]);
		await ban(world, alice, bob, space);
		await world.run(5000);
		await say(world, bob, space, 'into the void');
		await world.run(60_000);
		world.network.partition([]);
		await expectCutOff(story);
		expect(hers()).not.toContain('into the void');
		expect(textsIn(talk(alice, space))).not.toContain('into the void');
		const { ledger } = await bob.kept(space);
		expect(ledger.authority.bans.size).toBe(1);
	});

	it('[BN1] can’t read what comes next with the keys it has', async () => {
		const story = await fourPeople(306);
		const { world, alice, bob, space } = story;
		await ban(world, alice, bob, space);
		await expectCutOff(story);
		// Handed everything there is, its own node opens none of what was written since.
		const hers = await alice.kept(space);
		const his = await bob.kept(space);
		const packets = [...hers.ledger.control.values()].map(({ entry }) => entry.packet);
		for (const feed of hers.ledger.feeds.values()) {
			packets.push(...(await hers.kept.packets(feed.device, 0, 1000, 1000)));
		}
		const epochs = his.ring.all().length;
		await his.receive(packets);
		expect(his.ring.all()).toHaveLength(epochs);
		const texts: string[] = [];
		for (const { id } of his.ledger.authority.channels) {
			const log = his.log(id);
			for (let n = 0; n < (await log.stretches()); n++) {
				texts.push(...(await log.read(n)).map(({ text }) => text));
			}
		}
		expect(texts).not.toContain('without Bob');
	});
});

const textsIn = (conversation: ReturnType<typeof talk>): string[] =>
	conversation.messages.get().map(({ text }) => text);
