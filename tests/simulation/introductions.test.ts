// Members introduce and carry: the mesh goes on growing when every relay is gone, and people on different relays talk
// where any member is common.
import { describe, expect, it } from 'vitest';
import { decodeLinkFrame } from '#lib/protocol/link-frame.ts';
import { decodeEnvelope, type Envelope } from '#lib/protocol/space-message.ts';
import type { Passing } from '#lib/simulation/wire.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { toHex } from '#lib/util/bytes.ts';
import { bringIn, createWorld, found, reader, say, useRelay, type World } from './world.ts';

const keyOf = (node: SimulatedNode): string => toHex(node.self.device.publicKey);
const routeTo = (node: SimulatedNode, other: SimulatedNode): string | undefined =>
	node.messenger.network.get().peers.find(({ device }) => device === keyOf(other))?.route;

async function three(seed: number, relays: readonly string[] = ['north']) {
	const world = createWorld(seed);
	const all = [];
	for (const name of relays) all.push(await world.addRelay(name));
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	const carol = await world.addNode('Carol');
	for (const name of relays) await useRelay(world, alice, name);
	return { world, relays: all, alice, bob, carol };
}

async function expectHeard(
	world: World,
	space: string,
	from: SimulatedNode,
	to: SimulatedNode,
	within = 2000,
) {
	const text = `${from.name} to ${to.name} at ${world.clock.now()}`;
	const read = reader(to, space);
	await say(world, from, space, text);
	await world.until(() => read().includes(text), within, `${to.name} reads ${from.name}`);
}

/** What members handed each other over direct links. */
function overhear(world: World): Envelope[] {
	const heard: Envelope[] = [];
	world.network.watch = ({ frame, over }: Passing) => {
		const link = over === 'direct' ? decodeLinkFrame(frame) : undefined;
		if (link?.ok !== true || link.value.type !== 'space') return;
		const envelope = decodeEnvelope(link.value.envelope);
		if (envelope.ok) heard.push(envelope.value);
	};
	return heard;
}

describe('with every relay gone', () => {
	/** Alice and Carol are linked with Bob each, and not with each other; there is no relay any more. */
	async function gone(seed: number) {
		const begun = await three(seed);
		const { world, relays, alice, bob, carol } = begun;
		const pair = [alice.name, carol.name];
		const isPair = (a: string, b: string): boolean => pair.includes(a) && pair.includes(b);
		world.network.blockDirect(isPair);
		const space = await found(world, alice);
		await bringIn(world, alice, bob, space);
		await bringIn(world, alice, carol, space);
		const linked = () => routeTo(alice, bob) === 'direct' && routeTo(carol, bob) === 'direct';
		await world.until(linked, 60_000, 'both are linked with Bob');
		for (const relay of relays) relay.stop();
		await world.run(3000);
		return { ...begun, space };
	}

	it('[CA1] [DV7] who has no other way is heard through a member who has', async () => {
		const { world, space, alice, carol } = await gone(901);
		await world.until(() => routeTo(alice, carol) === 'member', 30_000, 'known through Bob');
		await expectHeard(world, space, alice, carol);
		await expectHeard(world, space, carol, alice);
	});

	it('[CA1] [CA4] a direct link is made through a member, who learns no address, and lives on without them', async () => {
		const { world, space, alice, bob, carol } = await gone(902);
		const heard = overhear(world);
		world.network.blockDirect(() => false);
		await world.until(() => routeTo(alice, carol) === 'direct', 60_000, 'introduced');
		const steps = heard.filter(
			({ message, hops }) => message.type === 'signal' && message.signal.step !== 2 && hops > 0,
		);
		expect(steps.length).toBeGreaterThan(1);
		for (const { message } of steps) {
			if (message.type !== 'signal') continue;
			// A simulated offer or answer is 16 bytes; sealed it is as long as any.
			expect([1024, 2048, 4096]).toContain(message.signal.payload.length);
		}
		await bob.stop();
		await world.run(20_000);
		await expectHeard(world, space, alice, carol);
		await expectHeard(world, space, carol, alice);
	});

	it('[CA2] nothing is carried for who is banned', async () => {
		const { world, space, alice, bob, carol } = await gone(903);
		const read = reader(bob, space);
		await say(world, carol, space, 'before');
		await world.until(() => read().includes('before'), 10_000, 'heard');
		const ban = { reason: 'Spam', voidInvites: false };
		await world.finish(alice.messenger.moderation(space).ban(toHex(carol.self.rootHash), ban));
		await world.run(5000);
		const heard = overhear(world);
		await world.run(60_000);
		const carried = heard.filter(
			({ from, to }) => toHex(from) === keyOf(carol) && to !== null && toHex(to) === keyOf(alice),
		);
		// What Carol may still say to Bob on their link goes no further.
		expect(carried).toEqual([]);
		expect(routeTo(bob, carol)).toBeUndefined();
	});

	it('[PX5] who starts anew knows from its disk whom the others reach', async () => {
		const { world, space, alice, bob, carol } = await gone(904);
		await world.run(15_000);
		await alice.stop();
		const rows = world
			.disk('Alice')
			.rows()
			.filter(({ table }) => table === 'peer');
		expect(rows).toHaveLength(1);
		for (const node of [bob, carol]) node.crash();
		await alice.start();
		await world.run(1000);
		const { links } = alice.messenger.mesh(space);
		const [a, b] = [keyOf(bob), keyOf(carol)].sort();
		expect(links).toEqual([{ a, b }]);
		// What nobody renews is over in the end.
		await world.run(3 * 3_600_000);
		expect(alice.messenger.mesh(space).links).toEqual([]);
	});
});

describe('on different relays', () => {
	it('[CA1] [DV7] people talk where a member reads both', async () => {
		const { world, alice, bob, carol } = await three(911, ['north', 'south']);
		world.network.blockDirect(() => true);
		const space = await found(world, alice);
		await bringIn(world, alice, bob, space);
		await bringIn(world, alice, carol, space);
		await expectHeard(world, space, bob, carol, 10_000);
		// Bob reaches north alone, Carol south alone; Alice both.
		world.network.partition([
			['Bob', 'north'],
			['Carol', 'south'],
		]);
		for (const name of ['Bob', 'Carol']) world.network.drop(name);
		await world.until(() => routeTo(bob, carol) === 'member', 60_000, 'known through Alice');
		await expectHeard(world, space, bob, carol, 3000);
		await expectHeard(world, space, carol, bob, 3000);
		await alice.stop();
		const isApart = () => routeTo(bob, carol) === undefined;
		await world.until(isApart, 120_000, 'nobody carries any longer');
	});
});
