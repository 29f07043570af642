// Epochs that grow old, that are full, and that somebody has spoiled.
import { describe, expect, it } from 'vitest';
import { needsNewEpoch } from '#lib/crdt/epoch-choice.ts';
import { ledgerLines } from '#lib/simulation/digest.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { newEpoch, type NewEpoch } from '#lib/messenger/space/epochs.ts';
import { EPOCH_REASON, type Epoch } from '#lib/protocol/content.ts';
import { DAY } from '#lib/protocol/limits.ts';
import { encodeEpochBox } from '#lib/protocol/lobby.ts';
import { equal } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import { bringIn, createWorld, found, isIn, reader, say, useRelay, type World } from './world.ts';

interface Trio {
	readonly world: World;
	readonly space: string;
	readonly alice: SimulatedNode;
	readonly bob: SimulatedNode;
	readonly carol: SimulatedNode;
}

async function trio(seed: number): Promise<Trio> {
	const world = createWorld(seed);
	await world.addRelay('north');
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	const carol = await world.addNode('Carol');
	await useRelay(world, alice, 'north');
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	await bringIn(world, alice, carol, space);
	await world.run(5000);
	return { world, space, alice, bob, carol };
}

const epochsOf = async (node: SimulatedNode, space: string) =>
	(await node.kept(space)).ledger.authority.epochs;

async function expectTalk({ world, space }: Trio, ...nodes: readonly SimulatedNode[]) {
	for (const speaker of nodes) {
		const text = `${speaker.name} at ${world.clock.now()}`;
		const readers = nodes.map((node) => reader(node, space));
		await say(world, speaker, space, text);
		await world.until(
			() => readers.every((read) => read().includes(text)),
			30_000,
			`all read ${speaker.name}`,
		);
	}
}

describe('an epoch', () => {
	it('[EP12] [EP14] [EP15] is followed by one when it is a week old, and whoever was away comes back to the last', async () => {
		const scene = await trio(301);
		const { world, space, alice, bob, carol } = scene;
		const before = (await epochsOf(alice, space)).length;
		await carol.stop();
		const weeks = 14;
		for (let week = 0; week < weeks; week++) {
			await alice.stop();
			await bob.stop();
			await world.run(7.5 * DAY);
			await alice.start();
			await bob.start();
			await world.run(90_000);
			await expectTalk(scene, alice, bob);
		}
		const made = await epochsOf(bob, space);
		expect(made.length).toBe(before + weeks);
		expect(made.at(-1)?.content.reason).toBe(EPOCH_REASON.age);
		// A quarter of a year later.
		await carol.start();
		await world.run(90_000);
		await expectTalk(scene, carol, alice, bob);
		expect(await epochsOf(carol, space)).toHaveLength(before + weeks);
		const lines = await Promise.all(
			[alice, bob, carol].map(async (node) => ledgerLines((await node.kept(space)).ledger)),
		);
		expect(lines[1]).toEqual(lines[0]);
		expect(lines[2]).toEqual(lines[0]);
		// Its keys lead back to the first.
		const { ring, ledger } = await carol.kept(space);
		for (const { id } of ledger.authority.epochs) expect(ring.get(id)?.proven).toBe(true);
		// What the first sealed is shut by now, also to those who met her in its mailbox.
		for (const node of [alice, bob, carol]) {
			const first = (await node.kept(space)).ring.get(made[0]?.id ?? new Uint8Array());
			expect(first?.grant).toBeNull();
			expect(first?.ended).not.toBeNull();
		}
	}, 120_000);

	it('[EP12] that is young is followed by none, whatever a clock says of it', async () => {
		const scene = await trio(302);
		const { world, space, alice, bob, carol } = scene;
		const dora = await world.addNode('Dora', { skew: 30 * DAY });
		const invited = await world.finish(bob.messenger.invite(space, { days: 0 }));
		await world.finish(dora.messenger.join(unwrap(invited).link));
		await world.until(() => isIn(dora, space), 20_000, 'Dora joins');
		await world.run(180_000);
		const before = (await epochsOf(alice, space)).length;
		// Hers, a month ahead, is nobody's; she herself makes no more than that one.
		await world.run(600_000);
		expect((await epochsOf(alice, space)).length).toBeLessThanOrEqual(before + 1);
		await expectTalk(scene, alice, bob, carol);
	}, 60_000);

	/** Alice, changed, makes an epoch in which Carol's box holds something else. */
	async function spoil(
		{ world, space, alice, carol }: Trio,
		box: (own: Epoch['recipients'][number]) => Uint8Array<ArrayBuffer>,
	): Promise<void> {
		await alice.stop();
		const hers = await alice.kept(space);
		const { publicKey } = alice.self.device;
		const relays = hers.ledger.authority.epoch?.content.relays ?? [];
		const spoilt = async (): Promise<NewEpoch> => {
			const made = await newEpoch(alice.ports(), publicKey, hers, EPOCH_REASON.removal, relays);
			const recipients = made.sealing.recipients.map((recipient, n) => {
				const own = made.content.recipients[n];
				const isHers = own !== undefined && equal(own.device, carol.self.device.publicKey);
				return isHers ? { ...recipient, secret: box(own) } : recipient;
			});
			return { ...made, sealing: { ...made.sealing, recipients } };
		};
		const written = hers.write(spoilt);
		await world.run(100);
		unwrap(await written);
		await alice.start();
	}

	for (const [what, box] of [
		['junk', () => new Uint8Array(40)],
		[
			'keys of another epoch',
			() =>
				encodeEpochBox({
					seed: new Uint8Array(32).fill(1),
					token: new Uint8Array(32),
					ownerSeed: null,
				}),
		],
	] as const) {
		it(`[EP13] that gives one of them ${what} is read with what others hand on, and followed by hers`, async () => {
			const scene = await trio(303);
			const { world, space, alice, bob, carol } = scene;
			const before = (await epochsOf(bob, space)).length;
			await spoil(scene, box);
			await world.run(30_000);
			const made = await epochsOf(bob, space);
			expect(made).toHaveLength(before + 2);
			expect(made.at(-1)?.content.reason).toBe(EPOCH_REASON.keys);
			const last = (await carol.kept(space)).ledger.control;
			const maker = [...last.values()].find(({ entry }) =>
				equal(entry.id, made.at(-1)?.entry ?? new Uint8Array()),
			);
			expect(maker?.entry.header.device).toEqual(carol.self.device.publicKey);
			await expectTalk(scene, carol, bob, alice);
			// Once for each: nothing goes on by itself.
			await world.run(60_000);
			expect(await epochsOf(bob, space)).toHaveLength(before + 2);
			expect(needsNewEpoch((await bob.kept(space)).ledger.authority)).toBe(false);
		}, 60_000);
	}
});
