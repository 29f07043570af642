// Where what is written goes while others are away, and who answers those who knock.
import { describe, expect, it } from 'vitest';
import {
	createSimulation,
	type SimulatedNode,
	type Simulation,
} from '#lib/simulation/simulation.ts';
import { createMemoryDisk, type MemoryDisk } from '#lib/storage/memory.ts';

interface Story {
	readonly world: Simulation;
	readonly relays: readonly { packets(): number; stop(): void; start(): void }[];
	disk(name: string): MemoryDisk;
	node(name: string): Promise<SimulatedNode>;
}

async function story(seed: number, relayCount: number): Promise<Story> {
	const disks = new Map<string, MemoryDisk>();
	const diskOf = (name: string): MemoryDisk => {
		const disk = disks.get(name) ?? createMemoryDisk();
		disks.set(name, disk);
		return disk;
	};
	const world = createSimulation({
		seed,
		settle: () => new Promise((resolve) => setImmediate(resolve)),
		openStore: (name) => diskOf(name).open(),
	});
	const relays = [];
	for (let n = 0; n < relayCount; n++) {
		const relay = await world.addRelay(`relay${n}`);
		relays.push({
			packets: () => relay.store.totals().packets,
			stop: () => {
				relay.stop();
			},
			start: () => {
				relay.start();
			},
		});
	}
	return { world, relays, disk: diskOf, node: (name) => world.addNode(name) };
}

async function found({ world, relays }: Story, node: SimulatedNode): Promise<string> {
	for (const n of relays.keys()) {
		await world.finish(node.messenger.addRelay(`wss://relay${n}.test/relay`));
	}
	const created = await world.finish(node.messenger.createSpace('community', 'Friends'));
	if (!created.ok) throw new Error(created.error.type);
	await world.run(500);
	return created.value;
}

const isReady = (node: SimulatedNode): boolean =>
	node.messenger.spaces.get().some(({ state }) => state === 'ready');

async function linkOf({ world }: Story, node: SimulatedNode, space: string): Promise<string> {
	const invited = await world.finish(node.messenger.invite(space));
	if (!invited.ok) throw new Error(invited.error.type);
	await world.run(500);
	return invited.value.link;
}

async function join({ world }: Story, node: SimulatedNode, link: string): Promise<void> {
	await world.finish(node.messenger.join(link));
	await world.until(() => isReady(node), 20_000, `${node.name} joins`);
	await world.run(1000);
}

function talk(node: SimulatedNode, space: string) {
	const [channel] = node.messenger.channels(space).get();
	if (channel === undefined) throw new Error('no channel');
	return node.messenger.conversation(space, channel.id);
}

describe('what is written for somebody who is away', () => {
	it('[DV4] [OB2] lies on two of the space’s relays, and on none once it was fetched', async () => {
		const now = await story(33, 3);
		const { world, relays } = now;
		const [alice, bob] = [await now.node('Alice'), await now.node('Bob')];
		const space = await found(now, alice);
		await join(now, bob, await linkOf(now, alice, space));
		await world.until(
			() => relays.every(({ packets }) => packets() === 0),
			20_000,
			'all is fetched',
		);
		await bob.stop();
		await world.run(1000);
		const used = new Set<string>();
		for (let n = 1; n <= 6; n++) {
			const before = relays.map(({ packets }) => packets());
			await world.finish(talk(alice, space).send(`message ${n}`));
			await world.run(3000);
			const grown = relays.map(({ packets }, at) => packets() - (before[at] ?? 0));
			expect(grown.filter((count) => count === 1)).toHaveLength(2);
			expect(grown.filter((count) => count === 0)).toHaveLength(1);
			used.add(grown.join());
		}
		// Drawn anew for each.
		expect(used.size).toBeGreaterThan(1);
		await bob.start();
		const his = talk(bob, space);
		await world.until(() => his.messages.get().length === 6, 20_000, 'Bob reads all');
		await world.until(
			() => relays.every(({ packets }) => packets() === 0),
			20_000,
			'relays let go',
		);
	});

	it('[DV4] reaches them in a new epoch by the mailbox of the one before', async () => {
		const now = await story(32, 1);
		const { world, relays } = now;
		const [alice, bob, carol] = [
			await now.node('Alice'),
			await now.node('Bob'),
			await now.node('Carol'),
		];
		const space = await found(now, alice);
		const link = await linkOf(now, alice, space);
		await join(now, bob, link);
		await join(now, carol, link);
		await bob.stop();
		await world.run(1000);
		// Carol goes: a new epoch, whose keys Bob doesn't have yet.
		await world.finish(carol.messenger.leave(space));
		await world.run(15_000);
		await world.finish(talk(alice, space).send('without Carol'));
		await world.run(5000);
		await alice.stop();
		await bob.start();
		const his = talk(bob, space);
		await world.until(() => his.messages.get().length === 1, 30_000, 'Bob reads it');
		expect(his.messages.get()[0]?.text).toBe('without Carol');
		expect(bob.messenger.members(space).get()).toHaveLength(2);
		await alice.start();
		await world.run(30_000);
		await carol.stop();
		expect(relays[0]?.packets()).toBe(0);
	});
});

