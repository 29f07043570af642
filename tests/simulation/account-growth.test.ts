// A document that changes all the time, and what of it stays on the devices that share it.
import { expect, it } from 'vitest';
import { decodeHeader, decodePacket, KIND } from '#lib/protocol/entry.ts';
import { DAY } from '#lib/protocol/limits.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { toHex } from '#lib/util/bytes.ts';
import { linkDevice } from '#lib/simulation/own-devices.ts';
import { createWorld, found, isIn, useRelay, type World } from './world.ts';

/** After so many changes the whole is told. */
const WHOLE_EVERY = 64;

/** The changes of the account document that a node keeps: how many, with what content. */
function updatesOn(world: World, node: string) {
	const headers = world
		.disk(node)
		.rows()
		.filter(({ table }) => table === 'entry')
		.flatMap(({ value }) => {
			const packet = decodePacket(value);
			const header = packet.ok ? decodeHeader(packet.value.header) : undefined;
			if (!packet.ok || header?.ok !== true || header.value.kind !== KIND.update) return [];
			return [packet.value.body?.length ?? 0];
		});
	return { count: headers.length, withContent: headers.filter((length) => length > 0).length };
}

it('[AC8] keeps a bounded number of changes, and a device that was away catches up with the whole', async () => {
	const world = createWorld(771);
	await world.addRelay('north');
	const alice = await world.addNode('Alice');
	await useRelay(world, alice, 'north');
	const space = await found(world, alice);
	const phone = await linkDevice(world, alice, 'Phone');
	const tablet = await linkDevice(world, alice, 'Tablet');
	const nodes = [alice, phone, tablet];
	await world.run(60_000);
	let changes = 0;
	/** Each told by itself. */
	async function change(times: number): Promise<void> {
		for (let n = 0; n < times; n++) {
			changes += 1;
			await world.finish(phone.messenger.settings.set('appearance', `choice ${changes}`));
			await world.run(3200);
		}
	}
	const bound = 2 * WHOLE_EVERY + 24;

	await tablet.stop();
	await world.run(20_000);
	await change(3 * WHOLE_EVERY);
	for (const node of ['Alice', 'Phone']) {
		const { count, withContent } = updatesOn(world, node);
		// The tablet has got none of them: their headers are there for it.
		expect(count).toBeGreaterThan(3 * WHOLE_EVERY);
		expect(withContent).toBeLessThan(bound);
	}

	// Its relay has forgotten what waited there by then.
	for (const node of nodes) if (node.running) await node.stop();
	await world.run(40 * DAY);
	for (const node of nodes) await node.start();
	await world.run(60_000);
	expect(tablet.messenger.settings.get('appearance')).toBe(`choice ${changes}`);
	expect(tablet.messenger.spaces.get().map(({ id }) => id)).toEqual([space]);

	// Everybody has all of it now, and it is old.
	await change(WHOLE_EVERY + 1);
	await world.run(20_000);
	for (const node of ['Alice', 'Phone', 'Tablet']) {
		expect(updatesOn(world, node).count).toBeLessThan(bound);
	}
	for (const node of nodes) {
		await node.stop();
		await node.start();
	}
	await world.run(30_000);
	await change(1);
	for (const node of nodes) {
		expect(node.messenger.settings.get('appearance')).toBe(`choice ${changes}`);
	}
	const late = await linkDevice(world, tablet, 'Late one');
	await world.until(
		() => late.messenger.settings.get('appearance') === `choice ${changes}`,
		60_000,
		'a further device has it too',
	);
});

/** The kept document, bytes. */
const documentOn = (world: World, node: string): string =>
	world
		.disk(node)
		.rows()
		.filter(({ table }) => table === 'account')
		.map(({ key, value }) => `${key}${Buffer.from(value).toString('hex')}`)
		.join();

it('[AC9] begins anew, and a device that was away brings along what it had changed', async () => {
	const world = createWorld(772);
	await world.addRelay('north');
	const alice = await world.addNode('Alice');
	await useRelay(world, alice, 'north');
	const space = await found(world, alice);
	const phone = await linkDevice(world, alice, 'Phone');
	await world.until(() => isIn(phone, space), 60_000, 'the phone is in');
	await world.run(40_000);
	const [channel] = alice.messenger.channels(space).get();
	if (channel === undefined) throw new Error('no channel');
	world.network.partition([['Alice', 'north'], ['Phone']]);
	await world.run(30_000);
	const id = toHex(phone.self.device.publicKey);
	await world.finish(phone.messenger.devices.rename(id, 'Pocket'));
	phone.messenger.drafts.set(space, channel.id, { text: 'from the road', replyTo: null });
	await world.run(40_000);
	// Worn out by two things that change in turn.
	for (let n = 0; n < 700; n++) {
		await world.finish(alice.messenger.settings.set('appearance', `choice ${n}`));
		await world.finish(alice.messenger.devices.rename(toHex(alice.self.device.publicKey), `${n}`));
	}
	await world.run(60_000);
	expect(documentOn(world, 'Alice').length / 2).toBeLessThan(6000);
	world.network.partition([]);
	await world.run(120_000);
	for (const node of [alice, phone]) {
		const names = node.messenger.devices.list.get().map(({ name }) => name);
		expect(names.sort()).toEqual(['699', 'Pocket']);
		expect(node.messenger.settings.get('appearance')).toBe('choice 699');
		expect(node.messenger.drafts.get(space, channel.id)?.text).toBe('from the road');
	}
	// Each has said that it is used, and nothing changes: nothing is written.
	const restart = async (node: SimulatedNode): Promise<void> => {
		await node.stop();
		await node.start();
		await world.run(60_000);
	};
	for (const node of [alice, phone]) await restart(node);
	for (const node of [alice, phone]) {
		const before = documentOn(world, node.name);
		await restart(node);
		expect(documentOn(world, node.name)).toBe(before);
	}
});
