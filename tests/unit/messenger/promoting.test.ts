// Who is owed the power that an invitation promised.
import { describe, expect, it } from 'vitest';
import { owedGrants } from '#lib/messenger/joining/promoting.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { inviteKeyOf } from '#lib/messenger/joining/invitations.ts';
import {
	admit,
	createDevices,
	crypto,
	found,
	level,
	write,
	type Device,
	type Invited,
} from '../../support/devices.ts';

async function inviteAs(device: Device, role: number): Promise<Invited> {
	const seed = device.ports.random.bytes(32);
	const { publicKey } = await inviteKeyOf(crypto, seed);
	const entry = await write(device, {
		kind: KIND.invite,
		inviteKey: publicKey,
		uses: 5,
		expiry: 0,
		role,
		lobbySecret: device.ports.random.bytes(32),
		relays: [],
	});
	return { entry, seed };
}

const owed = ({ space, self }: Device): Uint8Array[] =>
	owedGrants(space.ledger, self.rootHash).map(({ target }) => target);

describe('an invitation for Powernodes', () => {
	it('[IV1] makes its inviter owe a grant to whoever came by it, once', async () => {
		const devices = createDevices(71);
		const [alice, bob] = [await devices.device('Alice'), await devices.device('Bob')];
		await found(alice);
		await admit(alice, await inviteAs(alice, 1), bob);
		expect(owed(alice)).toEqual([bob.self.rootHash]);
		expect(owed(bob)).toEqual([]);
		await write(alice, { kind: KIND.grant, target: bob.self.rootHash });
		expect(owed(alice)).toEqual([]);
		// Taken back again: the invitation does not give it a second time.
		await write(alice, {
			kind: KIND.revoke,
			target: bob.self.rootHash,
			fence: [],
			reason: '',
		});
		expect(owed(alice)).toEqual([]);
	});

	it('[IV1] is worth nothing from somebody who has no such power, nor is another one', async () => {
		const devices = createDevices(72);
		const [alice, bob, carol, dora] = [
			await devices.device('Alice'),
			await devices.device('Bob'),
			await devices.device('Carol'),
			await devices.device('Dora'),
		];
		await found(alice);
		await admit(alice, await inviteAs(alice, 0), bob);
		expect(owed(alice)).toEqual([]);
		const invited = await inviteAs(bob, 1);
		await admit(bob, invited, carol);
		await level(alice, bob, carol);
		expect(owed(bob)).toEqual([]);
		expect(owed(alice)).toEqual([]);
		await write(alice, { kind: KIND.grant, target: bob.self.rootHash });
		await level(alice, bob, carol);
		await admit(bob, invited, dora);
		expect(owed(bob)).toHaveLength(2);
	});
});
