// Where somebody's entries end to count, and what else moderation does to an authority log.
import { describe, expect, it } from 'vitest';
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import { createResolver, resolveAuthority } from '#lib/crdt/authority.ts';
import { purgeKey } from '#lib/crdt/membership.ts';
import { toHex } from '#lib/util/bytes.ts';
import {
	alice,
	bob,
	carol,
	community,
	dora,
	isIn,
	rankOf,
	resolve,
	verdictOf,
} from '../../support/authority-community.ts';
import {
	admit,
	ban,
	byKey,
	channel,
	editChannel,
	enrol,
	fence,
	grant,
	invite,
	leave,
	nextTime,
	pen,
	person,
	purge,
	recall,
	revoke,
	revokeDevice,
	shadowBan,
	shadowUnban,
	unban,
	type AuthorityWorld,
} from '../../support/authority-world.ts';

describe('a ban', () => {
	it('[FE1] ends what counts at the entry it names, whatever clocks say and whenever the rest comes', () => {
		const { world, pens } = community();
		const [hers, , carols] = pens;
		const before = world.write(carols, invite());
		const end = fence(carols);
		const seen = world.all.slice(-1);
		// Written before the ban by its clock, and kept back.
		const backdated = world.write(carols, invite(), { on: seen });
		world.write(hers, ban(carol, end), { on: seen });
		const later = world.write(carols, invite(), { on: seen });
		expect(verdictOf(world, before)).toBe('valid');
		expect(verdictOf(world, backdated)).toBe('beyond-fence');
		expect(verdictOf(world, later)).toBe('beyond-fence');
		expect(resolve(world).fences.get(carol.key)).toEqual({ seq: end[0]?.seq, id: end[0]?.id });
	});

	it('[FE2] names its last entry by id: another one in that place counts no more than those after it', () => {
		const { world, pens } = community();
		const [hers, , carols] = pens;
		const { seq, prev } = carols;
		const seen = world.all.slice(-1);
		const named = world.write(carols, invite(1), { on: seen });
		const end = fence(carols);
		Object.assign(carols, { seq, prev });
		const other = world.write(carols, invite(2), { on: seen });
		world.write(hers, ban(carol, end), { on: seen });
		// Who holds but one of the two knows of no fork, and yet knows which of them is the one.
		const without = (each: ControlEntry) =>
			resolveAuthority(world.space, byKey(world.all.filter((one) => one !== each)), new Map());
		expect(without(other).verdicts.get(named.entry.key)).toBe('valid');
		expect(without(named).verdicts.get(other.entry.key)).toBe('beyond-fence');
		expect(verdictOf(world, named)).toBe('forked');
	});

	it('[FE1] ends devices that it doesn’t list before their first entry', () => {
		const { world, pens } = community();
		const [hers, his] = pens;
		const laptop = person('Bob', 'laptop');
		world.write(his, enrol(laptop));
		expect(isIn(world, laptop)).toBe(true);
		const lap = pen(laptop);
		const seen = world.all.slice(-1);
		const said = world.write(lap, invite(), { on: seen });
		world.write(hers, ban(bob, fence(his)), { on: seen });
		expect(verdictOf(world, said)).toBe('beyond-fence');
		expect(isIn(world, laptop) || isIn(world, bob)).toBe(false);
	});

	it('[FE3] of several the lowest fence counts, and an undone one keeps its fence', () => {
		const { world, pens } = community();
		const [hers, his, carols] = pens;
		world.write(hers, grant(bob));
		const one = world.write(carols, invite());
		const low = fence(carols);
		const two = world.write(carols, invite());
		const high = fence(carols);
		const first = world.write(hers, ban(carol, high));
		expect(verdictOf(world, two)).toBe('valid');
		const second = world.write(his, ban(carol, low));
		expect(verdictOf(world, one)).toBe('valid');
		expect(verdictOf(world, two)).toBe('beyond-fence');
		world.write(hers, unban(first, second));
		expect(verdictOf(world, two)).toBe('beyond-fence');
		expect(resolve(world).bans.get(second.entry.key)?.undone).not.toBeNull();
	});

	it('[FE4] keeps its person out until it is undone, who then comes back with another device', () => {
		const { world, pens, wide } = community();
		const [hers, his, carols] = pens;
		const banned = world.write(hers, ban(bob, fence(his)));
		const phone = person('Bob', 'new phone');
		expect(verdictOf(world, world.write(hers, admit(phone, wide)))).toBe('banned');
		world.write(hers, unban(banned));
		expect(verdictOf(world, world.write(hers, admit(bob, wide)))).toBe('banned');
		expect(verdictOf(world, world.write(hers, admit(phone, wide)))).toBe('valid');
		const fresh = pen(phone);
		expect(verdictOf(world, world.write(fresh, invite()))).toBe('valid');
		expect(isIn(world, phone)).toBe(true);
		// Whoever admits without having seen that it was undone admits somebody who is banned.
		const tablet = person('Bob', 'tablet');
		const blind = world.write(carols, admit(tablet, wide), { on: [banned] });
		expect(verdictOf(world, blind)).toBe('banned');
	});

	it('[FE1] [AU10] is not got around by a junior’s grant that comes after it', () => {
		const { world, pens } = community();
		const [hers, his, carols] = pens;
		world.write(hers, grant(carol));
		world.write(his, invite());
		world.write(hers, ban(bob, fence(his)));
		world.write(carols, grant(bob));
		const after = world.write(his, grant(person('Eve')));
		expect(verdictOf(world, after)).toBe('beyond-fence');
	});

	it('[FE4] is undone by whoever is no junior of its author', () => {
		const { world, pens } = community();
		const [hers, his, carols, doras] = pens;
		world.write(hers, grant(bob));
		world.write(his, grant(carol));
		const banned = world.write(his, ban(dora, fence(doras)));
		expect(verdictOf(world, world.write(carols, unban(banned)))).toBe('not-senior');
		expect(resolve(world).bans.get(banned.entry.key)?.undone).toBeNull();
		expect(verdictOf(world, world.write(hers, unban(banned)))).toBe('valid');
		expect(verdictOf(world, world.write(hers, unban(world.genesis)))).toBe('unknown-target');
	});

	it('[AU12] voids the invitations of its person if it says so, but for whom its author saw come in', () => {
		for (const voids of [false, true]) {
			const { world, pens } = community();
			const [hers, his, carols] = pens;
			const link = world.write(his, invite());
			const [early, unseen] = [person('Early'), person('Unseen')];
			const seen = world.write(hers, admit(early, link));
			const kept = world.write(carols, admit(unseen, link), { on: [seen] });
			const end = fence(his);
			world.write(hers, ban(bob, end, voids), { on: [seen] });
			const late = world.write(carols, admit(person('Late'), link));
			expect(verdictOf(world, seen)).toBe('valid');
			expect(verdictOf(world, kept)).toBe(voids ? 'invite-recalled' : 'valid');
			expect(verdictOf(world, late)).toBe(voids ? 'invite-recalled' : 'valid');
		}
	});

	it('[AU10] that a senior’s revocation cuts off never was', () => {
		const { world, pens } = community();
		const [hers, his, carols] = pens;
		world.write(hers, grant(bob));
		const end = fence(his);
		const seen = world.all.slice(-1);
		const spite = world.write(his, ban(carol, fence(carols)), { on: seen });
		expect(isIn(world, carol)).toBe(false);
		world.write(hers, revoke(bob, end), { on: seen });
		expect(verdictOf(world, spite)).toBe('not-allowed');
		expect(isIn(world, carol)).toBe(true);
	});
});

