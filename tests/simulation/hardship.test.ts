// What must not break a node: a full disk, junk from the network, a page without WebRTC.
import { describe, expect, it } from 'vitest';
import type { SimulatedNetwork } from '#lib/simulation/network.ts';
import { toHex } from '#lib/util/bytes.ts';
import { bringIn, createWorld, found, reader, say, talk, textsOf, useRelay } from './world.ts';

async function aliceAndBob(seed: number, prepare?: (network: SimulatedNetwork) => void) {
	const world = createWorld(seed);
	prepare?.(world.network);
	const relay = await world.addRelay('relay');
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	await useRelay(world, alice, 'relay');
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	return { world, relay, alice, bob, space };
}

describe('a full disk', () => {
	it('[ST5] [FD9] keeps nothing and sends nothing of a message it could not store, and says so', async () => {
		const { world, alice, bob, space } = await aliceAndBob(21);
		const his = reader(bob, space);
		const hers = talk(alice, space);
		const disk = world.disk('Alice');
		disk.onCommit = () => ({ type: 'full', detail: 'no room' });
		const refused = await world.finish(hers.send('lost on the floor'));
		expect(refused).toEqual({ ok: false, error: { type: 'storage' } });
		await world.run(5000);
		expect(his()).toEqual([]);

		disk.onCommit = undefined;
		const sent = await world.finish(hers.send('there is room again'));
		expect(sent.ok).toBe(true);
		await world.until(() => his().length > 0, 5000, 'Bob reads');
		await world.run(5000);
		expect(his()).toEqual(['there is room again']);
		expect(textsOf(hers.messages.get())).toEqual(['there is room again']);
	});

	it('[DV2] at the other end acknowledges nothing, so that nothing is lost', async () => {
		const { world, relay, alice, bob, space } = await aliceAndBob(22);
		const hers = talk(alice, space);
		const disk = world.disk('Bob');
		disk.onCommit = () => ({ type: 'full', detail: 'no room' });
		await say(world, alice, space, 'wait for it');
		await world.run(8000);
		expect(reader(bob, space)()).toEqual([]);
		expect(hers.messages.get()[0]?.delivery?.state).not.toBe('delivered');
		expect(relay.store.totals().packets).toBe(1);

		disk.onCommit = undefined;
		await bob.stop();
		await bob.start();
		const his = reader(bob, space);
		await world.until(() => his().length === 1, 20_000, 'Bob reads after all');
		await world.until(() => relay.store.totals().packets === 0, 20_000, 'the relay lets go');
		const delivered = () => hers.messages.get()[0]?.delivery?.state === 'delivered';
		await world.until(delivered, 15_000, 'Bob says that he has it');
	});
});

describe('junk', () => {
	it('[SM2] [MB1] on every wire, flipped and random, stops nobody', async () => {
		const { world, alice, bob, space } = await aliceAndBob(23);
		const his = reader(bob, space);
		await world.run(3000);
		// Every tenth frame arrives damaged from now on, at clients and at the relay alike.
		let count = 0;
		world.network.tamper = (frame) => {
			count += 1;
			if (count % 10 !== 0) return frame;
			const damaged = new Uint8Array(frame);
			const at = world.random.below(damaged.length);
			damaged[at] = (damaged[at] ?? 0) ^ (1 + world.random.below(255));
			return damaged;
		};
		for (let n = 0; n < 20; n++) {
			await say(world, n % 2 === 0 ? alice : bob, space, `message ${n}`);
			await world.run(300);
		}
		world.network.tamper = (frame) => frame;
		await world.until(() => his().length === 20, 120_000, 'Bob has all twenty');
		const hers = reader(alice, space);
		await world.until(() => hers().length === 20, 120_000, 'Alice has all twenty');
		expect(his()).toEqual(hers());
	});
});

describe('people between whom no direct link comes about', () => {
	it('[LM9] are told of the relay that carries everything, also while a direct link is tried', async () => {
		const { world, alice, bob, space } = await aliceAndBob(25, (network) => {
			network.blockDirect(() => true);
		});
		const his = reader(bob, space);
		const told = () => alice.messenger.network.get().peers[0];
		const seen = new Set<string>();
		alice.messenger.network.subscribe(() => {
			const peer = told();
			if (peer) seen.add(`${peer.route}${peer.trying === true ? ', trying' : ''}`);
		});
		await say(world, alice, space, 'over the relay');
		await world.until(() => his().length === 1, 3000, 'Bob reads');
		await world.until(() => told()?.trying === true, 5000, 'a direct link is tried');
		expect(told()?.route).toBe('relay');
		await world.until(() => told()?.trying === false, 30_000, 'given up for now');
		expect(told()?.retryAt).toBeGreaterThan(0);
		expect([...seen].sort()).toEqual(['relay', 'relay, trying']);
	});
});

describe('a browser without WebRTC', () => {
	it('[LM3] talks through the relay, and is never shown as direct', async () => {
		const world = createWorld(24);
		const relay = await world.addRelay('relay');
		const alice = await world.addNode('Alice');
		const bob = await world.addNode('Bob', { direct: false });
		await useRelay(world, alice, 'relay');
		const space = await found(world, alice);
		await bringIn(world, alice, bob, space);
		const his = reader(bob, space);
		await say(world, alice, space, 'over the relay');
		await world.until(() => his().length === 1, 3000, 'Bob reads');
		await world.run(10_000);
		expect(alice.messenger.network.get().state).toBe('bridged');
		expect(alice.messenger.network.get().peers[0]?.route).toBe('relay');
		expect(bob.messenger.network.get().direct).toBe(false);
		expect(relay.store.totals().packets).toBe(0);
		expect(toHex(bob.self.rootHash)).toBe(alice.messenger.network.get().peers[0]?.rootHash);
	});
});
