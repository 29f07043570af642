// The direct path between two people breaks while each still reaches the relay.
import { expect, it } from 'vitest';
import { bringIn, createWorld, found, reader, say, talk, useRelay } from './world.ts';

async function linked(seed: number) {
	const world = createWorld(seed);
	await world.addRelay('relay');
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	await useRelay(world, alice, 'relay');
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	const direct = (): boolean =>
		[alice, bob].every(({ messenger }) => messenger.network.get().state === 'direct');
	await world.until(direct, 20_000, 'a direct link stands');
	return { world, alice, bob, space, direct };
}

it('[LK4] what was under way on it comes by the relay, and is acknowledged there', async () => {
	const { world, alice, bob, space } = await linked(31);
	const his = reader(bob, space);
	const hers = talk(alice, space);
	world.network.partition([['Alice'], ['Bob']]);
	await say(world, alice, space, 'into the dark');
	await world.until(() => his().length === 1, 5000, 'Bob reads it');
	// The links are noticed to be dead after 15 to 20 s; the next regular levelling would be a minute away.
	await world.until(
		() => hers.messages.get()[0]?.delivery?.state === 'delivered',
		25_000,
		'Alice knows',
	);
	expect(his()).toEqual(['into the dark']);
});
