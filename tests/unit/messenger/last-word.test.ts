// What is still said to devices that are out.
import { expect, it } from 'vitest';
import { entryId, readEntry } from '#lib/crdt/check-entry.ts';
import { fallOf } from '#lib/messenger/fallen.ts';
import { createCutOff } from '#lib/messenger/delivery/cut-off.ts';
import type { Post } from '#lib/messenger/delivery/post-face.ts';
import { epochId } from '#lib/crypto/epoch.ts';
import { fallenBy, isPutOut, lastWordFor, openingFor } from '#lib/messenger/delivery/last-word.ts';
import type { ControlKey } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import {
	admit,
	anInvitation,
	carry,
	controlOf,
	createDevices,
	crypto,
	found,
	invite,
	level,
	startEpoch,
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

it('[BN4] who was let in before the epoch of the ban gets what opens it, once that epoch is over', async () => {
	const world = createDevices(50);
	const names = ['Alice', 'Bob', 'Carol'];
	const [alice, bob, carol] = await Promise.all(names.map((name) => world.device(name)));
	if (!alice || !bob || !carol) throw new Error('nobody there');
	await found(alice);
	await admit(alice, await invite(alice), bob);
	const invited = await invite(alice);
	await level(alice, bob);
	world.clock.advance(1000);
	const begun = await startEpoch(alice);
	const { rootHash: target } = bob.self;
	await write(alice, { kind: KIND.ban, target, fence: [], voidInvites: false, reason: 'Spam' });
	// Bob knows of neither when he lets Carol in.
	await admit(bob, invited, carol);
	await carry(controlOf(bob), alice);
	const { ledger, ring } = alice.space;
	const said = lastWordFor(ledger, carol.key, carol.space.ledger.authorityHeads());
	const opening = () => openingFor(ledger, ring, carol.key, said);
	// Members write in it still.
	expect(opening()).toEqual([]);
	await startEpoch(alice);
	const { epoch } = begun.header.key;
	const isOfIt = ({ maker, key }: ControlKey): boolean => equal(epochId(crypto, key, maker), epoch);
	expect(opening().some(isOfIt)).toBe(true);
	const later = ledger.authority.liveEpochs.map(({ id }) => toHex(id));
	expect(opening().map(({ maker, key }) => toHex(epochId(crypto, key, maker)))).not.toContain(
		later[0],
	);
	expect(openingFor(ledger, ring, bob.key, said)).toEqual([]);

	await carry(said, carol);
	expect(fallOf(carol.space, carol.self)).toBeNull();
	// What fits nothing is of no use.
	await carol.space.takeControlKeys([{ maker: new Uint8Array(32), key: new Uint8Array(32) }]);
	expect(fallOf(carol.space, carol.self)).toBeNull();
	await carol.space.takeControlKeys(opening());
	expect(fallOf(carol.space, carol.self)).toBe('unfounded');
});

it('[LV1] the copy of an EPOCH carries what leads to it, as far as whom it is for may lack that', async () => {
	const world = createDevices(48);
	const [alice, bob] = [await world.device('Alice'), await world.device('Bob')];
	await found(alice);
	await admit(alice, await invite(alice), bob);
	await level(alice, bob);
	const held = bob.space.ledger.authorityHeads();
	const leading = await write(alice, anInvitation);
	const epoch = await startEpoch(alice);
	const post = { isClosed: () => false } as unknown as Post;
	const copyFor = (heads: readonly Bytes[]): string[] => {
		const cutOff = createCutOff(
			alice.ports,
			alice.self,
			alice.space,
			post,
			() => heads,
			() => false,
		);
		const packets = cutOff.toLeave(epoch.packet, [bob.key], []);
		cutOff.stop();
		return packets.map(({ header }) => toHex(entryId(crypto, header)));
	};
	expect(copyFor(held)).toEqual([leading.key, epoch.key]);
	expect(copyFor([leading.id])).toEqual([epoch.key]);
});
