// Devices of one person that founded account spaces apart, or none at all: where they meet in any space they become one
// person's devices again, with everything that each of them knew. [MD7]
import { describe, expect, it } from 'vitest';
import { decode, bytes, tuple } from '#lib/protocol/cbor.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { toHex } from '#lib/util/bytes.ts';
import { linkDevice } from '#lib/simulation/own-devices.ts';
import { bringIn, createWorld, found, isIn, useRelay, type World } from './world.ts';

/** Alice and Bob share a space; she has this device. */
async function story(seed: number) {
	const world = createWorld(seed);
	await world.addRelay('north');
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	await useRelay(world, alice, 'north');
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	await world.run(3000);
	return { world, alice, bob, space };
}

type Story = Awaited<ReturnType<typeof story>>;

/** A fresh device of Alice's, by her phrase, let in by Bob. */
async function restored({ world, alice, space }: Story, name: string): Promise<SimulatedNode> {
	const node = await world.addNode(name, { rootSeed: alice.self.root.seed() });
	await world.finish(node.messenger.comeBack());
	await useRelay(world, node, 'north');
	await world.until(() => isIn(node, space), 60_000, `${name} is in`);
	await world.finish(node.messenger.stopComingBack());
	return node;
}

const keyOf = (node: SimulatedNode): string => toHex(node.self.device.publicKey);
/** The account space of a device as its disk has it. */
function accountOf(world: World, node: SimulatedNode): string | undefined {
	const row = world
		.disk(node.name)
		.rows()
		.find(({ table, key }) => table === 'account' && key.includes('space'));
	const decoded = row && decode(tuple(bytes(32)), row.value, 64);
	return decoded?.ok ? toHex(decoded.value[0]) : undefined;
}
const knows = (node: SimulatedNode, others: readonly SimulatedNode[]): boolean => {
	const list = node.messenger.devices.list.get().map(({ id }) => id);
	return others.every((other) => list.includes(keyOf(other))) && list.length === others.length;
};
const areOne = (world: World, nodes: readonly SimulatedNode[]): boolean =>
	nodes.every((node) => node.running && knows(node, nodes)) &&
	new Set(nodes.map((node) => accountOf(world, node))).size === 1;
/** Spaces of which a disk has any entry. */
const spacesOn = (world: World, node: SimulatedNode): number =>
	new Set(
		world
			.disk(node.name)
			.rows()
			.filter(({ table }) => table === 'control')
			.map(({ key }) => key.split(';')[0]),
	).size;

const look = (node: SimulatedNode): string | null => node.messenger.settings.get('appearance');
const blocks = (node: SimulatedNode, person: string, space: string): boolean =>
	node.messenger
		.members(space)
		.get()
		.some(({ rootHash, blocked }) => rootHash === person && blocked);

/** Two islands of two devices each, which have never met. */
async function twoIslands(seed: number) {
	const begun = await story(seed);
	const { world, alice, bob, space } = begun;
	const phone = await linkDevice(world, alice, 'Phone');
	await world.until(() => isIn(phone, space), 60_000, 'the phone is in');
	await world.finish(alice.messenger.settings.set('appearance', 'dark'));
	await world.run(10_000);
	for (const node of [alice, phone]) await node.stop();
	const again = await restored(begun, 'Again');
	const tablet = await linkDevice(world, again, 'Tablet');
	await world.until(() => isIn(tablet, space), 60_000, 'the tablet is in');
	await world.finish(again.messenger.block(toHex(bob.self.rootHash), true));
	await world.run(10_000);
	return { ...begun, phone, again, tablet, nodes: [alice, phone, again, tablet] };
}

async function expectOne({ world, bob, space, nodes }: Awaited<ReturnType<typeof twoIslands>>) {
	await world.until(() => areOne(world, nodes), 300_000, 'all are one person’s');
	const all = (): boolean =>
		nodes.every((node) => look(node) === 'dark' && blocks(node, toHex(bob.self.rootHash), space));
	await world.until(all, 120_000, 'everybody knows what each knew');
	for (const node of nodes) {
		expect(node.messenger.spaces.get().map(({ id }) => id)).toEqual([space]);
	}
}

