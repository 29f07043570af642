// What is still said to devices that are out.
import { expect, it } from 'vitest';
import { readEntry } from '#lib/crdt/check-entry.ts';
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
} from '../../support/devices.ts';

it('[BN2] whom a recalled invitation lets fall is told of the RECALL, and of what leads to it', async () => {
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
	await carry(said, carol);
	expect(carol.space.ledger.authority.devices.has(carol.key)).toBe(false);
});
