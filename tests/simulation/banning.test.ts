// What a ban does on the network: nothing goes to whoever is banned any more, and nothing comes from them, but the word of
// it and why.
import { describe, expect, it } from 'vitest';
import { mailboxId } from '#lib/mailbox/proofs.ts';
import type { SimulatedRelay } from '#lib/simulation/network.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { fourPeople, deviceOf, ban, membersOf, textsIn } from './bans.ts';
import { DAY } from '#lib/protocol/limits.ts';
import { reader, say, talk } from './world.ts';

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
	const mailbox = await relay.store.mailbox(
		mailboxId(of.ports().crypto, epoch.content.writeKey, epoch.content.ownerKey),
	);
	return mailbox?.open;
}

const linked = (node: SimulatedNode, other: SimulatedNode): boolean =>
	node.messenger.network
		.get()
		.peers.some(({ name, route }) => name === other.name && route === 'direct');

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

	it('[EP14] [DV6] leaves nobody behind who was away: a closed mailbox is where they are met', async () => {
		const { world, relay, alice, bob, carol, space } = await fourPeople(307, { direct: false });
		await carol.stop();
		await ban(world, alice, bob, space);
		await world.run(60_000);
		expect(await isOpenAt(relay, alice, space, -2)).toBe(false);
		await alice.stop();
		// Nothing that was left for her lies there any longer.
		await world.run(20 * DAY);
		await alice.start();
		await world.run(5000);
		await carol.start();
		await world.until(() => !membersOf(carol, space).includes('Bob'), 60_000, 'Carol knows');
		const hers = reader(carol, space);
		await say(world, alice, space, 'welcome back');
		await world.until(() => hers().includes('welcome back'), 20_000, 'Carol reads on');
	});

	it('[BN2] is told over the link it has, where there is nothing else', async () => {
		const { world, relay, alice, bob, space } = await fourPeople(307);
		await world.until(() => linked(alice, bob) && linked(bob, alice), 30_000, 'a link');
		relay.stop();
		await world.run(1000);
		await ban(world, alice, bob, space);
		await world.run(3000);
		expect((await bob.kept(space)).ledger.authority.bans.size).toBe(1);
	});

	it('[BN1] has its links ended by the others, whatever its own node does', async () => {
		const { world, alice, bob, carol, space } = await fourPeople(308);
		const both = [alice, carol];
		await world.until(() => both.every((node) => linked(bob, node)), 30_000, 'links');
		// It takes nothing in: for itself it isn’t banned.
		world.disk('Bob').onCommit = () => ({ type: 'full', detail: 'no room' });
		await ban(world, alice, bob, space);
		const none = (): boolean => both.every((node) => !linked(bob, node));
		await world.until(none, 15_000, 'the links end');
		await world.run(60_000);
		expect(none()).toBe(true);
		expect(bob.messenger.spaces.get()[0]?.state).toBe('ready');
		expect(textsIn(talk(bob, space))).toEqual([]);
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
