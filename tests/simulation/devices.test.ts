// One person with several devices, among others: how they come in, what reaches them, and how one of them ends.
import { describe, expect, it } from 'vitest';
import { toHex } from '#lib/util/bytes.ts';
import { linkDevice, shownLink, take } from '#lib/simulation/own-devices.ts';
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

	it('[MD3] a space joined on one device comes to the others, also to one that was away', async () => {
		const { world, alice, bob } = await story(702);
		const phone = await linkDevice(world, alice, 'Phone');
		const tablet = await linkDevice(world, phone, 'Tablet');
		await world.until(() => phone.messenger.spaces.get().length === 1, 60_000, 'first space');
		await world.until(() => tablet.messenger.spaces.get().length === 1, 60_000, 'first space');
		await tablet.stop();
		await useRelay(world, bob, 'north');
		const second = await found(world, bob);
		await bringIn(world, bob, phone, second);
		await world.until(() => isIn(alice, second), 60_000, 'the laptop is in, too');
		await alice.stop();
		await phone.stop();
		await tablet.start();
		await world.run(5000);
		expect(isIn(tablet, second)).toBe(false);
		await phone.start();
		await world.until(() => isIn(tablet, second), 120_000, 'the tablet, once somebody is there');
		const his = reader(tablet, second);
		await say(world, bob, second, 'hello there');
		await world.until(() => his().includes('hello there'), 20_000, 'the tablet reads');
	});

	it('[MD4] a space that was left on one device is gone from all, and may come back', async () => {
		const { world, alice, bob } = await story(703);
		const phone = await linkDevice(world, alice, 'Phone');
		await useRelay(world, bob, 'north');
		const second = await found(world, bob);
		await bringIn(world, bob, phone, second);
		await world.until(() => isIn(alice, second), 60_000, 'both are in');
		expect(await world.finish(phone.messenger.leave(second))).toEqual({ ok: true });
		const gone = (): boolean =>
			[alice, phone].every((node) => !node.messenger.spaces.get().some(({ id }) => id === second));
		await world.until(gone, 60_000, 'gone from both');
		await world.run(60_000);
		expect(gone()).toBe(true);
		await bringIn(world, bob, alice, second);
		await world.until(() => isIn(phone, second), 120_000, 'back on both');
		const hers = reader(phone, second);
		await say(world, bob, second, 'welcome back');
		await world.until(() => hers().includes('welcome back'), 20_000, 'the phone reads');
	});

	it('[MD5] a device that was removed has ended everywhere, and knows it', async () => {
		const { world, alice, bob, space } = await story(704);
		const phone = await linkDevice(world, alice, 'Phone');
		await world.until(() => isIn(phone, space), 60_000, 'the phone is in');
		await world.run(5000);
		await phone.stop();
		const lost = toHex(phone.self.device.publicKey);
		expect(await world.finish(alice.messenger.devices.remove(lost))).toEqual({ ok: true });
		expect(alice.messenger.devices.list.get()).toHaveLength(1);
		await world.run(10_000);
		const { authority } = (await bob.kept(space)).ledger;
		expect(authority.devices.get(lost)?.active).toBe(false);
		const counted = bob.messenger.members(space).get();
		expect(counted.map(({ devices }) => devices)).toEqual([1, 1]);
		const recipients = authority.epoch?.content.recipients.map(({ device }) => toHex(device));
		expect(recipients).toHaveLength(2);
		expect(recipients).not.toContain(lost);
		await phone.start();
		await world.until(() => phone.messenger.ended.get(), 60_000, 'the phone knows');
		expect(alice.messenger.ended.get()).toBe(false);
	});

	it('[AC4] [AC6] whom one blocks and what one has read is so on every device, also on a later one', async () => {
		const { world, alice, bob, space } = await story(705);
		const his = toHex(bob.self.rootHash);
		await world.finish(alice.messenger.block(his, true));
		const phone = await linkDevice(world, alice, 'Phone');
		await world.until(() => isIn(phone, space), 60_000, 'the phone is in');
		const isBlocked = (): boolean =>
			phone.messenger
				.members(space)
				.get()
				.some(({ rootHash, blocked }) => rootHash === his && blocked);
		await world.until(isBlocked, 20_000, 'Bob is blocked on the phone');
		await world.finish(phone.messenger.block(his, false));
		const isFree = (): boolean =>
			alice.messenger
				.members(space)
				.get()
				.every(({ blocked }) => !blocked);
		await world.until(isFree, 20_000, 'Bob is not blocked any more');
		await say(world, bob, space, 'news');
		const unread = (node: typeof alice): number => node.messenger.spaces.get()[0]?.unread ?? -1;
		await world.until(() => unread(alice) === 1 && unread(phone) === 1, 20_000, 'unread on both');
		const [channel] = phone.messenger.channels(space).get();
		const open = phone.messenger.conversation(space, channel?.id ?? '');
		await world.run(1000);
		open.markRead();
		await world.until(() => unread(alice) === 0, 20_000, 'read on the other one');
		await alice.stop();
		await alice.start();
		await world.run(1000);
		expect(unread(alice)).toBe(0);
	});

	it('[MD6] says of a device that another one let in, once', async () => {
		const { world, alice } = await story(706);
		const phone = await linkDevice(world, alice, 'Phone');
		expect(alice.messenger.devices.news.get()).toEqual([]);
		const tablet = await linkDevice(world, phone, 'Tablet');
		const { news } = alice.messenger.devices;
		await world.until(() => news.get().length === 1, 20_000, 'news');
		const id = toHex(tablet.self.device.publicKey);
		expect(news.get()[0]?.id).toBe(id);
		expect(phone.messenger.devices.news.get()).toEqual([]);
		await world.finish(alice.messenger.devices.notice(id));
		await alice.stop();
		await alice.start();
		await world.run(1000);
		expect(alice.messenger.devices.news.get()).toEqual([]);
		await world.finish(phone.messenger.devices.rename(id, 'Kitchen'));
		const named = (): boolean =>
			alice.messenger.devices.list.get().some(({ name }) => name === 'Kitchen');
		await world.until(named, 20_000, 'its name');
	});
});

