// Members who write, admit, leave, fork and lie, read in any order: what a space says is a function of its entries.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Authority, ControlEntry, Forks } from '#lib/crdt/authority-state.ts';
import { createResolver, resolveAuthority, type Resolver } from '#lib/crdt/authority.ts';
import { ancestorsOf } from '#lib/crdt/causality.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import type { Fence } from '#lib/protocol/moderation.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { toHex } from '#lib/util/bytes.ts';
import {
	admit,
	ban,
	byKey,
	channel,
	epoch,
	enrol,
	fence,
	found,
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
	unban,
	type Pen,
	type Person,
} from '../support/authority-world.ts';
import { createReader, digest, type Item } from '../support/ledger-reader.ts';

const people = ['Alice', 'Bob', 'Carol', 'Dora', 'Eve'].map((name) => person(name));

const WHAT = [
	...(['say', 'say', 'channel', 'invite', 'admit', 'admit', 'admit', 'epoch', 'epoch'] as const),
	...(['leave', 'fork', 'grant', 'grant', 'revoke', 'ban', 'ban', 'unban', 'recall'] as const),
	...(['enrol', 'revoke-device', 'purge', 'shadow'] as const),
];

interface Step {
	readonly who: number;
	readonly what: (typeof WHAT)[number];
	/** Draws heads, invitations and so on. */
	readonly draw: number;
	/** Builds on this many of the latest entries. */
	readonly heads: number;
	/** Jumps ahead of everybody's clock, sometimes. */
	readonly ahead: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
	who: fc.nat(people.length - 1),
	what: fc.constantFrom(...WHAT),
	draw: fc.nat(1000),
	heads: fc.integer({ min: 1, max: 3 }),
	ahead: fc.boolean(),
});

/** Everything that came of the steps; honest about heads and times, dishonest about everything else. */
function play(steps: readonly Step[]) {
	const pens = people.map((who): Pen => pen(who));
	const founder = pens[0] as Pen;
	const world = found(founder);
	const items: Item[] = [{ entry: world.genesis.entry, control: world.genesis }];
	const put = (control: ControlEntry): ControlEntry => {
		items.push({ entry: control.entry, control });
		return control;
	};
	const wide = put(world.write(founder, invite(25)));
	const [, bob, carol] = people as [Person, Person, Person];
	put(world.write(founder, epoch(people[0] as Person)));
	put(world.write(founder, admit(bob, wide)));
	put(world.write(founder, admit(carol, wide)));
	const first = put(world.write(founder, invite(2)));
	put(world.write(founder, grant(bob)));
	put(world.write(founder, grant(carol)));
	const said: Entry[] = [];
	const earlier = new Map<Person, Fence>();
	const of = <T>(list: readonly T[], draw: number): T => list[draw % list.length] as T;
	for (const { who, what, draw, heads, ahead } of steps) {
		const by = pens[who] as Pen;
		const on = Array.from({ length: heads }, (_, n) => of(world.all, draw * (n + 1)));
		on.push(of(world.all.slice(-3), draw));
		const times = on.map(({ entry }) => entry.header.time.ms);
		const at = Math.max(nextTime(), ...times) + (ahead ? 50_000 : 1);
		const place = { on: [...new Set(on)].slice(0, 16), at };
		const target = of(people, draw);
		// As of now, of some time before, or of nothing.
		const theirs = pens.filter((each) => each.who === target && draw % 7 !== 0);
		const end = draw % 3 === 0 ? (earlier.get(target) ?? []) : fence(...theirs);
		earlier.set(target, fence(...theirs));
		const invitations = world.all.filter(({ content }) => content.kind === KIND.invite);
		const epochs = world.all.filter(({ content }) => content.kind === KIND.epoch);
		switch (what) {
			case 'say':
				said.push(world.say(by, place));
				items.push({ entry: said.at(-1) as Entry, control: null });
				break;
			case 'channel':
				put(world.write(by, channel(`channel ${draw}`), place));
				break;
			case 'invite':
				put(world.write(by, invite(1 + (draw % 3)), place));
				break;
			case 'admit': {
				const content = admit(of(people, draw), of(invitations, draw) ?? first, of(epochs, draw));
				put(world.write(by, content, { ...place, on: [...place.on, of(invitations, draw)] }));
				break;
			}
			case 'epoch': {
				const seen = ancestorsOf(
					byKey(world.all),
					place.on.map(({ entry }) => entry.id),
				);
				const { devices } = resolveAuthority(world.space, seen, new Map());
				const members = people.filter(({ key }) => devices.get(key)?.active === true);
				put(world.write(by, epoch(...(draw % 5 === 0 ? people : members)), place));
				break;
			}
			case 'leave':
				if (draw % 2 === 0) put(world.write(by, leave, place));
				break;
			case 'grant':
				put(world.write(by, grant(target), place));
				break;
			case 'revoke':
				put(world.write(by, revoke(target, end), place));
				break;
			case 'ban':
				put(world.write(by, ban(target, end, draw % 2 === 0), place));
				break;
			case 'unban': {
				const bans = world.all.filter(({ content }) => content.kind === KIND.ban);
				if (bans.length > 0) put(world.write(by, unban(of(bans, draw)), place));
				break;
			}
			case 'recall':
				put(world.write(by, recall(of(invitations, draw)), place));
				break;
			case 'enrol':
				put(world.write(by, enrol(person(target.name, `device ${draw % 3}`)), place));
				break;
			case 'revoke-device':
				put(world.write(by, revokeDevice(by.who, end.slice(0, 1)), place));
				break;
			case 'purge':
				if (said.length > 0) put(world.write(by, purge(of(said, draw)), place));
				break;
			case 'shadow':
				put(world.write(by, shadowBan(target, end), place));
				break;
			case 'fork':
				// Goes back to where it was, and writes something else there.
				if (by.seq > 0) {
					const { seq, prev } = by;
					items.push({ entry: world.say(by, place), control: null });
					Object.assign(by, { seq, prev });
					put(world.write(by, invite(), { ...place, at: at + 1 }));
				}
				break;
		}
	}
	return { world, items };
}

