// Which epoch a space is in, and when it needs another.
import { describe, expect, it } from 'vitest';
import { resolveAuthority } from '#lib/crdt/authority.ts';
import type { ControlEntry, Forks } from '#lib/crdt/authority-state.ts';
import { agedAt, latestEpochEntries, needsNewEpoch } from '#lib/crdt/epoch-choice.ts';
import { DAY } from '#lib/protocol/limits.ts';
import { compare, toHex } from '#lib/util/bytes.ts';
import {
	admit,
	byKey,
	channel,
	epoch,
	fence,
	found,
	grant,
	invite,
	leave,
	named,
	pen,
	person,
	revoke,
	type AuthorityWorld,
	type Pen,
} from '../../support/authority-world.ts';

const [alice, bob, carol] = [person('Alice'), person('Bob'), person('Carol')];
const resolve = (world: AuthorityWorld, forks: Forks = new Map()) =>
	resolveAuthority(world.space, byKey(world.all), forks);
const currentOf = (world: AuthorityWorld): string => {
	const { epoch: current } = resolve(world);
	return current === null ? 'none' : toHex(current.entry);
};
const verdictOf = (world: AuthorityWorld, control: ControlEntry, forks?: Forks) =>
	resolve(world, forks).verdicts.get(control.entry.key);

/** Alice and Bob in the space's first epoch. */
function begun() {
	const [hers, his] = [pen(alice), pen(bob)];
	const world = found(hers);
	const first = world.write(hers, epoch(alice));
	const invitation = world.write(hers, invite());
	const admission = world.write(hers, admit(bob, invitation, first));
	return { hers, his, world, first, invitation, admission };
}

