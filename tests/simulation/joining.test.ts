// How people come into a space when not everybody is there, clocks are wrong, and devices die on the way.
import { describe, expect, it } from 'vitest';
import type { MemoryMailboxStore } from '#lib/mailbox/memory-store.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { ledgerLines } from '#lib/simulation/digest.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { toHex } from '#lib/util/bytes.ts';
import {
	bringIn,
	createWorld,
	found,
	invitationOf,
	isIn,
	reader,
	say,
	useRelay,
	type World,
} from './world.ts';

const HOUR = 3_600_000;

async function aliceAndBob(seed: number, relays: readonly string[] = ['north']) {
	const world = createWorld(seed);
	const stores: MemoryMailboxStore[] = [];
	for (const relay of relays) stores.push((await world.addRelay(relay)).store);
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	for (const relay of relays) await useRelay(world, alice, relay);
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	await world.run(3000);
	const held = (): number => stores.reduce((sum, store) => sum + store.totals().packets, 0);
	return { world, alice, bob, space, held };
}

async function expectAgreement(
	space: string,
	nodes: readonly SimulatedNode[],
): Promise<readonly string[]> {
	const [first = [], ...others] = await Promise.all(
		nodes.map(async (node) => ledgerLines((await node.kept(space)).ledger)),
	);
	for (const lines of others) expect(lines).toEqual(first);
	return first;
}

/** The tokens that a device has in the current epoch, as `of` sees it. */
async function tokensOf(space: string, of: SimulatedNode, device: SimulatedNode) {
	const { authority } = (await of.kept(space)).ledger;
	return authority.epoch?.tokenHashes.get(toHex(device.self.device.publicKey));
}

async function expectTalk(
	world: World,
	space: string,
	speaker: SimulatedNode,
	listeners: readonly SimulatedNode[],
): Promise<void> {
	const text = `${speaker.name} at ${world.clock.now()}`;
	const readers = listeners.map((node) => reader(node, space));
	await say(world, speaker, space, text);
	await world.until(
		() => readers.every((read) => read().includes(text)),
		20_000,
		`all read ${speaker.name}`,
	);
}