const shuffled = <T>(items: readonly T[], seed: number): T[] => {
	const keyed = items.map(
		(item, n) => [Math.imul(seed + n * 7919, 0x9e3779b1) >>> 0, item] as const,
	);
	return keyed.sort(([a], [b]) => a - b).map(([, item]) => item);
};

const plan = fc.array(step, { minLength: 10, maxLength: 40, size: 'max' });

/** All that an authority log says, in an order of its own. */
const told = (authority: Authority): unknown => [
	[...authority.verdicts].sort(),
	authority.liveEpochs.map(({ entry, holders }) => [toHex(entry), [...holders].sort()]),
	[...authority.devices].map(([key, { active }]) => `${key} ${active}`).sort(),
	[...authority.people].map(([key, { active, name }]) => `${key} ${name} ${active}`).sort(),
	[...authority.ranks].sort(),
	[...authority.fences].map(([key, { seq, id }]) => `${key} ${seq} ${id && toHex(id)}`).sort(),
	[...authority.bans].map(([key, { undone }]) => `${key} ${undone && toHex(undone)}`).sort(),
	[...authority.purges.keys()].sort(),
	[...authority.invites].map(([key, { used }]) => `${key} ${used}`).sort(),
	[...authority.ended].sort(),
	[...authority.shadowed].sort(),
	authority.channels.map(({ id, name }) => `${toHex(id)} ${name}`),
];