describe('a device', () => {
	it('[FE5] ends where its root says, for good', () => {
		const { world, pens } = community();
		const [hers, his] = pens;
		const laptop = person('Bob', 'laptop');
		world.write(his, enrol(laptop));
		const kept = world.write(his, invite());
		const end = fence(his);
		const seen = world.all.slice(-1);
		const stolen = world.write(his, invite(), { on: seen });
		const lap = pen(laptop);
		world.write(lap, revokeDevice(bob, end), { on: seen });
		expect(verdictOf(world, kept)).toBe('valid');
		expect(verdictOf(world, stolen)).toBe('beyond-fence');
		expect(isIn(world, bob)).toBe(false);
		expect(isIn(world, laptop)).toBe(true);
		expect(resolve(world).people.get(toHex(bob.root))?.active).toBe(true);
		expect(verdictOf(world, world.write(hers, enrol(bob)))).toBe('banned');
	});

	it('[AU11] is enrolled for a member by any member, and for nobody else', () => {
		const { world, pens } = community();
		const [hers, his] = pens;
		expect(verdictOf(world, world.write(hers, enrol(person('Bob', 'laptop'))))).toBe('valid');
		expect(verdictOf(world, world.write(hers, enrol(person('Mallory'))))).toBe('not-a-member');
		world.write(hers, ban(bob, fence(his)));
		expect(verdictOf(world, world.write(hers, enrol(person('Bob', 'tablet'))))).toBe(
			'not-a-member',
		);
	});
});

