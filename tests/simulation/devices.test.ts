// One person with several devices, among others: how they come in, what reaches them, and how one of them ends.
import { describe, expect, it } from 'vitest';
import { toHex } from '#lib/util/bytes.ts';
import { linkDevice } from './own-devices.ts';
import { bringIn, createWorld, found, isIn, reader, say, useRelay } from './world.ts';

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

describe('several devices of one person', () => {
	it('[MD1] [MD3] a linked device is the same person, and comes into every space', async () => {
		const { world, alice, bob, space } = await story(701);
		const phone = await linkDevice(world, alice, 'Phone');
		expect(toHex(phone.self.rootHash)).toBe(toHex(alice.self.rootHash));
		expect(toHex(phone.self.device.publicKey)).not.toBe(toHex(alice.self.device.publicKey));
		await world.until(() => isIn(phone, space), 60_000, 'the phone is in the space');
		const [hers, his] = [reader(phone, space), reader(bob, space)];
		await say(world, bob, space, 'to both');
		await world.until(() => hers().includes('to both'), 20_000, 'the phone reads Bob');
		await say(world, phone, space, 'from the phone');
		await world.until(() => his().includes('from the phone'), 20_000, 'Bob reads the phone');
		const mine = reader(alice, space);
		await world.until(
			() => mine().includes('from the phone'),
			20_000,
			'the laptop reads the phone',
		);
		expect(alice.messenger.spaces.get()).toHaveLength(1);
		expect(phone.messenger.devices.list.get()).toHaveLength(2);
		expect(bob.messenger.members(space).get()).toHaveLength(2);
	});
});
