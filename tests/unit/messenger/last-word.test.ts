// What is still said to devices that are out.
import { expect, it } from 'vitest';
import { readEntry } from '#lib/crdt/check-entry.ts';
import { fallOf } from '#lib/messenger/fallen.ts';
import { fallenBy, isPutOut, lastWordFor } from '#lib/messenger/delivery/last-word.ts';
import { KIND } from '#lib/protocol/entry.ts';
import {
	admit,
	carry,
	controlOf,
	createDevices,
	crypto,
	found,
	invite,
	level,
	write,
	type Device,
} from '../../support/devices.ts';

it('[BN2] [BN4] whom a recalled invitation lets fall is told of the RECALL, and of what leads to it', async () => {
	const world = createDevices(47);
	const [alice, bob, carol] = [
		await world.device('Alice'),
		await world.device('Bob'),
		await world.device('Carol'),
	];
	await found(alice);
	await admit(alice, await invite(alice), bob);
	const invited = await invite(alice);
	await level(alice, bob);
	// Bob lets Carol in, and does not know that Alice has thought otherwise.
	world.clock.advance(1000);
	const recall = { kind: KIND.recall, invite: invited.entry.id } as const;
	const recalled = await write(alice, recall);
	await admit(bob, invited, carol);
	expect(carol.space.ledger.authority.devices.get(carol.key)?.active).toBe(true);
	expect(isPutOut(bob.space.ledger, carol.key)).toBe(false);
	await carry(controlOf(bob), alice);
	await carry([recalled.packet], bob);
	for (const { space } of [alice, bob]) {
		expect(space.ledger.authority.verdicts.get(recalled.key)).toBe('valid');
		expect(isPutOut(space.ledger, carol.key)).toBe(true);
		expect(fallenBy(space.ledger, recall)).toEqual([carol.key]);
		const said = lastWordFor(space.ledger, carol.key, carol.space.ledger.authorityHeads());
		const ids = said.map((packet) => {
			const entry = readEntry(crypto, packet);
			return entry.ok ? entry.value.key : '';
		});
		expect(ids).toContain(recalled.key);
	}
	const said = lastWordFor(bob.space.ledger, carol.key, carol.space.ledger.authorityHeads());
	expect(fallOf(carol.space, carol.self)).toBeNull();
	await carry(said, carol);
	expect(carol.space.ledger.authority.devices.has(carol.key)).toBe(false);
	expect(fallOf(carol.space, carol.self)).toBe('recalled');
});

/** What a member holds that the fallen one lacks, and is told; then the fallen one's own node says why. */
async function tell(member: Device, fallen: Device) {
	const { ledger } = member.space;
	expect(isPutOut(ledger, fallen.key)).toBe(true);
	await carry(lastWordFor(ledger, fallen.key, fallen.space.ledger.authorityHeads()), fallen);
	return fallOf(fallen.space, fallen.self);
}

it('[BN4] [AU4] who came by an invitation that somebody else used up is told of the other', async () => {
	const world = createDevices(48);
	const names = ['Alice', 'Bob', 'Carol', 'Dave'];
	const [alice, bob, carol, dave] = await Promise.all(names.map((name) => world.device(name)));
	if (!alice || !bob || !carol || !dave) throw new Error('nobody there');
	await found(alice);
	await admit(alice, await invite(alice), bob);
	const once = await invite(alice, 1);
	await level(alice, bob);
	world.clock.advance(1000);
	const first = await admit(alice, once, dave);
	world.clock.advance(1000);
	const second = await admit(bob, once, carol);
	await carry(controlOf(bob), alice);
	const content = alice.space.ledger.control.get(first.key)?.content;
	if (content === undefined) throw new Error('not admitted');
	expect(fallenBy(alice.space.ledger, content)).toEqual([carol.key]);
	expect(alice.space.ledger.authority.verdicts.get(second.key)).toBe('invite-spent');
	expect(await tell(alice, carol)).toBe('spent');
	expect(fallOf(dave.space, dave.self)).toBeNull();
});

it('[BN4] [FE1] who was let in by somebody after the end of that somebody is told of the end', async () => {
	const world = createDevices(49);
	const names = ['Alice', 'Bob', 'Carol'];
	const [alice, bob, carol] = await Promise.all(names.map((name) => world.device(name)));
	if (!alice || !bob || !carol) throw new Error('nobody there');
	await found(alice);
	await admit(alice, await invite(alice), bob);
	const invited = await invite(alice);
	await level(alice, bob);
	world.clock.advance(1000);
	const ban = {
		kind: KIND.ban,
		target: bob.self.rootHash,
		fence: [],
		voidInvites: false,
		reason: 'Spam',
	} as const;
	await write(alice, ban);
	await admit(bob, invited, carol);
	await carry(controlOf(bob), alice);
	expect(fallenBy(alice.space.ledger, ban)).toEqual([carol.key]);
	expect(await tell(alice, carol)).toBe('unfounded');
});