describe('an invitation', () => {
	it('[AU12] is recalled by who made it or a senior, with all whom the recall had not seen come in', () => {
		const { world, pens } = community();
		const [hers, his, carols] = pens;
		const link = world.write(his, invite());
		const seen = world.write(hers, admit(person('Early'), link));
		const unseen = world.write(carols, admit(person('Unseen'), link), { on: [seen] });
		expect(verdictOf(world, world.write(carols, recall(link)))).toBe('not-allowed');
		expect(verdictOf(world, world.write(his, recall(link), { on: [seen] }))).toBe('valid');
		expect(verdictOf(world, seen)).toBe('valid');
		expect(verdictOf(world, unseen)).toBe('invite-recalled');
		expect(verdictOf(world, world.write(hers, recall(world.genesis)))).toBe('unknown-target');
		const another = world.write(carols, invite());
		expect(verdictOf(world, world.write(hers, recall(another)))).toBe('valid');
	});
});

describe('a channel', () => {
	it('[AU7] is renamed, closed and archived by Powernodes, the last word counting', () => {
		const { world, pens } = community();
		const [hers, his] = pens;
		const general = world.write(hers, channel('general'));
		expect(verdictOf(world, world.write(his, editChannel(general, { name: 'mine' })))).toBe(
			'not-allowed',
		);
		world.write(hers, grant(bob));
		world.write(his, editChannel(general, { name: 'news', readOnly: true }));
		expect(resolve(world).channels).toEqual([
			{ id: general.entry.id, name: 'news', archived: false, readOnly: true, timer: 0 },
		]);
		expect(verdictOf(world, world.write(hers, editChannel(world.genesis)))).toBe('unknown-target');
	});
});

describe('a purge', () => {
	it('[TB2] is of one’s own words anybody’s, of others’ a senior’s', () => {
		const { world, pens } = community();
		const [hers, his, carols] = pens;
		world.write(hers, grant(bob));
		const [word, other] = [world.say(carols), world.say(hers)];
		const { device, seq } = word.header;
		const key = purgeKey({ id: word.id, device, seq }, carol.root);
		expect(verdictOf(world, world.write(pens[3], purge(word)))).toBe('not-allowed');
		expect(resolve(world).purges.size).toBe(0);
		expect(verdictOf(world, world.write(his, purge(other)))).toBe('not-senior');
		expect(verdictOf(world, world.write(his, purge(word)))).toBe('valid');
		expect(resolve(world).purges.get(key)?.by).toEqual(bob.root);
		expect(verdictOf(world, world.write(carols, purge(world.say(carols))))).toBe('valid');
	});
});

describe('a purge of one’s own', () => {
	it('[TB1] of a place where nothing stands keeps nobody from purging what stands elsewhere', () => {
		const { world, pens } = community();
		const [hers, , carols] = pens;
		const spam = world.say(carols);
		const { device, seq } = spam.header;
		const decoy = { ...spam, header: { ...spam.header, seq: 999 } };
		expect(verdictOf(world, world.write(carols, purge(decoy)))).toBe('valid');
		expect(verdictOf(world, world.write(hers, purge(spam)))).toBe('valid');
		const found = resolve(world).purges.get(purgeKey({ id: spam.id, device, seq }, carol.root));
		expect(found?.by).toEqual(alice.root);
	});
});

