// Who makes Powernodes, and who may remove whom.
import { describe, expect, it } from 'vitest';
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import { SPACE_KIND } from '#lib/protocol/content.ts';
import {
	alice,
	bob,
	carol,
	dora,
	community,
	isIn,
	rankOf,
	resolve,
	verdictOf,
} from '../../support/authority-community.ts';
import {
	admit,
	ban,
	channel,
	enrol,
	fence,
	found,
	grant,
	invite,
	leave,
	pen,
	person,
	revoke,
	revokeDevice,
	unban,
} from '../../support/authority-world.ts';

describe('a Powernode', () => {
	it('[AU9] is made by another, one rank below, and by nobody else', () => {
		const { world, pens } = community();
		const [hers, his, carols] = pens;
		expect(verdictOf(world, world.write(his, grant(bob)))).toBe('not-allowed');
		expect(verdictOf(world, world.write(carols, grant(bob)))).toBe('not-allowed');
		expect(verdictOf(world, world.write(hers, grant(bob)))).toBe('valid');
		expect(verdictOf(world, world.write(his, grant(carol)))).toBe('valid');
		expect([alice, bob, carol, dora].map((who) => rankOf(world, who))).toEqual([
			0,
			1,
			2,
			undefined,
		]);
		// Of several grants the best counts.
		world.write(hers, grant(carol));
		expect(rankOf(world, carol)).toBe(1);
	});

	it('[AU9] is one from its grant on, and not before', () => {
		const { world, pens, joined } = community();
		const [hers, his] = pens;
		const made = world.write(hers, grant(bob));
		const early = world.write(his, channel('early'), { on: joined });
		const late = world.write(his, channel('late'), { on: [made] });
		expect(verdictOf(world, early)).toBe('not-allowed');
		expect(verdictOf(world, late)).toBe('valid');
	});

	it('[AU10] removes juniors alone: not its like, not those above, not the founder', () => {
		const { world, pens } = community();
		const [hers, his, carols, doras] = pens;
		world.write(hers, grant(bob));
		world.write(hers, grant(carol));
		world.write(his, grant(dora));
		expect(verdictOf(world, world.write(his, ban(carol, fence(carols))))).toBe('not-senior');
		expect(verdictOf(world, world.write(his, revoke(carol, fence(carols))))).toBe('not-senior');
		expect(verdictOf(world, world.write(doras, ban(bob, fence(his))))).toBe('not-senior');
		expect(verdictOf(world, world.write(carols, ban(alice, fence(hers))))).toBe('not-senior');
		expect([alice, bob, carol, dora].every((who) => isIn(world, who))).toBe(true);
		expect(verdictOf(world, world.write(carols, ban(dora, fence(doras))))).toBe('valid');
		expect(isIn(world, dora)).toBe(false);
	});

	it('[AU10] [FE1] ends nobody else’s device by a fence that lists it', () => {
		const { world, pens } = community();
		const [hers, his, carols, doras] = pens;
		world.write(hers, grant(bob));
		const banned = world.write(his, ban(dora, fence(doras, hers, carols)));
		expect(verdictOf(world, banned)).toBe('valid');
		expect(isIn(world, dora)).toBe(false);
		expect([alice, bob, carol].every((who) => isIn(world, who))).toBe(true);
		const { fences } = resolve(world);
		expect([...fences.keys()]).toEqual([dora.key]);
		expect(verdictOf(world, world.write(hers, channel('still hers')))).toBe('valid');
	});

	it('[AU10] [FE1] and a root ends no device but its own', () => {
		const { world, pens } = community();
		const [, his] = pens;
		const other = { ...revokeDevice(bob, []), device: alice.device } as ControlEntry['content'];
		const written = world.write(his, other);
		expect(verdictOf(world, written)).not.toBe('valid');
		expect(isIn(world, alice)).toBe(true);
		expect(resolve(world).fences.size).toBe(0);
	});

	it('[AU10] and another of its rank who ban each other at once are both still there', () => {
		const { world, pens } = community();
		const [hers, his, carols] = pens;
		world.write(hers, grant(bob));
		const both = world.write(hers, grant(carol));
		const one = world.write(his, ban(carol, fence(carols)), { on: [both] });
		const two = world.write(carols, ban(bob, fence(his)), { on: [both] });
		expect([one, two].map((each) => verdictOf(world, each))).toEqual(['not-senior', 'not-senior']);
		expect(isIn(world, bob) && isIn(world, carol)).toBe(true);
	});

	it('[AU10] is none any longer by a revocation at the same time as its grant', () => {
		const { world, pens, joined } = community();
		const [hers, his] = pens;
		const first = world.write(hers, grant(bob), { on: joined });
		const taken = world.write(hers, revoke(carol, []), { on: [first] });
		const given = world.write(his, grant(carol), { on: [first] });
		expect(rankOf(world, carol)).toBeUndefined();
		// A grant that knows of the revocation makes a new beginning.
		world.write(his, grant(carol), { on: [taken, given] });
		expect(rankOf(world, carol)).toBe(2);
	});

	it('[FE1] keeps what it did up to the fence of its revocation, and nothing beyond', () => {
		const { world, pens } = community();
		const [hers, his] = pens;
		world.write(hers, grant(bob));
		const before = world.write(his, channel('before'));
		const end = fence(his);
		const seen = world.all.slice(-1);
		const secret = world.write(his, channel('secret'), { on: seen });
		world.write(hers, revoke(bob, end), { on: seen });
		const after = world.write(his, channel('after'));
		expect(verdictOf(world, before)).toBe('valid');
		expect(verdictOf(world, secret)).toBe('not-allowed');
		expect(verdictOf(world, after)).toBe('not-allowed');
		// Being a member is another matter.
		expect(verdictOf(world, world.write(his, invite()))).toBe('valid');
	});

	it('[AU9] that leaves and comes back is a member like any other', () => {
		const { world, pens, wide } = community();
		const [hers, his] = pens;
		world.write(hers, grant(bob));
		world.write(his, leave);
		expect(rankOf(world, bob)).toBeUndefined();
		world.write(hers, admit(bob, wide));
		expect(isIn(world, bob)).toBe(true);
		expect(verdictOf(world, world.write(his, channel('mine')))).toBe('not-allowed');
	});

	it('[FE1] [AU9] does not leave by what a device writes beyond where its root ended it', () => {
		const { world, pens } = community();
		const [hers, his] = pens;
		world.write(hers, grant(bob));
		const laptops = [person('Alice', 'laptop'), person('Bob', 'laptop')] as const;
		for (const [n, each] of [hers, his].entries()) world.write(each, enrol(laptops[n] ?? alice));
		const on = world.all.slice(-2);
		const ends = [fence(hers), fence(his)] as const;
		const gone = [hers, his].map((each) => world.write(each, leave, { on }));
		world.write(pen(laptops[0]), revokeDevice(alice, ends[0]), { on });
		world.write(pen(laptops[1]), revokeDevice(bob, ends[1]), { on });
		for (const each of gone) expect(verdictOf(world, each)).toBe('beyond-fence');
		expect(rankOf(world, alice)).toBe(0);
		expect(rankOf(world, bob)).toBe(1);
	});

	it('[FE1] [AU9] that came back after a ban does not leave by what the device from before writes', () => {
		const { world, pens, wide } = community();
		const [hers, his] = pens;
		const seen = world.all.slice(-1);
		const banned = world.write(hers, ban(bob, fence(his)));
		world.write(hers, unban(banned));
		const laptop = person('Bob', 'laptop');
		world.write(hers, admit(laptop, wide));
		world.write(hers, grant(bob));
		expect(verdictOf(world, world.write(his, leave, { on: seen }))).toBe('beyond-fence');
		expect(rankOf(world, bob)).toBe(1);
		expect(isIn(world, laptop)).toBe(true);
	});

	it('[AU7] is unknown in a direct space', () => {
		const mine = pen(alice);
		const world = found(mine, SPACE_KIND.direct);
		const link = world.write(mine, invite());
		world.write(mine, admit(bob, link));
		expect(rankOf(world, alice)).toBeUndefined();
		expect(verdictOf(world, world.write(mine, grant(bob)))).toBe('not-allowed');
		expect(verdictOf(world, world.write(mine, ban(bob, [])))).toBe('not-allowed');
	});
});
