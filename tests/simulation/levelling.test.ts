// How devices stay level with each other when nothing happens, and when very much has.
import { expect, it } from 'vitest';
import { decodeLinkFrame } from '#lib/protocol/link-frame.ts';
import { decodeEnvelope, type Envelope } from '#lib/protocol/space-message.ts';
import { bringIn, createWorld, found, reader, talk, useRelay, type World } from './world.ts';

async function linkedPair(seed: number) {
	const world = createWorld(seed);
	const relay = await world.addRelay('relay');
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	await useRelay(world, alice, 'relay');
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	const direct = () => bob.messenger.network.get().state === 'direct';
	await world.until(direct, 20_000, 'a direct link stands');
	await world.run(3000);
	return { world, relay, alice, bob, space, direct };
}

/** Messages of the space that pass over direct links from now on. */
function overhear(world: World): { from: string; envelope: Envelope }[] {
	const heard: { from: string; envelope: Envelope }[] = [];
	world.network.watch = ({ from, frame, over }) => {
		const link = over === 'direct' ? decodeLinkFrame(frame) : undefined;
		if (link?.ok !== true || link.value.type !== 'space') return;
		const envelope = decodeEnvelope(link.value.envelope);
		if (envelope.ok) heard.push({ from, envelope: envelope.value });
	};
	return heard;
}

it('[SY6] a device that nothing happens to says once a minute what it holds', async () => {
	const { world } = await linkedPair(41);
	const heard = overhear(world);
	await world.run(61_000);
	const states = heard.filter(({ envelope }) => envelope.message.type === 'state');
	expect(states.map(({ from }) => from)).toContain('Alice');
	expect(states.map(({ from }) => from)).toContain('Bob');
	expect(states.length).toBeLessThan(8);
});

it('[SY3] [SY5] hundreds of entries are caught up with in bounded pieces', async () => {
	const { world, relay, alice, bob, space, direct } = await linkedPair(42);
	await bob.stop();
	relay.stop();
	await world.run(1000);
	const hers = talk(alice, space);
	for (let n = 0; n < 530; n++) await world.finish(hers.send(`message ${n}`));
	const heard = overhear(world);
	await bob.start();
	relay.start();
	await world.until(direct, 90_000, 'a direct link stands again');
	const his = reader(bob, space);
	await world.until(() => his().length === 530, 90_000, 'Bob has all of them');
	expect(new Set(his()).size).toBe(530);
	for (const { envelope } of heard) {
		const { message } = envelope;
		if (message.type === 'entries') expect(message.packets.length).toBeLessThanOrEqual(64);
		if (message.type !== 'pull') continue;
		for (const range of message.ranges) expect(range.to - range.from).toBeLessThanOrEqual(256);
	}
});