describe('a pairing', () => {
	it('[PA3] hands nothing over where the person says that the digits differ', async () => {
		const { world, alice, bob } = await story(707);
		const offer = alice.messenger.devices.link();
		const link = await shownLink(world, offer);
		const { taking, end } = take(bob.ports(), link, 'Stranger');
		await world.until(() => offer.view.get().state === 'compare', 20_000, 'digits');
		offer.confirm(false);
		await world.until(() => taking.view.get().state === 'failed', 20_000, 'the other side knows');
		expect(taking.view.get()).toEqual({ state: 'failed', problem: 'mismatch' });
		expect(offer.view.get()).toEqual({ state: 'failed', problem: 'mismatch' });
		offer.confirm(true);
		await world.run(10_000);
		expect(alice.messenger.devices.list.get()).toHaveLength(1);
		end();
	});

	it('[PA1] is with the first that answers a code, and with nobody else', async () => {
		const { world, alice, bob } = await story(708);
		const offer = alice.messenger.devices.link();
		const link = await shownLink(world, offer);
		const first = take(bob.ports(), link, 'First');
		await world.until(() => offer.view.get().state === 'compare', 20_000, 'digits');
		const second = take(bob.ports(), link, 'Second');
		await world.run(60_000);
		expect(offer.view.get()).toMatchObject({ state: 'compare', deviceName: 'First' });
		expect(second.taking.view.get()).toMatchObject({ state: 'failed' });
		first.taking.cancel();
		await world.until(() => offer.view.get().state === 'failed', 20_000, 'it is off');
		expect(offer.view.get()).toEqual({ state: 'failed', problem: 'cancelled' });
		first.end();
		second.end();
	});

	it('[PA1] [PA4] ends by itself when nobody comes', async () => {
		const { world, alice } = await story(709);
		const offer = alice.messenger.devices.link();
		await shownLink(world, offer);
		await world.run(601_000);
		expect(offer.view.get()).toEqual({ state: 'failed', problem: 'expired' });
	});
});
