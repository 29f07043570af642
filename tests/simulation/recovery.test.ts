// How a device goes on whose disk went back in time and whose feed is forked therefore: with a fresh key, in its own name.
import { describe, expect, it } from 'vitest';
import { ledgerLines } from '#lib/simulation/digest.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { toHex } from '#lib/util/bytes.ts';
import { bringIn, createWorld, found, isIn, reader, say, talk, useRelay } from './world.ts';

async function threePeople(seed: number) {
	const world = createWorld(seed);
	const relay = await world.addRelay('north');
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	const carol = await world.addNode('Carol');
	await useRelay(world, alice, 'north');
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	await bringIn(world, alice, carol, space);
	await world.run(5000);
	return { world, relay, alice, bob, carol, space };
}

type Story = Awaited<ReturnType<typeof threePeople>>;

/** Bob's disk goes back to before something that the others have, and he writes something else in its place. */
async function fork({ world, bob, space }: Story, who: SimulatedNode = bob): Promise<void> {
	const disk = world.disk(who.name);
	await say(world, who, space, 'one');
	await world.run(3000);
	const earlier = disk.snapshot();
	await say(world, who, space, 'two');
	await world.run(3000);
	await who.stop();
	disk.restore(earlier);
	const others = ['Alice', 'Bob', 'Carol'].filter((name) => name !== who.name);
	world.network.partition([[who.name], [...others, 'north']]);
	await who.start();
	await world.run(1000);
	await say(world, who, space, 'another two');
	await world.run(1000);
	world.network.partition([]);
}

const devicesOf = async (node: SimulatedNode, of: SimulatedNode, space: string) => {
	const { authority } = (await node.kept(space)).ledger;
	const person = authority.people.get(toHex(of.self.rootHash));
	return (person?.devices ?? []).map(({ device, active }) => ({ key: toHex(device), active }));
};

/** Whether this node has taken a fresh device for the space. */
const hasRecovered = async ({ world, space }: Story, node: SimulatedNode): Promise<void> => {
	const own = toHex(node.self.device.publicKey);
	for (let n = 0; n < 120; n++) {
		await world.run(1000);
		if (!isIn(node, space)) continue;
		const devices = await devicesOf(node, node, space);
		const old = devices.find(({ key }) => key === own);
		if (old?.active === false && devices.some(({ active }) => active)) return;
	}
	throw new Error(`${node.name} has not recovered`);
};

async function expectAllGoOn({ world, alice, bob, carol, space }: Story): Promise<void> {
	for (const speaker of [bob, alice, carol, bob]) {
		const text = `${speaker.name} at ${world.clock.now()}`;
		const readers = [alice, bob, carol].map((node) => reader(node, space));
		await say(world, speaker, space, text);
		const all = (): boolean => readers.every((read) => read().includes(text));
		await world.until(all, 20_000, `all read ${text}`);
	}
	await world.run(60_000);
	const lines = await Promise.all(
		[alice, bob, carol].map(async (node) => ledgerLines((await node.kept(space)).ledger)),
	);
	expect(lines[1]).toEqual(lines[0]);
	expect(lines[2]).toEqual(lines[0]);
	const shown = [alice, bob, carol].map((node) => reader(node, space)());
	expect(shown[1]).toEqual(shown[0]);
	expect(shown[2]).toEqual(shown[0]);
}

