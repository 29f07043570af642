// Who was let in by what turns out not to count hears so, keeps what is there, and comes back by another invitation.
import { expect, it } from 'vitest';
import { toHex } from '#lib/util/bytes.ts';
import {
	bringIn,
	createWorld,
	found,
	invitationOf,
	isIn,
	reader,
	say,
	talk,
	useRelay,
} from './world.ts';

it('[BN4] [AU12] a newcomer whose invitation was recalled is told so, reads on, and comes back by another', async () => {
	const world = createWorld(81);
	await world.addRelay('north');
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	await useRelay(world, alice, 'north');
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	const link = await invitationOf(world, alice, space);
	await world.run(5000);
	// Alice recalls it where nobody hears her, while Bob lets Carol in.
	world.network.partition([['Alice'], ['Bob', 'Carol', 'north']]);
	const [invitation] = alice.messenger
		.moderation(space)
		.invitations.get()
		.filter(({ mayRecall }) => mayRecall)
		.slice(0, 1);
	if (invitation === undefined) throw new Error('nothing to recall');
	await world.finish(alice.messenger.moderation(space).recall(invitation.id));
	const carol = await world.addNode('Carol');
	await world.finish(carol.messenger.join(link));
	await world.until(() => isIn(carol, space), 30_000, 'Carol joins');
	await say(world, bob, space, 'welcome');
	const hers = reader(carol, space);
	await world.until(() => hers().includes('welcome'), 20_000, 'Carol reads Bob');
	const outOf = () => carol.messenger.spaces.get().find(({ id }) => id === space)?.out;
	expect(outOf()).toBeNull();
	world.network.partition([]);
	await world.until(() => outOf() === 'recalled', 120_000, 'Carol hears that she is out');
	const names = (): string[] =>
		bob.messenger
			.members(space)
			.get()
			.map(({ name }) => name);
	expect(names()).not.toContain('Carol');
	// What is there stays, over a restart and for as long as she likes; she writes nothing.
	for (const node of [alice, bob, carol]) await node.stop();
	await world.run(25 * 3_600_000);
	await carol.start();
	await world.run(2 * 3_600_000);
	expect(outOf()).toBe('recalled');
	expect(carol.messenger.channels(space).get()[0]?.mayWrite).toBe(false);
	const again = reader(carol, space);
	await world.until(() => again().includes('welcome'), 5000, 'it is still readable');
	expect(await world.finish(talk(carol, space).send('hello?'))).toMatchObject({ ok: false });
	// Another invitation brings her back.
	await alice.start();
	await bob.start();
	await world.run(5000);
	const another = await invitationOf(world, alice, space);
	await world.finish(carol.messenger.join(another));
	await world.until(() => outOf() === null, 60_000, 'Carol is back');
	await world.until(() => names().includes('Carol'), 20_000, 'Bob sees her');
	await say(world, carol, space, 'here again');
	const his = reader(bob, space);
	await world.until(() => his().includes('here again'), 20_000, 'Bob reads Carol');
	expect(
		(await bob.kept(space)).ledger.authority.devices.has(toHex(carol.self.device.publicKey)),
	).toBe(true);
});
