// Two devices of one person that change what they share while they don't hear of each other.
import { describe, expect, it } from 'vitest';
import { toHex } from '#lib/util/bytes.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { linkDevice } from '#lib/simulation/own-devices.ts';
import { addressOf, bringIn, createWorld, found, isIn, say, talk, useRelay } from './world.ts';

async function story(seed: number) {
	const world = createWorld(seed);
	for (const relay of ['north', 'south']) await world.addRelay(relay);
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	await useRelay(world, alice, 'north');
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	const phone = await linkDevice(world, alice, 'Phone');
	await world.until(() => isIn(phone, space), 60_000, 'the phone is in');
	await world.run(40_000);
	const [channel] = alice.messenger.channels(space).get();
	if (channel === undefined) throw new Error('no channel');
	const apart = (isApart: boolean): void => {
		world.network.partition(isApart ? [['Alice'], ['Phone'], ['Bob', 'north', 'south']] : []);
	};
	/** Both do something without hearing of each other, and meet again. */
	async function meanwhile(acts: () => Promise<unknown>): Promise<void> {
		apart(true);
		await world.run(30_000);
		await acts();
		await world.run(2000);
		apart(false);
		await world.run(90_000);
	}
	return { world, alice, bob, phone, space, channel: channel.id, meanwhile };
}

describe('what two devices change apart', () => {
	it('[AC4] [AC7] is there on both afterwards, each thing by itself', async () => {
		const { world, alice, bob, phone, space, channel, meanwhile } = await story(761);
		const his = toHex(bob.self.rootHash);
		await meanwhile(async () => {
			await world.finish(alice.messenger.verification.set(his, true));
			alice.messenger.drafts.set(space, channel, { text: 'from the laptop', replyTo: null });
			await world.finish(phone.messenger.settings.set('appearance', 'dark'));
			await world.finish(phone.messenger.block(his, true));
			const id = toHex(phone.self.device.publicKey);
			await world.finish(phone.messenger.devices.rename(id, 'Pocket'));
		});
		for (const node of [alice, phone]) {
			const { drafts, settings, members, devices } = node.messenger;
			expect(drafts.get(space, channel)).toEqual({ text: 'from the laptop', replyTo: null });
			expect(settings.get('appearance')).toBe('dark');
			const bobThere = members(space)
				.get()
				.find(({ rootHash }) => rootHash === his);
			expect(bobThere).toMatchObject({ verified: true, blocked: true });
			expect(devices.list.get().map(({ name }) => name)).toContain('Pocket');
		}
		await alice.stop();
		await alice.start();
		await world.run(1000);
		const { drafts, settings } = alice.messenger;
		expect(drafts.get(space, channel)?.text).toBe('from the laptop');
		expect(settings.get('appearance')).toBe('dark');
	});

	it('[AC4] counts as read as far as either has read, whoever was last to say so', async () => {
		for (const seed of [762, 763]) {
			const { world, alice, bob, phone, space, meanwhile } = await story(seed);
			const unread = (node: SimulatedNode) => node.messenger.spaces.get()[0]?.unread;
			const read = async (node: SimulatedNode): Promise<void> => {
				const open = talk(node, space);
				await world.run(500);
				open.markRead();
				open.close();
			};
			await say(world, bob, space, 'one');
			await world.until(() => unread(alice) === 1 && unread(phone) === 1, 20_000, 'one');
			// The phone has not got the second one: its mark is later in time, and not as far.
			const [near, far] = seed === 762 ? [phone, alice] : [alice, phone];
			world.network.partition([[near.name], ['Bob', far.name, 'north', 'south']]);
			await world.run(30_000);
			await say(world, bob, space, 'two');
			await world.until(() => unread(far) === 2, 20_000, 'two');
			await read(far);
			await world.run(60_000);
			await meanwhile(() => read(near));
			expect([unread(alice), unread(phone)]).toEqual([0, 0]);
			await say(world, bob, space, 'three');
			await world.until(() => unread(alice) === 1 && unread(phone) === 1, 20_000, 'three');
		}
	});

	it('[AC7] a draft of the two is one of them, on both; what was sent is no draft any more', async () => {
		const { world, alice, phone, space, channel, meanwhile } = await story(764);
		await meanwhile(() => {
			alice.messenger.drafts.set(space, channel, { text: 'laptop', replyTo: null });
			phone.messenger.drafts.set(space, channel, { text: 'phone', replyTo: null });
			return Promise.resolve();
		});
		const texts = [alice, phone].map((node) => node.messenger.drafts.get(space, channel)?.text);
		expect(['laptop', 'phone']).toContain(texts[0]);
		expect(texts[1]).toBe(texts[0]);
		phone.messenger.drafts.set(space, channel, { text: '', replyTo: null });
		const isGone = (): boolean => alice.messenger.drafts.get(space, channel) === null;
		await world.until(isGone, 60_000, 'gone on the other one');
		alice.messenger.drafts.set(space, channel, { text: 'left behind', replyTo: null });
		await world.run(60_000);
		await world.finish(alice.messenger.leave(space));
		await world.run(60_000);
		expect(phone.messenger.drafts.get(space, channel)).toBeNull();
	});

	it('[RP5] a relay that was removed stays away on both, over restarts, though a space names it', async () => {
		const { world, alice, phone } = await story(765);
		await useRelay(world, alice, 'south');
		await world.run(10_000);
		const names = (node: SimulatedNode): string[] =>
			node.messenger.network.get().relays.map(({ address }) => address);
		const south = new URL(addressOf('south')).host;
		const isThere = (node: SimulatedNode): boolean =>
			names(node).some((each) => each.includes(south));
		expect([isThere(alice), isThere(phone)]).toEqual([true, true]);
		const relay = alice.messenger.network
			.get()
			.relays.find(({ address }) => address.includes(south));
		await world.finish(alice.messenger.removeRelay(relay?.id ?? ''));
		await world.until(() => !isThere(alice) && !isThere(phone), 20_000, 'away on both');
		for (const node of [alice, phone]) {
			await node.stop();
			await node.start();
		}
		await world.run(20_000);
		expect([isThere(alice), isThere(phone)]).toEqual([false, false]);
		await useRelay(world, phone, 'south');
		await world.until(() => isThere(alice) && isThere(phone), 60_000, 'back on both');
	});
});