describe('a space', () => {
	it('[AU1] [FD4] says the same in whatever order, and however often, its entries come', () => {
		fc.assert(
			fc.property(plan, fc.nat(), fc.nat(), (steps, one, two) => {
				const { world, items } = play(steps);
				const [a, b, c] = [one, two, one + two].map(() => createReader(world.space));
				a?.settle(items);
				b?.settle(shuffled(items, one));
				// Another hears of one half long before it hears of the other.
				const mixed = shuffled(items, two);
				c?.settle(mixed.slice(0, mixed.length / 2));
				c?.settle([...mixed, ...mixed]);
				if (a === undefined || b === undefined || c === undefined) throw new Error('three');
				expect(digest(b.ledger)).toBe(digest(a.ledger));
				expect(digest(c.ledger)).toBe(digest(a.ledger));
			}),
			{ numRuns: 150 },
		);
	});

	it('[AU1] [FE1] and whether or not a fork beyond a fence was seen', () => {
		const [alice, bob] = people as [Person, Person];
		const [hers, his] = [pen(alice), pen(bob)];
		const world = found(hers);
		const link = world.write(hers, invite());
		world.write(hers, admit(bob, link));
		const on = world.all.slice(-1);
		const at = nextTime();
		world.write(his, invite(), { on, at: at + 1 });
		const other = { ...his };
		const said: Item = { entry: world.say(his, { on, at: at + 2 }), control: null };
		// In the place of the message, and by its time before what stands before it.
		world.write(other, invite(), { on, at });
		world.write(hers, revokeDevice(bob, []), { on });
		const items = world.all.map((control): Item => ({ entry: control.entry, control }));
		const [seen, unseen] = [createReader(world.space), createReader(world.space)];
		seen.settle([...items.slice(0, 4), said, ...items.slice(4)]);
		unseen.settle([...items, said]);
		const frozenAt = [seen, unseen].map(
			({ ledger }) => ledger.feeds.get(bob.key)?.frozenAt ?? null,
		);
		expect(frozenAt).toEqual([1, null]);
		expect(digest(unseen.ledger)).toBe(digest(seen.ledger));
	});

	it('[AU1] [FE1] has the same members for who knows of forks beyond the end of devices and who does not', () => {
		fc.assert(
			fc.property(plan, fc.nat(3), (steps, further) => {
				const { world } = play(steps);
				const judge = (forks: Forks): Resolver => {
					const resolver = createResolver(world.space, () => forks, { membersOnly: true });
					for (const control of world.all) resolver.take(control);
					return resolver;
				};
				const unknowing = judge(new Map());
				const ends = [...unknowing.ranks.deviceEnds];
				const forks = ends.map(([device, { seq }]) => [device, seq + 1 + further] as const);
				expect(told(judge(new Map(forks)).authority)).toEqual(told(unknowing.authority));
			}),
			{ numRuns: 150 },
		);
	});

	it('[AU1] is the same however the set is laid out', () => {
		fc.assert(
			fc.property(plan, fc.nat(), (steps, seed) => {
				const { world } = play(steps);
				const lines = (entries: readonly ControlEntry[]): unknown =>
					told(resolveAuthority(world.space, byKey(entries), new Map()));
				expect(lines(shuffled(world.all, seed))).toEqual(lines(world.all));
			}),
		);
	});

	it('[AU1] is the same whether its entries are judged one by one as they come, or all at once', () => {
		fc.assert(
			fc.property(plan, fc.nat(), (steps, seed) => {
				const { world } = play(steps);
				const resolver = createResolver(world.space, () => new Map());
				const waiting = shuffled(world.all, seed);
				const taken = new Set<string>();
				while (waiting.length > 0) {
					const isReady = ({ entry }: ControlEntry): boolean =>
						entry.header.authorityHeads.every((head) => taken.has(toHex(head)));
					const [next] = waiting.splice(waiting.findIndex(isReady), 1);
					if (next === undefined) throw new Error('one is always ready');
					resolver.take(next);
					taken.add(next.entry.key);
					// Read now and then, so that what is here has been judged when the next comes.
					if ((seed + taken.size) % 3 === 0)
						expect(resolver.authority.verdicts.size).toBe(taken.size);
				}
				const whole = resolveAuthority(world.space, byKey(world.all), new Map());
				expect(told(resolver.authority)).toEqual(told(whole));
			}),
			{ numRuns: 150 },
		);
	});

	it('[FD5] [FD8] never builds on what it lacks, nor before its time', () => {
		fc.assert(
			fc.property(plan, fc.nat(), fc.nat(2_000_000), (steps, seed, later) => {
				const { world, items } = play(steps);
				const reader = createReader(world.space);
				reader.take(shuffled(items, seed));
				const now = later;
				const { ledger } = reader;
				const next = ledger.next((people[1] as Person).device, now);
				for (const head of next.authorityHeads) {
					const known = ledger.control.get(Buffer.from(head).toString('hex'));
					expect(known).toBeDefined();
					expect(known?.entry.header.time.ms).toBeLessThanOrEqual(now + 300_000);
				}
				// Everything that may be built upon is, directly or by what is built upon.
				const seen = ledger.seenAt(now);
				for (const [key, { entry }] of ledger.control) {
					expect(seen.has(key)).toBe(entry.header.time.ms <= now + 300_000);
				}
			}),
		);
	});
});
