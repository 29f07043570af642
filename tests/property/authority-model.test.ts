// The rules of rank and fence against a model of a few lines, which knows only histories where everybody sees everything;
// and the same with each rule taken out, which the model must notice.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RULES, type Rules } from '#lib/crdt/ranks.ts';
import { resolveAuthority } from '#lib/crdt/authority.ts';
import type { ControlEntry, Verdict } from '#lib/crdt/authority-state.ts';
import {
	admit,
	ban,
	byKey,
	channel,
	fence,
	found,
	grant,
	invite,
	pen,
	person,
	revoke,
	unban,
	type Pen,
} from '../support/authority-world.ts';

const NAMES = ['Alice', 'Bob', 'Carol', 'Dora', 'Eve', 'Finn'];

const step = fc.record({
	who: fc.nat(NAMES.length - 1),
	target: fc.nat(NAMES.length - 1),
	what: fc.constantFrom('grant', 'grant', 'revoke', 'ban', 'unban', 'channel', 'invite'),
	draw: fc.nat(100),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
const history = fc.array(step, { minLength: 5, maxLength: 40, size: 'max' });

/** Who ranks where and who is banned, as people would keep it on a sheet of paper. */
function createModel() {
	const ranks = new Map([[0, 0]]);
	const banned = new Set<number>();
	const bans = new Map<ControlEntry, number>();
	return {
		isBanned: (who: number) => banned.has(who),
		expects({ who, target, what }: Step, entry: ControlEntry, undone?: ControlEntry): Verdict {
			if (banned.has(who)) return 'beyond-fence';
			if (what === 'invite') return 'valid';
			const rank = ranks.get(who);
			if (rank === undefined) return 'not-allowed';
			const theirs = ranks.get(target) ?? Infinity;
			switch (what) {
				case 'grant':
					if (target === 0 || target === who) return 'not-allowed';
					ranks.set(target, Math.min(theirs, rank + 1));
					return 'valid';
				case 'revoke':
				case 'ban':
					if (theirs <= rank) return 'not-senior';
					ranks.delete(target);
					if (what === 'revoke') return 'valid';
					banned.add(target);
					bans.set(entry, rank);
					return 'valid';
				case 'unban': {
					const by = undone && bans.get(undone);
					if (by === undefined) return 'unknown-target';
					return rank > by ? 'not-senior' : 'valid';
				}
				default:
					return 'valid';
			}
		},
	};
}

/** Plays a history in which each entry builds on the one before, and tells where the resolver and the model differ. */
function differences(steps: readonly Step[], rules: Rules): unknown[] {
	const pens = NAMES.map((name): Pen => pen(person(name)));
	const [founder, ...others] = pens as [Pen, ...Pen[]];
	const world = found(founder);
	const link = world.write(founder, invite(25));
	for (const { who } of others) world.write(founder, admit(who, link));
	const model = createModel();
	const expected = new Map<string, Verdict>();
	for (const each of steps) {
		const by = pens[each.who] as Pen;
		const about = pens[each.target] as Pen;
		// Nobody makes a Powernode of somebody who is banned.
		if (each.what === 'grant' && model.isBanned(each.target)) continue;
		const bans = world.all.filter(({ content }) => 'voidInvites' in content);
		const undone = bans[each.draw % Math.max(1, bans.length)];
		if (each.what === 'unban' && undone === undefined) continue;
		const content = {
			grant: () => grant(about.who),
			revoke: () => revoke(about.who, fence(about)),
			ban: () => ban(about.who, fence(about)),
			unban: () => unban(undone as ControlEntry),
			channel: () => channel('another'),
			invite: () => invite(),
		}[each.what as 'grant']();
		const entry = world.write(by, content);
		expected.set(entry.entry.key, model.expects(each, entry, undone));
	}
	const { verdicts } = resolveAuthority(world.space, byKey(world.all), new Map(), { rules });
	return [...expected].filter(([key, verdict]) => verdicts.get(key) !== verdict);
}

/** One device's two continuations of one feed, of which a ban names an entry of the first: what counts of the second. */
function countsOfOther(shared: number, named: number, other: number, rules: Rules): number {
	const [hers, his] = [pen(person('Alice')), pen(person('Bob'))];
	const world = found(hers);
	world.write(hers, admit(his.who, world.write(hers, invite())));
	const write = (count: number): ControlEntry[] =>
		Array.from({ length: count }, () => world.write(his, invite(), { on: world.all.slice(1, 2) }));
	write(shared);
	const { seq, prev } = his;
	const first = write(named);
	const end = fence(his);
	Object.assign(his, { seq, prev });
	const second = write(other);
	world.write(hers, ban(his.who, end), { on: world.all.slice(1, 2) });
	const held = world.all.filter((each) => !first.includes(each));
	const { verdicts } = resolveAuthority(world.space, byKey(held), new Map(), { rules });
	return second.slice(named - 1).filter(({ entry }) => verdicts.get(entry.key) === 'valid').length;
}

const agrees = (rules: Rules) =>
	fc.property(history, (steps) => {
		expect(differences(steps, rules)).toEqual([]);
	});
const one = fc.integer({ min: 1, max: 4 });
const ends = (rules: Rules) =>
	fc.property(fc.nat(3), one, one, (shared, named, other) => {
		expect(countsOfOther(shared, named, other, rules)).toBe(0);
	});

describe('ranks and fences', () => {
	it('[AU9] [AU10] [FE1] [FE4] are what the model says', () => {
		fc.assert(agrees(RULES), { numRuns: 300 });
	});

	it('[FE2] leave nothing of a feed’s other continuation from the named place on', () => {
		fc.assert(ends(RULES));
	});

	it('[AU9] [AU10] are missed when seniority is not looked at', () => {
		const mutant: Rules = { ...RULES, isSenior: () => true };
		expect(fc.check(agrees(mutant), { numRuns: 300 }).failed).toBe(true);
		const equals: Rules = { ...RULES, isSenior: (rank, other) => rank <= other };
		expect(fc.check(agrees(equals), { numRuns: 300 }).failed).toBe(true);
	});

	it('[FE1] are missed when there is no fence', () => {
		const mutant: Rules = { ...RULES, isBeyond: () => false };
		expect(fc.check(agrees(mutant), { numRuns: 300 }).failed).toBe(true);
		expect(fc.check(ends(mutant)).failed).toBe(true);
	});

	it('[FE2] are missed when a fence looks at places alone', () => {
		const mutant: Rules = { ...RULES, isBeyond: (end, { header }) => header.seq > end.seq };
		expect(fc.check(ends(mutant)).failed).toBe(true);
	});
});
