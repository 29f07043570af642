// Who is there is seen by those who let it be seen of themselves, and by nobody of those who don't.
import { expect, it } from 'vitest';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { bringIn, createWorld, found, useRelay } from './world.ts';

async function together(seed: number) {
	const world = createWorld(seed);
	await world.addRelay('north');
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	await useRelay(world, alice, 'north');
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	const seesOther = ({ messenger }: SimulatedNode): boolean =>
		messenger
			.members(space)
			.get()
			.some(({ isMe, online }) => !isMe && online);
	const both = (shown: boolean, what: string): Promise<void> =>
		world.until(() => seesOther(alice) === shown && seesOther(bob) === shown, 10_000, what);
	return { world, alice, bob, seesOther, both };
}

it('[ON1] is shown while a device can be reached', async () => {
	const { world, alice, bob, seesOther, both } = await together(1);
	await both(true, 'they see each other');
	await bob.stop();
	await world.until(() => !seesOther(alice), 30_000, 'he has gone');
	await bob.start();
	await both(true, 'he is back');
});

it('[ON2] is neither shown nor seen by who does not want it, until they want it again', async () => {
	const { world, alice, bob, seesOther, both } = await together(2);
	await both(true, 'they see each other');
	await world.finish(bob.messenger.settings.set('presence', 'off'));
	await both(false, 'neither sees the other');
	await world.run(60_000);
	expect([seesOther(alice), seesOther(bob)]).toEqual([false, false]);
	await bob.stop();
	await bob.start();
	await world.run(60_000);
	expect([seesOther(alice), seesOther(bob)]).toEqual([false, false]);
	await world.finish(bob.messenger.settings.set('presence', 'on'));
	await both(true, 'they see each other again');
});