describe('whoever has an invitation', () => {
	it('[IN4] takes an answer in several parts, the first of which waits for the last', async () => {
		const { world, alice, bob, space } = await aliceAndBob(60);
		const moderation = alice.messenger.moderation(space);
		for (let n = 0; n < 60; n++) {
			const made = await world.finish(moderation.createChannel(`channel ${n}`));
			expect(made.ok).toBe(true);
		}
		// A new epoch, which carries the key of all that was before.
		const root = toHex(bob.self.rootHash);
		await world.finish(moderation.grant(root));
		await world.finish(moderation.revoke(root, 'no'));
		await world.run(10_000);
		const carol = await world.addNode('Carol');
		await bringIn(world, alice, carol, space);
		await expectAgreement(space, [alice, bob, carol]);
	});

	it('[IN3] waits while nobody is there, and is let in by whoever comes back first', async () => {
		const { world, alice, bob, space, held } = await aliceAndBob(51);
		const link = await invitationOf(world, alice, space);
		await world.run(3000);
		await alice.stop();
		await bob.stop();
		const carol = await world.addNode('Carol');
		await world.finish(carol.messenger.join(link));
		await world.run(60_000);
		expect(carol.messenger.spaces.get()[0]?.state).toBe('joining');
		await bob.start();
		await world.until(() => isIn(carol, space), 20_000, 'Bob lets her in');
		await expectTalk(world, space, carol, [bob]);
		await alice.start();
		const knows = () => alice.messenger.members(space).get().length === 3;
		await world.until(knows, 20_000, 'Alice hears of it');
		await expectTalk(world, space, alice, [bob, carol]);
		await world.run(30_000);
		await expectAgreement(space, [alice, bob, carol]);
		expect(held()).toBe(0);
	});

	it('[IN5] is one member with one token when two let it in at once', async () => {
		const { world, alice, bob, space, held } = await aliceAndBob(52, ['north', 'south']);
		const link = await invitationOf(world, alice, space);
		await world.run(3000);
		world.network.partition([
			['Alice', 'north'],
			['Bob', 'south'],
		]);
		await world.run(30_000);
		const carol = await world.addNode('Carol');
		await world.finish(carol.messenger.join(link));
		await world.until(() => isIn(carol, space), 20_000, 'Carol is in');
		await world.run(10_000);
		world.network.partition([]);
		await world.run(60_000);
		const lines = await expectAgreement(space, [alice, bob, carol]);
		expect(lines.filter((line) => line.startsWith('device'))).toHaveLength(3);
		const { control } = (await alice.kept(space)).ledger;
		const admissions = [...control.values()].filter(
			({ entry, content }) => 'member' in content && entry.header.seq >= 0,
		);
		expect(admissions).toHaveLength(3);
		expect(await tokensOf(space, alice, carol)).toHaveLength(1);
		await expectTalk(world, space, carol, [alice, bob]);
		await world.run(20_000);
		expect(held()).toBe(0);
	});

	it('[DV2] leaves nothing behind on the relays, however many it knocked at', async () => {
		const { world, alice, bob, space, held } = await aliceAndBob(53, ['north', 'south']);
		const carol = await world.addNode('Carol');
		await bringIn(world, bob, carol, space);
		await world.run(60_000);
		expect(held()).toBe(0);
		expect(await tokensOf(space, alice, carol)).toHaveLength(1);
		await expectTalk(world, space, alice, [bob, carol]);
	});

	it('[EP4] reads a log that begins before the epoch it comes into', async () => {
		const { world, alice, bob, space } = await aliceAndBob(54);
		await world.addRelay('south');
		await useRelay(world, alice, 'south');
		await world.run(5000);
		const carol = await world.addNode('Carol');
		await bringIn(world, bob, carol, space);
		await expectTalk(world, space, carol, [alice, bob]);
		expect(carol.messenger.network.get().relays).toHaveLength(2);
		await world.run(20_000);
		await expectAgreement(space, [alice, bob, carol]);
	});

	it('[IN7] gets in although it dies at any moment of joining', async () => {
		for (const outcome of ['crash-before', 'crash-after'] as const) {
			for (let after = 0; after < 5; after++) {
				const { world, alice, bob, space } = await aliceAndBob(100 + after);
				const carol = await world.addNode('Carol');
				const link = await invitationOf(world, alice, space);
				await world.finish(carol.messenger.join(link));
				const disk = world.disk('Carol');
				let good = after;
				disk.onCommit = () => {
					if (good-- > 0) return 'apply';
					disk.onCommit = undefined;
					carol.crash();
					return outcome;
				};
				await world.run(10_000);
				disk.onCommit = undefined;
				if (!carol.running) await carol.start();
				await world.until(() => isIn(carol, space), 90_000, `${outcome} ${after}`);
				await expectTalk(world, space, alice, [bob, carol]);
				await world.run(30_000);
				await expectAgreement(space, [alice, bob, carol]);
			}
		}
	});

	it('[IN6] gets what was written for it, although its answer was lost and came again', async () => {
		const { world, alice, bob, space } = await aliceAndBob(55);
		const link = await invitationOf(world, alice, space);
		const carol = await world.addNode('Carol');
		// Alice lets her in and dies before she can answer.
		const disk = world.disk('Alice');
		disk.onCommit = () => {
			disk.onCommit = undefined;
			alice.crash();
			return 'crash-after';
		};
		await world.finish(carol.messenger.join(link));
		await world.run(5000);
		expect(alice.running).toBe(false);
		await alice.start();
		await world.until(() => isIn(carol, space), 60_000, 'Carol is in');
		await expectTalk(world, space, bob, [alice, carol]);
		await world.run(30_000);
		await expectAgreement(space, [alice, bob, carol]);
	});
});

