// Invitations of every kind, and what becomes of their links.
import { describe, expect, it } from 'vitest';
import { KIND } from '#lib/protocol/entry.ts';
import type { InvitationChoice } from '#lib/messenger/api.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { createWorld, found, isIn, useRelay, type World } from './world.ts';

async function community(seed: number) {
	const world = createWorld(seed);
	await world.addRelay('north');
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	await useRelay(world, alice, 'north');
	const space = await found(world, alice);
	return { world, alice, bob, space };
}

async function invite(world: World, by: SimulatedNode, space: string, choice?: InvitationChoice) {
	const invited = await world.finish(by.messenger.invite(space, choice));
	await world.run(500);
	return invited;
}
async function linkFor(world: World, by: SimulatedNode, space: string, choice?: InvitationChoice) {
	const invited = await invite(world, by, space, choice);
	if (!invited.ok) throw new Error(invited.error.type);
	return invited.value.link;
}

const roleOf = (at: SimulatedNode, space: string, name: string): string | undefined =>
	at.messenger
		.members(space)
		.get()
		.find((member) => member.name === name)?.role;

describe('an invitation', () => {
	it('[IN5] is the same when asked for again, also after a restart', async () => {
		const { world, alice, space } = await community(1);
		const first = await linkFor(world, alice, space);
		expect(await linkFor(world, alice, space)).toBe(first);
		await world.finish(alice.stop());
		await world.finish(alice.start());
		await world.run(1000);
		expect(await linkFor(world, alice, space)).toBe(first);
		const [listed] = alice.messenger.moderation(space).invitations.get();
		expect(listed).toMatchObject({ link: first, state: 'open', used: 0, uses: 100 });
	});

	it('[IN5] is another one of another kind, and once it is recalled', async () => {
		const { world, alice, bob, space } = await community(2);
		const usual = await linkFor(world, alice, space);
		const single = await linkFor(world, alice, space, { uses: 1, days: 1 });
		expect(single).not.toBe(usual);
		expect(await linkFor(world, alice, space, { uses: 1, days: 1 })).toBe(single);
		const moderation = alice.messenger.moderation(space);
		const recalled = moderation.invitations.get().find(({ link }) => link === usual);
		await world.finish(moderation.recall(recalled?.id ?? ''));
		expect(await linkFor(world, alice, space)).not.toBe(usual);
		await world.finish(bob.messenger.join(usual));
		const isRefused = (): boolean =>
			bob.messenger.spaces
				.get()
				.some(({ state, refusal }) => state === 'refused' && refusal === 'unknown');
		await world.until(isRefused, 30_000, 'Bob is told');
		// Another one lets him in, after all.
		await world.finish(bob.messenger.join(single));
		await world.until(() => isIn(bob, space), 20_000, 'Bob joins');
	});

	it('[IN7] opened again while one waits leaves the request as it is', async () => {
		const { world, alice, bob, space } = await community(4);
		const link = await linkFor(world, alice, space);
		await world.finish(alice.stop());
		await world.finish(bob.messenger.join(link));
		await world.run(3000);
		expect(bob.messenger.spaces.get().map(({ asked }) => asked)).toEqual([true]);
		await world.finish(bob.messenger.join(link));
		expect(bob.messenger.spaces.get().map(({ asked }) => asked)).toEqual([true]);
		await world.finish(bob.stop());
		await world.finish(alice.start());
		await world.run(5000);
		const admissions = [...(await alice.kept(space)).ledger.control.values()].filter(
			({ content }) => content.kind === KIND.admit,
		);
		expect(admissions).toHaveLength(1);
		await world.finish(bob.start());
		await world.until(() => isIn(bob, space), 20_000, 'Bob joins');
	});

	it('[IV1] for Powernodes makes one of whoever joins by it, and is theirs alone to make', async () => {
		const { world, alice, bob, space } = await community(3);
		const link = await linkFor(world, alice, space, { uses: 1, powernode: true });
		await world.finish(bob.messenger.join(link));
		const isMade = (): boolean => isIn(bob, space) && roleOf(bob, space, 'Bob') === 'powernode';
		await world.until(isMade, 30_000, 'Bob is made one');
		expect(roleOf(alice, space, 'Bob')).toBe('powernode');
		const carol = await world.addNode('Carol');
		await world.finish(carol.messenger.join(await linkFor(world, bob, space)));
		await world.until(() => isIn(carol, space), 20_000, 'Carol joins');
		expect(await invite(world, carol, space, { powernode: true })).toEqual({
			ok: false,
			error: { type: 'not-member' },
		});
	});
});