describe('a device whose feed is forked', () => {
	it('[FD11] goes on with a fresh key, and all read what it writes', async () => {
		const story = await threePeople(331);
		const { alice, bob, carol, space } = story;
		const hers = reader(alice, space);
		await fork(story);
		await hasRecovered(story, bob);
		await expectAllGoOn(story);
		const devices = await devicesOf(alice, bob, space);
		expect(devices).toHaveLength(2);
		expect(devices.filter(({ active }) => active)).toHaveLength(1);
		expect(hers().slice(0, 2)).toEqual(['one', expect.stringMatching(/^Bob at/)]);
		// The old key is out of the epoch in use, the fresh one is in.
		const { authority } = (await carol.kept(space)).ledger;
		const inUse = [...(authority.epoch?.content.recipients ?? [])].map(({ device }) =>
			toHex(device),
		);
		expect(inUse).not.toContain(toHex(bob.self.device.publicKey));
		expect(inUse).toHaveLength(3);
	});

	it('[FD11] [DK1] is the same person with the same messages after a restart', async () => {
		const story = await threePeople(332);
		const { world, bob, space } = story;
		await fork(story);
		await hasRecovered(story, bob);
		await bob.stop();
		await bob.start();
		const his = reader(bob, space);
		await world.run(3000);
		expect(his()).toEqual(['one']);
		await expectAllGoOn(story);
		const linked = (): boolean =>
			bob.messenger.network.get().peers.filter(({ route }) => route === 'direct').length === 2;
		await world.until(linked, 60_000, 'direct links of the fresh device');
	});

	it('[FD11] writes nothing while it waits, and is let in by whoever comes', async () => {
		const story = await threePeople(333);
		const { world, alice, bob, carol, space } = story;
		const disk = world.disk('Bob');
		await fork(story);
		// Both halves are known to Bob, and at once everybody is away.
		const forked = async (): Promise<boolean> =>
			[...(await bob.kept(space)).ledger.feeds.values()].some(({ frozenAt }) => frozenAt !== null);
		for (let n = 0; n < 200 && !(await forked()); n++) await world.run(50);
		await alice.stop();
		await carol.stop();
		const before = disk.rows().filter(({ table }) => table === 'self');
		expect(before.length).toBeLessThanOrEqual(2);
		const refused = await world.finish(talk(bob, space).send('not yet'));
		expect(refused).toMatchObject({ ok: false, error: { type: 'not-member' } });
		await world.run(30_000);
		await bob.stop();
		// What Bob asked for lies on the relay; Carol comes when he is away.
		await carol.start();
		await world.run(10_000);
		await carol.stop();
		await bob.start();
		await hasRecovered(story, bob);
		await alice.start();
		await carol.start();
		await world.run(5000);
		await expectAllGoOn(story);
	});

	it('[FD11] may be the founder’s, and has the founder’s power still', async () => {
		const story = await threePeople(334);
		const { world, alice, bob, space } = story;
		await fork(story, alice);
		await hasRecovered(story, alice);
		await expectAllGoOn(story);
		const banned = alice.messenger
			.moderation(space)
			.ban(toHex(bob.self.rootHash), { reason: 'Spam', voidInvites: false });
		expect(await world.finish(banned)).toEqual({ ok: true });
		const out = (): boolean => bob.messenger.spaces.get()[0]?.state === 'banned';
		await world.until(out, 20_000, 'Bob is locked out');
	});

	it('[FD11] that forks again takes another key again', async () => {
		const story = await threePeople(335);
		const { alice, bob, space } = story;
		await fork(story);
		await hasRecovered(story, bob);
		await expectAllGoOn(story);
		const before = (await devicesOf(alice, bob, space)).length;
		await fork(story);
		for (let n = 0; n < 120; n++) {
			await story.world.run(1000);
			const devices = await devicesOf(alice, bob, space);
			if (devices.length > before && devices.filter(({ active }) => active).length === 1) break;
		}
		await expectAllGoOn(story);
		expect(await devicesOf(alice, bob, space)).toHaveLength(before + 1);
	});

	it('[FD11] dies at any moment of that, and goes on', async () => {
		for (const outcome of ['crash-before', 'crash-after'] as const) {
			for (let after = 0; after < 8; after++) {
				const story = await threePeople(340 + after);
				const { world, bob, space } = story;
				await fork(story);
				const disk = world.disk('Bob');
				let good = after;
				disk.onCommit = () => {
					if (good-- > 0) return 'apply';
					disk.onCommit = undefined;
					bob.crash();
					return outcome;
				};
				await world.run(10_000);
				disk.onCommit = undefined;
				if (!bob.running) await bob.start();
				await hasRecovered(story, bob);
				const hers = reader(story.alice, space);
				await say(world, bob, space, 'alive');
				await world.until(() => hers().includes('alive'), 20_000, `${outcome} ${after}`);
			}
		}
	});
});

describe('the end of a device', () => {
	it('[DK2] is nobody’s word but its own person’s', async () => {
		const { world, alice, bob, carol, space } = await threePeople(336);
		await carol.stop();
		const hers = await carol.kept(space);
		const { authority } = hers.ledger;
		const keys = authority.epoch && hers.ring.get(authority.epoch.id);
		if (authority.epoch === null || !keys) throw new Error('no epoch');
		const sealing = { epoch: authority.epoch.id, controlKey: keys.controlKey, recipients: [] };
		const content = await carol.self.root.revoke(hers.id, bob.self.device.publicKey, []);
		const written = await hers.write(() => Promise.resolve({ content, sealing }));
		expect(written.ok).toBe(true);
		await carol.start();
		await world.run(20_000);
		for (const node of [alice, bob]) {
			const { ledger } = await node.kept(space);
			expect([...ledger.control.values()].some((each) => each.content.kind === content.kind)).toBe(
				true,
			);
			const devices = await devicesOf(node, bob, space);
			expect(devices.map(({ active }) => active)).toEqual([true]);
		}
		const read = reader(alice, space);
		await say(world, bob, space, 'still here');
		await world.until(() => read().includes('still here'), 20_000, 'Alice reads');
	});
});
