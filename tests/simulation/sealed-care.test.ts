// What is sealed for every member reaches those who came in by somebody who could not pass it on.
import { expect, it } from 'vitest';
import { fourPeople, rootOf } from './bans.ts';
import { invitationOf, isIn } from './world.ts';

it('[SH4] is given to newcomers once a relay takes it, though the Powernode ended before', async () => {
	const { world, relay, alice, bob, carol, space } = await fourPeople(57);
	const link = await invitationOf(world, bob, space);
	await world.run(3000);
	// Bob lets Dora in, and Alice puts him under a shadow-ban at the same time.
	world.network.partition([['Alice'], ['Bob', 'Carol', 'Dora', 'north']]);
	const dora = await world.addNode('Dora');
	await world.finish(alice.messenger.moderation(space).shadowBan(rootOf(bob), ''));
	await world.finish(dora.messenger.join(link));
	await world.until(() => isIn(dora, space), 30_000, 'Dora joins');
	await world.run(5000);
	dora.crash();
	// Alice hears of Dora when no relay is there.
	relay.stop();
	world.network.partition([]);
	const seesDora = (): boolean =>
		alice.messenger
			.members(space)
			.get()
			.some(({ name }) => name === 'Dora');
	await world.until(seesDora, 60_000, 'Alice sees Dora');
	await world.run(3000);
	alice.crash();
	carol.crash();
	relay.start();
	await alice.start();
	await world.run(5000);
	alice.crash();
	await dora.start();
	const isTold = async (): Promise<boolean> =>
		(await dora.kept(space)).ledger.authority.shadowed.has(rootOf(bob));
	for (let waited = 0; waited < 30 && !(await isTold()); waited++) await world.run(1000);
	expect(await isTold()).toBe(true);
	// It lies there no longer, and is not given again.
	await alice.start();
	await world.run(10_000);
	expect(relay.store.held()).toEqual([]);
});
