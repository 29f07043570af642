// What was written before a device came: copied to it by another device of its person, over a direct link.
import { describe, expect, it } from 'vitest';
import { toHex } from '#lib/util/bytes.ts';
import type { CopyView } from '#lib/messenger/devices-api.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { linkDevice } from '#lib/simulation/own-devices.ts';
import { bringIn, createWorld, found, say, talk, useRelay } from './world.ts';

const MESSAGES = 24;
/** So long that they take several records. */
const long = (n: number): string => `${n} ${'word '.repeat(1200)}`;

async function story(seed: number) {
	const world = createWorld(seed);
	await world.addRelay('north');
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	await useRelay(world, alice, 'north');
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	for (let n = 0; n < MESSAGES; n++) {
		await say(world, n % 2 === 0 ? alice : bob, space, long(n));
	}
	await world.run(5000);
	const open = talk(alice, space);
	await world.run(500);
	open.markRead();
	open.close();
	await world.run(1000);

	/** Everything a node shows of the space, the oldest included. */
	async function numbersOn(node: SimulatedNode): Promise<(number | string)[]> {
		const conversation = talk(node, space);
		await world.run(500);
		while (conversation.hasOlder.get()) await world.finish(conversation.loadOlder());
		return conversation.messages.get().map(({ text, gone }) => gone?.how ?? parseInt(text));
	}
	return { world, alice, bob, space, numbersOn };
}

const ALL = Array.from({ length: MESSAGES }, (_, n) => n);
const keyOf = (node: SimulatedNode): string => toHex(node.self.device.publicKey);
const copyOn = (node: SimulatedNode): CopyView | undefined =>
	node.running ? node.messenger.devices.copies.get()[0] : undefined;
const stateOn = (node: SimulatedNode): string | undefined => copyOn(node)?.state;
const isHalfWay = (node: SimulatedNode): boolean => {
	const { done = 0, of = 0 } = copyOn(node) ?? {};
	return done > 0 && done < of;
};

describe('a history', () => {
	it('[HC1] [HC4] follows to a linked device, with the same progress on both', async () => {
		const { world, alice, numbersOn } = await story(741);
		const phone = await linkDevice(world, alice, 'Phone');
		const seen = new Set<string>();
		phone.messenger.devices.copies.subscribe((all) => {
			for (const { state, done, of } of all) if (state === 'copying') seen.add(`${done}/${of}`);
		});
		await world.until(() => stateOn(phone) === 'done', 60_000, 'all is copied');
		await world.until(() => stateOn(alice) === 'done', 5000, 'and known there');
		expect(copyOn(phone)).toMatchObject({ gives: false, done: MESSAGES, of: MESSAGES });
		expect(copyOn(alice)).toMatchObject({ gives: true, done: MESSAGES, of: MESSAGES });
		expect(seen.size).toBeGreaterThan(2);
		expect(await numbersOn(phone)).toEqual(ALL);
		expect(phone.messenger.spaces.get()[0]?.unread).toBe(0);
		// Nothing of it is begun again by a start.
		for (const node of [phone, alice]) await node.stop();
		for (const node of [phone, alice]) await node.start();
		await world.run(60_000);
		for (const node of [phone, alice]) expect(copyOn(node)).toBeUndefined();
		expect(await numbersOn(phone)).toEqual(ALL);
	});

	it.each(['Phone', 'Alice'])('[HC4] goes on where it was after %s was away', async (who) => {
		const { world, alice, numbersOn } = await story(742);
		const phone = await linkDevice(world, alice, 'Phone');
		await world.until(() => isHalfWay(phone), 60_000, 'a part is copied');
		const away = who === 'Phone' ? phone : alice;
		const other = away === phone ? alice : phone;
		const before = copyOn(phone)?.done ?? 0;
		await away.stop();
		await world.until(() => stateOn(other) === 'away', 60_000, 'the other one waits');
		await away.start();
		expect(copyOn(phone)).toMatchObject({ state: 'away' });
		expect(copyOn(phone)?.done).toBeGreaterThanOrEqual(before);
		const least = { done: Infinity };
		phone.messenger.devices.copies.subscribe(([each]) => {
			if (each?.state === 'copying') least.done = Math.min(least.done, each.done);
		});
		await world.until(() => stateOn(phone) === 'done', 60_000, 'all is copied');
		expect(least.done).toBeGreaterThanOrEqual(before);
		expect(await numbersOn(phone)).toEqual(ALL);
	});

	it('[HC2] goes over a direct link and no other way, and both say that this is what is missing', async () => {
		const { world, alice, numbersOn } = await story(743);
		world.network.blockDirect(() => true);
		const phone = await linkDevice(world, alice, 'Phone');
		await world.run(60_000);
		expect(stateOn(alice)).toBe('indirect');
		// It has not even heard of an offer.
		expect(copyOn(phone)).toBeUndefined();
		expect(await numbersOn(phone)).toEqual([]);
		world.network.blockDirect(() => false);
		await world.until(() => stateOn(phone) === 'done', 120_000, 'all is copied');
		expect(await numbersOn(phone)).toEqual(ALL);
	});

	it.each(['Phone', 'Alice'])(
		'[HC1] ends where %s cancels it, also for who hears of that later, and can be had again',
		async (who) => {
			const { world, alice, numbersOn } = await story(744);
			const phone = await linkDevice(world, alice, 'Phone');
			await world.until(() => isHalfWay(phone), 60_000, 'a part is copied');
			const [here, there] = who === 'Phone' ? [phone, alice] : [alice, phone];
			await there.stop();
			await world.finish(here.messenger.devices.endCopy(keyOf(there)));
			expect(stateOn(here)).toBe('stopped');
			await there.start();
			await world.until(() => (stateOn(there) ?? 'stopped') === 'stopped', 60_000, 'heard');
			await world.run(30_000);
			expect(stateOn(here)).toBe('stopped');
			const some = await numbersOn(phone);
			expect(some.length).toBeLessThan(MESSAGES);
			const again = alice.messenger.devices.copyTo(keyOf(phone));
			expect(await world.finish(again)).toEqual({ ok: true });
			await world.until(() => stateOn(phone) === 'done', 60_000, 'all is copied');
			expect(await numbersOn(phone)).toEqual(ALL);
		},
	);

	it('[HC2] is not for a device that has ended', async () => {
		const { world, alice } = await story(745);
		world.network.blockDirect(() => true);
		const phone = await linkDevice(world, alice, 'Phone');
		await world.run(5000);
		await phone.stop();
		await world.finish(alice.messenger.devices.remove(keyOf(phone)));
		expect(copyOn(alice)).toBeUndefined();
		const again = alice.messenger.devices.copyTo(keyOf(phone));
		expect((await world.finish(again)).ok).toBe(false);
	});

	it('[HC1] is taken from a device that has it by one that came to it over a third', async () => {
		const { world, alice, numbersOn } = await story(746);
		const phone = await linkDevice(world, alice, 'Phone');
		await world.until(() => stateOn(phone) === 'done', 60_000, 'all is copied');
		await alice.stop();
		const tablet = await linkDevice(world, phone, 'Tablet');
		await world.until(() => stateOn(tablet) === 'done', 60_000, 'all is copied');
		expect(await numbersOn(tablet)).toEqual(ALL);
	});
});
