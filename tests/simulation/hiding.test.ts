// Who hides their address is reached by relays alone, and links stand again soon after they no longer want to hide.
import { describe, expect, it } from 'vitest';
import { linkDevice } from '#lib/simulation/own-devices.ts';
import { toHex } from '#lib/util/bytes.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { bringIn, createWorld, found, useRelay } from './world.ts';

const routeTo = (node: SimulatedNode, other: SimulatedNode): string | undefined =>
	node.messenger.network
		.get()
		.peers.find(({ device }) => device === toHex(other.self.device.publicKey))?.route;

describe('somebody who hid their address from the start', () => {
	/** The keys say who of the two offers links: with some seeds the one, with some the other. */
	it.each([1, 2, 3, 4, 5, 6])(
		'[HI1] [PX1] is soon linked once they no longer do (seed %i)',
		async (seed) => {
			const world = createWorld(seed);
			await world.addRelay('north');
			const alice = await world.addNode('Alice');
			const bob = await world.addNode('Bob');
			await useRelay(world, alice, 'north');
			await world.finish(alice.messenger.hiding.set(null, true));
			const space = await found(world, alice);
			await bringIn(world, alice, bob, space);
			await world.run(90_000);
			expect(routeTo(alice, bob)).toBe('relay');
			expect(routeTo(bob, alice)).toBe('relay');

			await world.finish(alice.messenger.hiding.set(null, false));
			await world.until(
				() => routeTo(alice, bob) === 'direct' && routeTo(bob, alice) === 'direct',
				8000,
				'they are linked',
			);

			await world.finish(alice.messenger.hiding.set(space, true));
			await world.until(() => routeTo(alice, bob) === 'relay', 5000, 'they are parted');
			await world.run(90_000);
			expect(routeTo(bob, alice)).toBe('relay');
			await world.finish(alice.messenger.hiding.set(space, false));
			await world.until(
				() => routeTo(alice, bob) === 'direct' && routeTo(bob, alice) === 'direct',
				8000,
				'they are linked again',
			);
		},
	);

	it('[HI1] is linked with their own devices all the while', async () => {
		const world = createWorld(7);
		await world.addRelay('north');
		const laptop = await world.addNode('Laptop');
		await useRelay(world, laptop, 'north');
		await world.finish(laptop.messenger.hiding.set(null, true));
		await found(world, laptop);
		const phone = await linkDevice(world, laptop, 'Phone');
		await world.until(() => routeTo(laptop, phone) === 'direct', 20_000, 'they are linked');
		await phone.stop();
		await world.run(90_000);
		await phone.start();
		await world.until(() => routeTo(laptop, phone) === 'direct', 20_000, 'they are linked again');
	});
});
