// Somebody who is put out of a space keeps the device with all its keys, and is handed the very packets that come after: what
// opens of them is what their real keys open, whatever is tried with them. [EP3] [RA7]
import { describe, expect, it } from 'vitest';
import { checkEntry, type Entry } from '#lib/crdt/check-entry.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { toHex } from '#lib/util/bytes.ts';
import { linkDevice } from '#lib/simulation/own-devices.ts';
import { addPerson, contentsThatOpen, textsThatOpen, underRatchets, type Loot } from './thief.ts';
import { bringIn, createWorld, found, isIn, reader, say, useRelay, type World } from './world.ts';

/** The last message that this device wrote, as it stands on its own disk. */
async function lastMessage(world: World, node: SimulatedNode, space: string): Promise<Entry> {
	const { ledger, kept } = await node.kept(space);
	const { publicKey } = node.self.device;
	for (let seq = ledger.feeds.get(toHex(publicKey))?.seq ?? -1; seq >= 0; seq--) {
		const packet = await kept.packet(publicKey, seq);
		const entry = packet && (await checkEntry(world.crypto, packet));
		if (entry?.ok && entry.value.header.kind === KIND.message) return entry.value;
	}
	throw new Error('nothing written');
}

const both = (first: Loot, second: Loot): Loot => ({
	rows: [...first.rows, ...second.rows],
	secrets: second.secrets,
});

describe('the real keys of a device that was put out', () => {
	it('[EP3] open the message before, and not the next one, where each is wrapped for each', async () => {
		const world = createWorld(741);
		await world.addRelay('north');
		const { node: alice } = await addPerson(world, 'Alice', false);
		const { node: bob, take } = await addPerson(world, 'Bob', false);
		const carol = await world.addNode('Carol', { direct: false });
		await useRelay(world, alice, 'north');
		const space = await found(world, alice);
		for (const node of [bob, carol]) await bringIn(world, alice, node, space);
		await world.run(5000);
		const copied = take();
		await say(world, alice, space, 'for Bob too');
		const before = await lastMessage(world, alice, space);
		expect(await textsThatOpen(world.crypto, copied, [before])).toEqual(['for Bob too']);
		const moderation = alice.messenger.moderation(space);
		const ban = moderation.ban(toHex(bob.self.rootHash), { reason: '', voidInvites: false });
		expect((await world.finish(ban)).ok).toBe(true);
		for (const [writer, text] of [
			[alice, 'at once'],
			[carol, 'soon after'],
		] as const) {
			const hers = reader(writer, space);
			await say(world, writer, space, text);
			await world.until(() => hers().includes(text), 5000, text);
			const next = await lastMessage(world, writer, space);
			expect(next.header.key.mode).toBe('direct');
			expect(await textsThatOpen(world.crypto, both(copied, take()), [next])).toEqual([]);
			await world.run(8000);
		}
	});

	it('[MD5] [EP3] that one’s own devices have ended open nothing that comes after, either', async () => {
		const world = createWorld(742);
		await world.addRelay('north');
		const { node: alice } = await addPerson(world, 'Alice', false);
		await useRelay(world, alice, 'north');
		const space = await found(world, alice);
		let loot = (): Loot => {
			throw new Error('nobody');
		};
		const phone = await linkDevice(world, alice, 'Phone', (secrets) => {
			loot = () => ({ rows: world.disk('Phone').rows(), secrets });
		});
		await world.until(() => isIn(phone, space), 60_000, 'the phone is in');
		await world.run(5000);
		const copied = loot();
		await say(world, alice, space, 'for the phone too');
		const before = await lastMessage(world, alice, space);
		expect(await textsThatOpen(world.crypto, copied, [before])).toEqual(['for the phone too']);
		await phone.stop();
		const removed = alice.messenger.devices.remove(toHex(phone.self.device.publicKey));
		expect(await world.finish(removed)).toEqual({ ok: true });
		await say(world, alice, space, 'without it');
		const next = await lastMessage(world, alice, space);
		expect(await textsThatOpen(world.crypto, both(copied, loot()), [next])).toEqual([]);
	});

	it(
		'[RA7] [EP3] open the message before, and not the next one, where they come under ratchets',
		{ timeout: 240_000 },
		async () => {
			const world = createWorld(743);
			await world.addRelay('north');
			const { node: alice } = await addPerson(world, 'Alice', false);
			const { node: bob, take } = await addPerson(world, 'Bob', false);
			await useRelay(world, alice, 'north');
			const space = await found(world, alice);
			await bringIn(world, alice, bob, space);
			for (let n = 2; n < 35; n++) {
				await bringIn(world, alice, await world.addNode(`Member ${n}`, { direct: false }), space);
			}
			await world.run(5000);
			const copied = take();
			await say(world, alice, space, 'for Bob too');
			const before = await lastMessage(world, alice, space);
			expect(before.header.key.mode).toBe('ratchet');
			expect(underRatchets(world.crypto, copied, before)).toBe('for Bob too');
			const moderation = alice.messenger.moderation(space);
			const ban = moderation.ban(toHex(bob.self.rootHash), { reason: '', voidInvites: false });
			expect((await world.finish(ban)).ok).toBe(true);
			await say(world, alice, space, 'at once');
			const next = await lastMessage(world, alice, space);
			expect(next.header.key.mode).toBe('ratchet');
			const all = both(copied, take());
			expect(underRatchets(world.crypto, all, next)).toBeUndefined();
			expect(await contentsThatOpen(world.crypto, all, [next])).toEqual([]);
		},
	);
});