describe('an epoch', () => {
	it('[EP1] is void unless its recipients are exactly the members that its author had seen', () => {
		const { world, hers, first } = begun();
		const write = (content: ReturnType<typeof epoch>): ControlEntry =>
			world.write(hers, content, { on: world.all.slice(3, 4) });
		expect(verdictOf(world, first)).toBe('valid');
		expect(verdictOf(world, write(epoch(alice)))).toBe('wrong-recipients');
		expect(verdictOf(world, write(epoch(alice, bob, carol)))).toBe('wrong-recipients');
		expect(verdictOf(world, write(epoch(alice, carol)))).toBe('wrong-recipients');
		expect(verdictOf(world, write(epoch(alice, bob, bob)))).toBe('wrong-recipients');
		expect(verdictOf(world, write(epoch(bob, alice)))).toBe('valid');
	});

	it('[EP1] is judged by what its author had seen, not by what came at the same time', () => {
		const { world, hers, his, invitation, admission } = begun();
		world.write(hers, admit(carol, invitation), { on: [admission] });
		const without = world.write(his, epoch(alice, bob), { on: [admission] });
		const with_ = world.write(his, epoch(alice, bob, carol), { on: [admission] });
		expect(verdictOf(world, without)).toBe('valid');
		expect(verdictOf(world, with_)).toBe('wrong-recipients');
	});

	it('[EP1] counts neither void admissions nor those beyond a fork among the members', () => {
		const { world, hers } = begun();
		const narrow = world.write(hers, invite(1));
		world.write(hers, admit(carol, narrow));
		const spent = world.write(hers, admit(person('Dora'), narrow));
		const fair = world.write(hers, epoch(alice, bob, carol));
		const generous = world.write(hers, epoch(alice, bob, carol, person('Dora')), { on: [spent] });
		expect(verdictOf(world, fair)).toBe('valid');
		expect(verdictOf(world, generous)).toBe('wrong-recipients');

		const other = begun();
		const stray = other.world.write(other.his, admit(carol, other.invitation));
		const onIt = other.world.write(other.hers, epoch(alice, bob, carol));
		const forks = new Map([[bob.key, stray.entry.header.seq]]);
		expect(verdictOf(other.world, onIt)).toBe('valid');
		expect(verdictOf(other.world, onIt, forks)).toBe('wrong-recipients');
	});

	it('[EP2] gives way to one that builds on it', () => {
		const { world, hers, his, first } = begun();
		expect(currentOf(world)).toBe(first.entry.key);
		const second = world.write(hers, epoch(alice, bob));
		expect(currentOf(world)).toBe(second.entry.key);
		world.write(his, invite());
		const third = world.write(his, epoch(alice, bob));
		expect(currentOf(world)).toBe(third.entry.key);
		expect(resolve(world).epochs).toHaveLength(3);
		const void_ = world.write(his, epoch(alice));
		expect(verdictOf(world, void_)).toBe('wrong-recipients');
		expect(currentOf(world)).toBe(third.entry.key);
	});

	it('[EP2] of several made at once is the one with the lowest id, until one follows them all', () => {
		const { world, hers, his, admission } = begun();
		const on = [admission];
		const both = [
			world.write(hers, epoch(alice, bob), { on }),
			world.write(his, epoch(alice, bob), { on }),
		];
		const [lowest] = [...both].sort((a, b) => compare(a.entry.id, b.entry.id));
		expect(currentOf(world)).toBe(lowest?.entry.key);
		expect(resolve(world).liveEpochs).toHaveLength(2);
		expect(latestEpochEntries(byKey(world.all))).toHaveLength(2);
		const next = world.write(hers, epoch(alice, bob), { on: both });
		expect(currentOf(world)).toBe(next.entry.key);
		expect(latestEpochEntries(byKey(world.all))).toEqual([next]);
	});

	it('[EP5] hands on the keys of void epochs too: entries may be sealed in them', () => {
		const { world, hers, admission } = begun();
		const void_ = world.write(hers, epoch(alice), { on: [admission] });
		const valid = world.write(hers, epoch(alice, bob), { on: [admission] });
		expect(latestEpochEntries(byKey(world.all))).toEqual([void_, valid]);
	});

	it('[EP3] takes in the tokens of those admitted to it: joining needs no new one', () => {
		const { world, hers, his, first, invitation } = begun();
		expect(needsNewEpoch(resolve(world))).toBe(false);
		const [one, two] = [named('one'), named('two')];
		const on = world.all.slice(-1);
		world.write(hers, admit(carol, invitation, first, one), { on });
		world.write(his, admit(carol, invitation, first, two), { on });
		const tokens = resolve(world).epoch?.tokenHashes.get(carol.key);
		expect(tokens).toEqual([one, two]);
		expect(needsNewEpoch(resolve(world))).toBe(false);
	});

	it('[EP3] is due when somebody leaves', () => {
		const { world, hers, his } = begun();
		world.write(his, leave);
		expect(needsNewEpoch(resolve(world))).toBe(true);
		world.write(hers, epoch(alice));
		expect(needsNewEpoch(resolve(world))).toBe(false);
	});

	it('[EP3] is due when one of those in use leaves out a member', () => {
		const { world, hers, his, first, invitation, admission } = begun();
		const by = (who: Pen): ControlEntry => world.write(who, epoch(alice, bob), { on: [admission] });
		const [one, two] = [by(hers), by(his)];
		expect(needsNewEpoch(resolve(world))).toBe(false);
		// Carol joins the first epoch while others make new ones: both of them leave her out.
		world.write(hers, admit(carol, invitation, first), { on: [admission] });
		expect(needsNewEpoch(resolve(world))).toBe(true);
		// Let into one of two, she could not read what is sealed in the other.
		world.write(his, admit(carol, invitation, one), { on: [one] });
		expect(needsNewEpoch(resolve(world))).toBe(true);
		// Let into all of them, she takes the answer that comes first: nobody can tell whose keys she has.
		world.write(his, admit(carol, invitation, two), { on: [two] });
		expect(needsNewEpoch(resolve(world))).toBe(true);
		world.write(his, epoch(alice, bob, carol), { on: world.all.slice(3) });
		expect(needsNewEpoch(resolve(world))).toBe(false);
	});

	it('[EP3] is due when its keys were given to somebody whose admission is void', () => {
		const { world, hers, his, first } = begun();
		const narrow = world.write(hers, invite(1));
		world.write(hers, admit(carol, narrow, first), { on: [narrow] });
		expect(needsNewEpoch(resolve(world))).toBe(false);
		world.write(his, admit(person('Dora'), narrow, first), { on: [narrow] });
		expect(needsNewEpoch(resolve(world))).toBe(true);
		world.write(hers, epoch(alice, bob, carol), { on: world.all.slice(-2) });
		expect(needsNewEpoch(resolve(world))).toBe(false);
		// A false proof gives nobody anything.
		world.write(his, admit(person('Eve'), narrow, world.all.at(-1)), { proven: false });
		expect(needsNewEpoch(resolve(world))).toBe(false);
	});

	it('[EP11] is due when who was given the owner key is no Powernode any longer', () => {
		const { world, hers, his } = begun();
		world.write(hers, grant(bob));
		world.write(hers, epoch(alice, bob));
		expect(needsNewEpoch(resolve(world))).toBe(false);
		// Nobody's to revoke: it changes nothing.
		world.write(his, revoke(alice, []));
		expect(needsNewEpoch(resolve(world))).toBe(false);
		const revoked = world.write(hers, revoke(bob, fence(his)));
		expect(needsNewEpoch(resolve(world))).toBe(true);
		// One that knows nothing of it hands the owner key on again.
		world.write(his, epoch(alice, bob), { on: world.all.slice(-2, -1) });
		expect(needsNewEpoch(resolve(world))).toBe(true);
		world.write(hers, epoch(alice, bob), { on: [...world.all.slice(-1), revoked] });
		expect(needsNewEpoch(resolve(world))).toBe(false);
	});

	it('[EP12] is old a week after its own time', () => {
		const { world, hers } = begun();
		const made = world.write(hers, epoch(alice, bob));
		expect(agedAt(resolve(world))).toBe(made.entry.header.time.ms + 7 * DAY);
	});

	it('[EP3] is not due in a space that has none yet', () => {
		const hers = pen(alice);
		const world = found(hers);
		world.write(hers, channel('general'));
		expect(needsNewEpoch(resolve(world))).toBe(false);
		expect(currentOf(world)).toBe('none');
	});
});