describe('whoever left', () => {
	it('[IN5] is not let in again by the request that had let it in', async () => {
		const { world, alice, bob, space } = await aliceAndBob(56, ['north', 'south']);
		const carol = await world.addNode('Carol');
		await bringIn(world, alice, carol, space);
		await world.run(3000);
		await world.finish(carol.messenger.leave(space));
		await world.run(120_000);
		await alice.stop();
		await alice.start();
		await world.run(60_000);
		for (const node of [alice, bob]) {
			expect(
				node.messenger
					.members(space)
					.get()
					.map(({ name }) => name),
			).not.toContain('Carol');
		}
	});

	it('[LV1] sees nothing more of it at once, and goes on until a relay has the word', async () => {
		const { world, alice, bob, space } = await aliceAndBob(55);
		const carol = await world.addNode('Carol');
		await bringIn(world, alice, carol, space);
		await world.run(3000);
		world.network.partition([['Carol'], ['Alice', 'Bob', 'north']]);
		await world.run(3000);
		await world.finish(carol.messenger.leave(space));
		expect(carol.messenger.spaces.get()).toEqual([]);
		const kept = () =>
			world
				.disk('Carol')
				.rows()
				.filter(({ table }) => table === 'entry');
		await world.run(60_000);
		expect(kept()).not.toEqual([]);
		for (const node of [alice, bob]) await node.stop();
		world.network.partition([]);
		await world.until(() => kept().length === 0, 60_000, 'nothing of it is left with Carol');
		await carol.stop();
		for (const node of [alice, bob]) {
			await node.start();
			const names = () =>
				node.messenger
					.members(space)
					.get()
					.map(({ name }) => name);
			await world.until(() => !names().includes('Carol'), 20_000, `${node.name} hears of it`);
		}
	});

	it('[LV1] leaves the word for those who are away, though somebody else has heard it', async () => {
		const { world, alice, bob, space } = await aliceAndBob(59);
		await world.run(3000);
		await bob.stop();
		const carol = await world.addNode('Carol');
		await bringIn(world, alice, carol, space);
		await world.until(() => carol.messenger.network.get().state === 'direct', 20_000, 'linked');
		// All who are there are apart from the relay for a while.
		world.network.partition([['Alice', 'Carol'], ['north']]);
		await world.finish(carol.messenger.leave(space));
		await world.run(20_000);
		await carol.stop();
		world.network.partition([]);
		await world.run(20_000);
		await say(world, alice, space, 'without her');
		await world.run(5000);
		await alice.stop();
		await bob.start();
		const his = reader(bob, space);
		await world.until(() => his().includes('without her'), 20_000, 'Bob reads it');
	});

	it('[IN5] comes back by a new one', async () => {
		const { world, alice, bob, space } = await aliceAndBob(57);
		const carol = await world.addNode('Carol');
		await bringIn(world, alice, carol, space);
		await expectTalk(world, space, carol, [alice, bob]);
		await world.finish(carol.messenger.leave(space));
		await world.run(30_000);
		await bringIn(world, bob, carol, space);
		await expectTalk(world, space, carol, [alice, bob]);
		await expectTalk(world, space, alice, [bob, carol]);
		await world.run(30_000);
		await expectAgreement(space, [alice, bob, carol]);
	});

	it('[DL1] holds up nobody’s outbox', async () => {
		const { world, alice, bob, space } = await aliceAndBob(58);
		const carol = await world.addNode('Carol');
		await bringIn(world, alice, carol, space);
		await world.run(3000);
		world.network.partition([['Alice'], ['Bob', 'Carol', 'north']]);
		await say(world, alice, space, 'into the void');
		await world.finish(carol.messenger.leave(space));
		await world.run(30_000);
		world.network.partition([]);
		const his = reader(bob, space);
		await world.until(() => his().includes('into the void'), 60_000, 'Bob reads');
		await world.run(60_000);
		for (const name of ['Alice', 'Bob']) {
			expect(
				world
					.disk(name)
					.rows()
					.filter(({ table }) => table === 'outbox'),
			).toEqual([]);
		}
	});
});

describe('a clock that is wrong', () => {
	for (const skew of [-HOUR, HOUR]) {
		it(`[FD5] by ${skew / HOUR} h keeps neither its owner nor those it lets in from taking part`, async () => {
			const world = createWorld(59);
			await world.addRelay('north');
			const alice = await world.addNode('Alice');
			const bob = await world.addNode('Bob', { skew });
			const carol = await world.addNode('Carol');
			const dora = await world.addNode('Dora');
			await useRelay(world, alice, 'north');
			const space = await found(world, alice);
			await bringIn(world, alice, bob, space);
			await bringIn(world, bob, carol, space);
			await bringIn(world, carol, dora, space);
			const all = [alice, bob, carol, dora];
			for (const node of all) {
				await expectTalk(
					world,
					space,
					node,
					all.filter((each) => each !== node),
				);
			}
			await world.run(30_000);
			const before = await expectAgreement(space, all);
			await world.finish(carol.messenger.leave(space));
			await world.run(60_000);
			const after = await expectAgreement(space, [alice, bob, dora]);
			expect(after).not.toEqual(before);
			await expectTalk(world, space, bob, [alice, dora]);
		});
	}
});

describe('several who let people in', () => {
	it('[EP6] give a joiner a group key that is no older than anybody’s before', async () => {
		const world = createWorld(181);
		await world.addRelay('relay');
		const alice = await world.addNode('Alice', { direct: false });
		await useRelay(world, alice, 'relay');
		const space = await found(world, alice);
		const admitters = [alice];
		const joined: SimulatedNode[] = [];
		for (const [name, who] of [
			['Bob', 0],
			['Carol', 1],
			['Dave', 0],
			['Erin', 2],
			['Frank', 1],
		] as const) {
			const node = await world.addNode(name, { direct: false });
			await bringIn(world, admitters[who] ?? alice, node, space);
			joined.push(node);
			admitters.push(node);
			await world.run(3000);
		}
		const steps: number[] = [];
		const by: string[] = [];
		for (const node of joined) {
			const { ledger, ring } = await node.kept(space);
			const { epoch } = ledger.authority;
			const device = toHex(node.self.device.publicKey);
			const admission = [...ledger.control.values()].find(
				({ content }) =>
					content.kind === KIND.admit && toHex(content.member.certificate.deviceKey) === device,
			);
			if (epoch === null || admission === undefined) throw new Error('not let in');
			const step = ring.get(epoch.id)?.grant?.step ?? 0;
			expect(admission.content).toMatchObject({ epoch: epoch.id, step });
			steps.push(step);
			by.push(toHex(admission.entry.header.device));
		}
		expect(new Set(by).size).toBe(3);
		expect(steps).toEqual([1, 2, 3, 4, 5]);
	});
});
