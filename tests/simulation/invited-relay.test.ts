// A relay whose operator invites, as a space's only one: whom it serves, and how.
import { describe, expect, it } from 'vitest';
import { hashInvitation } from '#lib/mailbox/proofs.ts';
import { encodeRelayLink } from '#lib/protocol/relay-link.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import type { SimulatedRelay } from '#lib/simulation/network.ts';
import { unwrap } from '#lib/util/result.ts';
import { linkDevice } from '#lib/simulation/own-devices.ts';
import { addressOf, bringIn, createWorld, found, isIn, reader, say, type World } from './world.ts';

/** What the operator prints for somebody. */
async function inviteTo(world: World, relay: SimulatedRelay): Promise<string> {
	const seed = world.random.bytes(32);
	const { publicKey } = await world.crypto.signingKey(seed);
	unwrap(await relay.store.invite(hashInvitation(world.crypto, publicKey), '', 1));
	return encodeRelayLink('https://aegis.test', relay.address, seed);
}
async function story(seed: number) {
	const world = createWorld(seed);
	const relay = await world.addRelay('private', true);
	const link = await inviteTo(world, relay);
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	unwrap(await world.finish(alice.messenger.addRelay(link)));
	return { world, relay, link, alice, bob };
}
const relaysOf = (node: SimulatedNode) => node.messenger.network.get().relays;

describe('a relay for invited people', () => {
	it('[RP6] [RP3] is added with its invitation, and not without', async () => {
		const { world, alice, bob, link } = await story(741);
		expect(await world.finish(bob.messenger.addRelay(addressOf('private')))).toMatchObject({
			error: { type: 'uninvited' },
		});
		expect(relaysOf(bob)).toEqual([]);
		await world.run(100);
		expect(relaysOf(alice)).toMatchObject([{ state: 'connected', guest: false }]);
		// What is passed on is the relay, not the invitation.
		expect(relaysOf(alice)[0]?.link).not.toBe(link);
		await alice.stop();
		await alice.start();
		await world.run(2000);
		expect(relaysOf(alice)).toMatchObject([{ state: 'connected', guest: false }]);
	});

	it('[MB29] serves all of a space that somebody invited began there, also while that one is away', async () => {
		const { world, alice, bob } = await story(742);
		const space = await found(world, alice);
		await bringIn(world, alice, bob, space);
		await world.run(3000);
		await alice.stop();
		const [carol, dave] = [await world.addNode('Carol'), await world.addNode('Dave')];
		await bringIn(world, bob, carol, space);
		await world.run(10_000);
		await world.finish(carol.messenger.leave(space));
		// Bob makes the next epoch, whose mailbox nobody invited has opened.
		await world.run(60_000);
		await bringIn(world, bob, dave, space);
		const his = reader(dave, space);
		await say(world, bob, space, 'without Alice');
		await world.until(() => his().includes('without Alice'), 20_000, 'Dave reads Bob');
		await dave.stop();
		await say(world, bob, space, 'for later');
		await world.run(5000);
		await bob.stop();
		await alice.start();
		await world.until(() => isIn(alice, space), 5000, 'Alice is back');
		const hers = reader(alice, space);
		await world.until(() => hers().includes('for later'), 30_000, 'Alice reads what waited');
	});

	it('[RP6] knows all devices of the person by one invitation', async () => {
		const { world, alice } = await story(743);
		const phone = await linkDevice(world, alice, 'Phone');
		await world.until(
			() => relaysOf(phone).some((relay) => relay.guest === false),
			60_000,
			'the phone shows the invitation',
		);
	});

	it('[RP6] [RV19] goes on with what is there when the invitation is revoked, and nothing begins there', async () => {
		const { world, relay, alice, bob } = await story(744);
		const space = await found(world, alice);
		await bringIn(world, alice, bob, space);
		const [invitation] = await relay.store.invitations();
		await relay.store.revoke(invitation?.number ?? 0);
		relay.stop();
		await world.run(1000);
		relay.start();
		await world.until(() => relaysOf(alice)[0]?.guest === true, 60_000, 'Alice is a guest');
		const his = reader(bob, space);
		await say(world, alice, space, 'still here');
		await world.until(() => his().includes('still here'), 20_000, 'Bob reads Alice');
		const before = relay.store.totals().mailboxes;
		await found(world, alice);
		await world.run(10_000);
		expect(relay.store.totals().mailboxes).toBe(before);
		const again = await inviteTo(world, relay);
		await world.finish(alice.messenger.addRelay(again));
		await world.run(100);
		expect(relaysOf(alice)).toMatchObject([{ guest: false }]);
	});
});