describe('what does not depend on the order in which entries come', () => {
	/** The verdicts when this entry comes last. */
	const withLast = (world: AuthorityWorld, last: ControlEntry) => {
		const resolver = createResolver(world.space, () => new Map());
		for (const each of [...world.all.filter((one) => one !== last), last]) {
			resolver.take(each);
			expect(resolver.authority.verdicts.size).toBeGreaterThan(0);
		}
		return new Map(resolver.authority.verdicts);
	};

	it('[AU1] [AU12] a RECALL that does not build on its INVITE recalls nothing', () => {
		const { world, pens } = community();
		const [, his, carols] = pens;
		const laptop = person('Bob', 'laptop');
		world.write(his, enrol(laptop));
		const seen = world.all.slice(-1);
		const at = nextTime();
		const link = world.write(his, invite(), { on: seen, at: at + 100 });
		const early = world.write(pen(laptop), recall(link), { on: seen, at: at + 50 });
		const joined = world.write(carols, admit(person('Eve'), link), { on: [link], at: at + 200 });
		for (const last of [link, early, joined]) {
			if (last === link) continue;
			expect(withLast(world, last).get(early.entry.key)).toBe('unknown-target');
			expect(withLast(world, last).get(joined.entry.key)).toBe('valid');
		}
		expect(resolve(world).verdicts).toEqual(withLast(world, early));
	});

	it('[AU1] [FE2] a fence that names another entry in the same place ends the one that is held', () => {
		const { world, pens } = community();
		const [hers, , carols] = pens;
		const held = world.write(carols, invite());
		const [end] = fence(carols);
		const other = { feed: carol.device, seq: end?.seq ?? 0, id: world.genesis.entry.id };
		const banned = world.write(hers, ban(carol, [other]));
		expect(withLast(world, banned).get(held.entry.key)).toBe('beyond-fence');
		expect(withLast(world, held).get(held.entry.key)).toBe('beyond-fence');
	});

	it('[AU6] [FD2] who has left does nothing more by a clock that goes back', () => {
		const { world, pens } = community();
		const [hers, his] = pens;
		world.write(hers, grant(bob));
		const seen = world.all.slice(-1);
		const at = nextTime();
		world.write(his, leave, { on: seen, at: at + 1000 });
		const sneaky = world.write(his, grant(carol), { on: seen, at: at + 900 });
		expect(verdictOf(world, sneaky)).toBe('out-of-order');
		expect(rankOf(world, carol)).toBeUndefined();
	});
});

describe('a shadow-ban', () => {
	it('[SH1] hides what its person writes after its fence, and what an undoing had seen stays hidden', () => {
		const { world, pens } = community();
		const [hers, his] = pens;
		world.say(his);
		const end = fence(his);
		const flagged = world.write(hers, shadowBan(bob, end));
		const hidden = (seq: number): boolean => resolve(world).isHidden(toHex(bob.root), bob.key, seq);
		expect([end[0]?.seq ?? 0, his.seq].map(hidden)).toEqual([false, true]);
		expect(resolve(world).shadowed).toEqual(new Set([toHex(bob.root)]));
		world.say(his);
		world.write(hers, shadowUnban(fence(his), flagged));
		expect([his.seq - 1, his.seq].map(hidden)).toEqual([true, false]);
		expect(resolve(world).shadowed.size).toBe(0);
	});

	it('[SH2] changes nothing else, and hits no Powernode', () => {
		const { world, pens } = community();
		const [hers, his, carols] = pens;
		world.write(hers, grant(bob));
		world.write(hers, grant(carol));
		world.write(hers, shadowBan(bob, []));
		world.write(carols, shadowBan(bob, []));
		world.write(pens[3], shadowBan(carol, []));
		const authority = resolve(world);
		// The founder is senior to Bob, but a Powernode is to be revoked first.
		expect(authority.isHidden(toHex(bob.root), bob.key, 5)).toBe(true);
		expect(authority.isHidden(toHex(carol.root), carol.key, 5)).toBe(false);
		expect(verdictOf(world, world.write(his, invite()))).toBe('valid');
		expect(isIn(world, bob)).toBe(true);
	});
});
