// Somebody has lost every device, and comes back with the recovery phrase alone, or with a backup too.
import { describe, expect, it } from 'vitest';
import type { ArchiveRecord } from '#lib/protocol/archive.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { toHex } from '#lib/util/bytes.ts';
import { bringIn, createWorld, found, isIn, reader, say, talk, useRelay } from './world.ts';

async function threePeople(seed: number) {
	const world = createWorld(seed);
	await world.addRelay('north');
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	const carol = await world.addNode('Carol');
	await useRelay(world, alice, 'north');
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	await bringIn(world, alice, carol, space);
	await world.run(8000);
	return { world, alice, bob, carol, space };
}

type Story = Awaited<ReturnType<typeof threePeople>>;

const isThere = (node: SimulatedNode, space: string): boolean =>
	node.messenger.spaces
		.get()
		.some(({ id, state, out }) => id === space && state === 'ready' && out === null);

async function comeBack({ world, bob }: Story, relay = 'north'): Promise<SimulatedNode> {
	const fresh = await world.addNode('Bob again', { rootSeed: bob.self.root.seed() });
	await world.finish(fresh.messenger.comeBack());
	await useRelay(world, fresh, relay);
	return fresh;
}

async function archiveOf(world: Story['world'], node: SimulatedNode): Promise<ArchiveRecord[]> {
	const records: ArchiveRecord[] = [];
	const all = async (): Promise<void> => {
		for await (const record of node.messenger.archive.records()) records.push(record);
	};
	await world.finish(all());
	return records;
}

async function takeIn(
	world: Story['world'],
	node: SimulatedNode,
	records: readonly ArchiveRecord[],
) {
	const taking = node.messenger.archive.takeIn();
	for (const record of records) {
		const taken = await world.finish(taking.take(record));
		expect(taken.ok).toBe(true);
	}
	expect(taking.refused).toBe(0);
}

async function expectBothWays({ world, alice, space }: Story, fresh: SimulatedNode): Promise<void> {
	const [hers, theirs] = [reader(alice, space), reader(fresh, space)];
	await say(world, alice, space, 'welcome back');
	await world.until(() => theirs().includes('welcome back'), 20_000, 'the fresh device reads');
	await say(world, fresh, space, 'good to be here');
	await world.until(() => hers().includes('good to be here'), 20_000, 'Alice reads');
}