describe('somebody who knocks', () => {
	const admitters = (node: SimulatedNode, space: string): number =>
		node.messenger.members(space).get().length;

	it('[IN6] is let in by another member where the one who invited is away', async () => {
		const now = await story(33, 1);
		const [alice, bob, dora] = [
			await now.node('Alice'),
			await now.node('Bob'),
			await now.node('Dora'),
		];
		const { world } = now;
		const space = await found(now, alice);
		const link = await linkOf(now, alice, space);
		await join(now, bob, link);
		await alice.stop();
		await world.run(1000);
		const before = world.clock.now();
		await world.finish(dora.messenger.join(link));
		await world.until(() => isReady(dora), 30_000, 'Dora joins');
		// He leaves her to Alice first.
		expect(world.clock.now() - before).toBeGreaterThanOrEqual(1500);
		expect(admitters(bob, space)).toBe(3);
	});

	it('[IN6] is let in at once by the device that made the invitation', async () => {
		const now = await story(34, 1);
		const [alice, bob] = [await now.node('Alice'), await now.node('Bob')];
		const { world } = now;
		const space = await found(now, alice);
		const link = await linkOf(now, alice, space);
		const before = world.clock.now();
		await world.finish(bob.messenger.join(link));
		await world.until(() => isReady(bob), 30_000, 'Bob joins');
		expect(world.clock.now() - before).toBeLessThan(1500);
	});

	it('[IN7] [IN3] waits for as long as it takes, also over a restart, until somebody is there', async () => {
		const now = await story(35, 1);
		const [alice, bob] = [await now.node('Alice'), await now.node('Bob')];
		const { world } = now;
		const space = await found(now, alice);
		const link = await linkOf(now, alice, space);
		await alice.stop();
		await world.finish(bob.messenger.join(link));
		await world.run(120_000);
		expect(bob.messenger.spaces.get()).toMatchObject([{ state: 'joining', name: 'Friends' }]);
		await bob.stop();
		await world.run(1000);
		await bob.start();
		await alice.start();
		await world.until(() => isReady(bob), 90_000, 'Bob joins');
		expect(bob.messenger.spaces.get()).toHaveLength(1);
	});

	it('[IN7] may give it up', async () => {
		const now = await story(36, 1);
		const [alice, bob] = [await now.node('Alice'), await now.node('Bob')];
		const { world } = now;
		const space = await found(now, alice);
		const link = await linkOf(now, alice, space);
		await alice.stop();
		await world.finish(bob.messenger.join(link));
		await world.finish(bob.messenger.cancelJoin(space));
		expect(bob.messenger.spaces.get()).toEqual([]);
		await bob.stop();
		await bob.start();
		await world.run(1000);
		expect(bob.messenger.spaces.get()).toEqual([]);
	});
});

describe('a device whose disk went back', () => {
	const textsIn = (node: SimulatedNode, space: string) => {
		const conversation = talk(node, space);
		return () => conversation.messages.get().map(({ text }) => text);
	};

	it('[FD4] has forked its feed for everybody in the end, itself included', async () => {
		const now = await story(37, 1);
		const { world, relays } = now;
		const [relay] = relays;
		const [alice, bob, carol] = [
			await now.node('Alice'),
			await now.node('Bob'),
			await now.node('Carol'),
		];
		const space = await found(now, alice);
		const link = await linkOf(now, alice, space);
		await join(now, bob, link);
		await join(now, carol, link);
		await world.finish(talk(bob, space).send('common'));
		const texts = new Map([alice, bob].map((node) => [node, textsIn(node, space)]));
		await world.until(
			() => [...texts.values()].every((read) => read().length === 1),
			20_000,
			'all read it',
		);
		await world.until(() => alice.messenger.network.get().state === 'direct', 30_000, 'a link');
		await world.run(10_000);
		await carol.stop();
		relay?.stop();
		const earlier = now.disk('Bob').snapshot();
		// Only Alice hears of this: there is no relay to leave it on.
		await world.finish(talk(bob, space).send('first'));
		await world.until(() => texts.get(alice)?.().length === 2, 20_000, 'Alice reads it');
		await world.run(1000);
		await bob.stop();
		await alice.stop();
		now.disk('Bob').restore(earlier);
		await world.run(1000);
		relay?.start();
		await bob.start();
		await carol.start();
		await world.until(() => carol.messenger.network.get().state === 'direct', 60_000, 'a link');
		await world.run(2000);
		// Only Carol hears of these.
		relay?.stop();
		await world.finish(talk(bob, space).send('second'));
		await world.finish(talk(bob, space).send('and another'));
		const hers = textsIn(carol, space);
		await world.until(() => hers().length === 3, 60_000, 'Carol reads the others');
		await bob.stop();
		relay?.start();
		await alice.start();
		const read = textsIn(alice, space);
		const common = (list: readonly string[]): boolean => list.join() === 'common';
		await world.until(() => common(read()) && common(hers()), 120_000, 'both see the fork');
		await bob.start();
		const his = textsIn(bob, space);
		await world.until(() => common(his()), 120_000, 'Bob hears of it');
		const refused = await world.finish(talk(bob, space).send('third'));
		expect(refused).toMatchObject({ ok: false, error: { type: 'not-member' } });
		// The others go on.
		await world.finish(talk(alice, space).send('fourth'));
		await world.until(() => hers().length === 2, 20_000, 'Carol reads on');
		expect(hers()).toEqual(['common', 'fourth']);
	});
});