describe('devices of one person that were apart', () => {
	it('[MD1] [MD7] a device that came back by the phrase shares what the old one knows, where none had another', async () => {
		const begun = await story(721);
		const { world, alice, bob, space } = begun;
		const his = toHex(bob.self.rootHash);
		await world.finish(alice.messenger.block(his, true));
		const again = await restored(begun, 'Again');
		await world.until(() => areOne(world, [alice, again]), 60_000, 'one account space');
		await world.until(() => blocks(again, his, space), 20_000, 'what the old one knew');
		await world.finish(again.messenger.settings.set('appearance', 'light'));
		await world.until(() => look(alice) === 'light', 20_000, 'what the new one says');
		expect(alice.messenger.spaces.get()).toHaveLength(1);
		expect(again.messenger.spaces.get()).toHaveLength(1);
	});

	it.each([722, 723, 724])('[MD7] two account spaces become the lower one (%i)', async (seed) => {
		const begun = await twoIslands(seed);
		const { world, alice, phone, again, tablet, nodes, bob, space } = begun;
		const both = [accountOf(world, alice), accountOf(world, again)].sort();
		expect(both[0]).not.toBe(both[1]);
		for (const node of [alice, phone]) await node.start();
		await expectOne(begun);
		expect(accountOf(world, alice)).toBe(both[0]);
		// The other one is left and gone.
		await world.until(() => nodes.every((node) => spacesOn(world, node) === 2), 120_000, 'gone');
		for (const node of nodes) {
			await node.stop();
			await node.start();
		}
		await world.run(20_000);
		expect(areOne(world, nodes)).toBe(true);
		await world.finish(tablet.messenger.settings.set('appearance', 'light'));
		await world.until(() => nodes.every((node) => look(node) === 'light'), 60_000, 'still shared');
		// And whoever is ended by one of them has ended for all.
		await world.finish(again.messenger.devices.remove(keyOf(phone)));
		await world.until(() => phone.messenger.ended.get(), 60_000, 'the phone knows');
		const { authority } = (await bob.kept(space)).ledger;
		await world.run(5000);
		expect(authority.devices.size).toBe(5);
	});

	it('[MD7] a device that is never there with the others comes to them by stored copies', async () => {
		const begun = await twoIslands(725);
		const { world, alice, phone, again, tablet, nodes } = begun;
		await again.stop();
		await tablet.stop();
		const pairs = [
			[alice, phone],
			[again, tablet],
		];
		for (let turn = 0; turn < 12 && !areOneOnDisk(world, nodes); turn++) {
			const there = pairs[turn % 2] ?? [];
			for (const node of there) await node.start();
			await world.run(60_000);
			for (const node of there) await node.stop();
			await world.run(86_400_000);
		}
		expect(areOneOnDisk(world, nodes)).toBe(true);
		for (const node of nodes) await node.start();
		await expectOne(begun);
	});

	/** Alice's two islands, and in one of them a device that is away and in no space but that of the account. */
	async function withOneAlone(seed: number) {
		const begun = await story(seed);
		const { world, alice, space } = begun;
		const phone = await linkDevice(world, alice, 'Phone');
		await world.until(() => isIn(phone, space), 60_000, 'the phone is in');
		for (const node of [alice, phone]) await node.stop();
		const again = await restored(begun, 'Again');
		const alone = await linkDevice(world, again, 'Alone');
		await alone.stop();
		const isLeft = (accountOf(world, alice) ?? '') < (accountOf(world, again) ?? '');
		return { ...begun, phone, again, alone, isLeft };
	}

	it('[MD7] a device that is in no other space is waited for where it was left', async () => {
		// Chance says which of the two account spaces is left.
		let begun = await withOneAlone(734);
		for (let seed = 735; !begun.isLeft && seed < 750; seed++) begun = await withOneAlone(seed);
		const { world, alice, phone, again, alone, space, isLeft } = begun;
		expect(isLeft).toBe(true);
		for (const node of [alice, phone]) await node.start();
		await world.until(() => accountOf(world, alice) === accountOf(world, again), 60_000, 'one');
		await world.run(60_000);
		expect(accountOf(world, alone)).not.toBe(accountOf(world, again));
		for (const node of [alice, phone]) await node.stop();
		await alone.start();
		await world.until(() => accountOf(world, alone) === accountOf(world, again), 60_000, 'it too');
		await world.until(() => isIn(alone, space), 120_000, 'and in the space');
	});

	it('[MD7] three account spaces become one, whichever devices meet first', async () => {
		const begun = await twoIslands(726);
		const { world, alice, phone, again, tablet } = begun;
		for (const node of [again, tablet]) await node.stop();
		const third = await restored(begun, 'Third');
		const last = await linkDevice(world, third, 'Last');
		await world.until(() => isIn(last, begun.space), 60_000, 'the last is in');
		const nodes = [...begun.nodes, third, last];
		expect(new Set(nodes.map((node) => accountOf(world, node))).size).toBe(3);
		for (const node of [alice, phone, again, tablet]) await node.start();
		await expectOne({ ...begun, nodes });
	});
});

const areOneOnDisk = (world: World, nodes: readonly SimulatedNode[]): boolean =>
	new Set(nodes.map((node) => accountOf(world, node))).size === 1;

describe('a device that ends in the middle of coming over', () => {
	/** Whether this commit says which account space there is, or which were given up. */
	const isDecisive = (writes: readonly StoreWrite[]): boolean =>
		writes.some(
			({ table, key }) => table === 'account' && (key[0] === 'space' || key[0] === 'former'),
		);
	/** Whether it keeps something of how to get into a space. */
	const isOnTheWay = (writes: readonly StoreWrite[]): boolean =>
		writes.some(({ table }) => ['arriving', 'self', 'control', 'key'].includes(table));

	it.each([
		['comes over', isDecisive, 0],
		['gives up the other one', isDecisive, 1],
		['asks to come over', isOnTheWay, 0],
		['is let in', isOnTheWay, 2],
		['is let in, a little later', isOnTheWay, 4],
	] as const)(
		'[MD7] has an account space when it %s, and comes over in the end',
		async (_when, isIt, nth) => {
			for (const how of ['crash-before', 'crash-after'] as const) {
				const begun = await twoIslands(727);
				const { world, alice, phone, again } = begun;
				const higher = (accountOf(world, alice) ?? '') > (accountOf(world, again) ?? '');
				const mover = higher ? alice : again;
				let seen = 0;
				let crashed = false;
				if (higher) await mover.start();
				world.disk(mover.name).onCommit = (writes) => {
					if (crashed || !isIt(writes) || seen++ < nth) return 'apply';
					crashed = true;
					return how;
				};
				for (const node of [alice, phone]) if (!node.running) await node.start();
				for (let waited = 0; waited < 180 && !crashed; waited++) await world.run(1000);
				expect(crashed).toBe(true);
				expect(accountOf(world, mover)).toBeDefined();
				mover.crash();
				await world.run(1000);
				await mover.start();
				await expectOne(begun);
			}
		},
	);
});