describe('coming back with the recovery phrase', () => {
	it('[RT1] [RT2] [RT3] the space comes back while a single member is there, and messages flow both ways', async () => {
		const story = await threePeople(901);
		const { world, alice, bob, carol, space } = story;
		await bob.stop();
		await carol.stop();
		const fresh = await comeBack(story);
		await world.until(() => isThere(fresh, space), 60_000, 'the space is back');
		expect(fresh.messenger.comingBack.get()?.found).toBe(1);
		expect(fresh.messenger.me.rootHash).toBe(toHex(bob.self.rootHash));
		await expectBothWays(story, fresh);
		const mine = alice.messenger
			.members(space)
			.get()
			.find(({ name }) => name === 'Bob');
		expect(mine?.devices).toBe(2);
	});

	it('[RT2] a knock waits for whoever comes, over restarts of the one who knocks', async () => {
		const story = await threePeople(902);
		const { world, alice, bob, carol, space } = story;
		for (const node of [alice, bob, carol]) await node.stop();
		const fresh = await comeBack(story);
		await world.run(90_000);
		expect(isIn(fresh, space)).toBe(false);
		await fresh.stop();
		await carol.start();
		await world.run(10_000);
		await fresh.start();
		await world.until(() => isThere(fresh, space), 120_000, 'the space is back');
		await alice.start();
		// What she writes before she has heard of the fresh device is for the others alone.
		await world.run(10_000);
		await expectBothWays(story, fresh);
	});

	it('[RT1] another device of one’s own answers too, where nobody else is left', async () => {
		const story = await threePeople(903);
		const { world, alice, bob, carol, space } = story;
		await alice.stop();
		await carol.stop();
		const fresh = await comeBack(story);
		await world.until(() => isThere(fresh, space), 60_000, 'the space is back');
		const his = reader(bob, space);
		await say(world, fresh, space, 'from the other one');
		await world.until(() => his().includes('from the other one'), 20_000, 'the first device reads');
	});

	it('[RT4] who was banned hears nothing, and neither does who left', async () => {
		const story = await threePeople(904);
		const { world, alice, bob, carol, space } = story;
		const moderation = alice.messenger.moderation(space);
		const banned = await world.finish(
			moderation.ban(toHex(bob.self.rootHash), { reason: '', voidInvites: false }),
		);
		expect(banned.ok).toBe(true);
		await world.finish(carol.messenger.leave(space));
		await world.run(10_000);
		await bob.stop();
		await carol.stop();
		const fresh = await comeBack(story);
		const departed = await world.addNode('Carol again', { rootSeed: carol.self.root.seed() });
		await world.finish(departed.messenger.comeBack());
		await useRelay(world, departed, 'north');
		await world.run(150_000);
		for (const node of [fresh, departed]) {
			expect(node.messenger.comingBack.get()?.found).toBe(0);
			expect(node.messenger.spaces.get()).toEqual([]);
		}
	});

	it('[BK3] [RT3] with a backup the past is there at once, and comes alive when a member is reached', async () => {
		const story = await threePeople(905);
		const { world, alice, bob, carol, space } = story;
		await say(world, alice, space, 'from before');
		await say(world, bob, space, 'mine from before');
		const his = reader(bob, space);
		await world.until(() => his().includes('from before'), 20_000, 'Bob reads');
		const conversation = talk(bob, space);
		await world.run(500);
		conversation.markRead();
		await world.run(500);
		expect(bob.messenger.spaces.get()[0]?.unread).toBe(0);
		const records = await archiveOf(world, bob);
		for (const node of [alice, bob, carol]) await node.stop();
		const fresh = await world.addNode('Bob again', { rootSeed: bob.self.root.seed() });
		await takeIn(world, fresh, records);
		await world.run(1000);
		const read = reader(fresh, space);
		await world.run(1000);
		expect(read()).toEqual(his());
		expect(fresh.messenger.spaces.get()[0]).toMatchObject({ id: space, out: 'past', unread: 0 });
		const [channel] = fresh.messenger.channels(space).get();
		expect(channel?.mayWrite).toBe(false);
		// The relays came with the backup: nobody has to be told of one.
		await alice.start();
		await world.until(() => isThere(fresh, space), 90_000, 'the space is back');
		await expectBothWays(story, fresh);
		expect(read()).toEqual(expect.arrayContaining(['from before', 'mine from before']));
		await takeIn(world, fresh, records);
		expect(read().filter((text) => text === 'from before')).toHaveLength(1);
	});

	it('[BK2] [BK3] a backup brings back whom one has verified and what was typed, and nothing that was taken back', async () => {
		const story = await threePeople(907);
		const { world, alice, bob, carol, space } = story;
		const { verification, drafts, settings } = bob.messenger;
		const [hers, theirs] = [alice, carol].map(({ self }) => toHex(self.rootHash)) as [
			string,
			string,
		];
		for (const person of [hers, theirs]) await world.finish(verification.set(person, true));
		await world.finish(settings.set('appearance', 'dark'));
		const channel = bob.messenger.channels(space).get()[0]?.id ?? '';
		drafts.set(space, channel, { text: 'half a sentence', replyTo: null });
		await world.run(2000);
		const records = await archiveOf(world, bob);

		const fresh = await world.addNode('Bob again', { rootSeed: bob.self.root.seed() });
		const isVerified = (person: string): boolean | undefined =>
			fresh.messenger
				.members(space)
				.get()
				.find(({ rootHash }) => rootHash === person)?.verified;
		await takeIn(world, fresh, records);
		await world.run(1000);
		expect([hers, theirs].map(isVerified)).toEqual([true, true]);
		expect(fresh.messenger.drafts.get(space, channel)?.text).toBe('half a sentence');
		expect(fresh.messenger.settings.get('appearance')).toBe('dark');

		await world.finish(fresh.messenger.verification.set(theirs, false));
		await world.finish(fresh.messenger.settings.set('appearance', 'light'));
		fresh.messenger.drafts.set(space, channel, { text: '', replyTo: null });
		await world.run(2000);
		await takeIn(world, fresh, records);
		await world.run(1000);
		expect([hers, theirs].map(isVerified)).toEqual([true, false]);
		expect(fresh.messenger.drafts.get(space, channel)).toBeNull();
		expect(fresh.messenger.settings.get('appearance')).toBe('light');
	});

	it('[RT2] ends when the person says so', async () => {
		const story = await threePeople(906);
		const { world, bob } = story;
		await bob.stop();
		const fresh = await comeBack(story);
		await world.finish(fresh.messenger.stopComingBack());
		expect(fresh.messenger.comingBack.get()).toBeNull();
		await fresh.stop();
		await fresh.start();
		expect(fresh.messenger.comingBack.get()).toBeNull();
	});
});
