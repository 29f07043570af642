// Feeds and the authority log as one device holds them.
import { beforeEach, describe, expect, it } from 'vitest';
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import { createLedger, type Ledger, type Placement } from '#lib/crdt/ledger.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { toHex } from '#lib/util/bytes.ts';
import {
	admit,
	channel,
	epoch,
	found,
	invite,
	leave,
	named,
	nextTime,
	pen,
	person,
	type AuthorityWorld,
	type Pen,
} from '../../support/authority-world.ts';
import { createReader, digest } from '../../support/ledger-reader.ts';

const [alice, bob] = [person('Alice'), person('Bob')];
const MINUTE = 60_000;

describe('a ledger', () => {
	let hers: Pen;
	let his: Pen;
	let world: AuthorityWorld;
	let ledger: Ledger;
	const placeAll = (controls: readonly ControlEntry[] = world.all): Placement[] =>
		controls.map((control) => ledger.place(control.entry, control));
	const place = (entry: Entry): Placement => ledger.place(entry, null);
	const seqOf = (who: Pen): number => ledger.feeds.get(who.who.key)?.seq ?? -1;

	beforeEach(() => {
		[hers, his] = [pen(alice), pen(bob)];
		world = found(hers);
		const invitation = world.write(hers, invite());
		world.write(hers, admit(bob, invitation));
		ledger = createLedger(world.space);
	});

	it('[FD1] takes a feed’s entries in unbroken order, and each once', () => {
		placeAll();
		const said = [world.say(his), world.say(his), world.say(his)] as const;
		expect(place(said[0])).toMatchObject({ type: 'added', chain: 'joined', control: false });
		expect(place(said[2])).toEqual({ type: 'waiting', control: [], feed: true });
		expect(seqOf(his)).toBe(0);
		expect(place(said[1])).toMatchObject({ type: 'added' });
		expect(place(said[2])).toMatchObject({ type: 'added' });
		expect(place(said[2])).toEqual({ type: 'known' });
		expect(place(said[0])).toEqual({ type: 'past' });
		expect(ledger.feeds.get(bob.key)?.head).toEqual(said[2].id);
	});

	it('[FD1] refuses an entry that follows another one than is held', () => {
		placeAll();
		const other = { ...his };
		place(world.say(his));
		world.say(other);
		expect(place(world.say(other))).toEqual({ type: 'refused', reason: 'broken-chain' });
		expect(seqOf(his)).toBe(0);
	});

	it('[FD2] refuses an entry whose time is not after its predecessor’s', () => {
		placeAll();
		const at = { ms: nextTime(), counter: 5 };
		place(world.say(his, { at }));
		const rest = { ...his };
		expect(place(world.say(rest, { at }))).toMatchObject({ reason: 'not-after-dependencies' });
		const earlier = world.say({ ...his }, { at: { ...at, counter: 4 } });
		expect(place(earlier)).toMatchObject({ reason: 'not-after-dependencies' });
		expect(place(world.say(his, { at: { ...at, counter: 6 } }))).toMatchObject({ type: 'added' });
	});

	it('[FD2] refuses an entry whose time is not after the authority heads it names', () => {
		placeAll();
		const head = world.write(hers, channel('general'));
		ledger.place(head.entry, head);
		const { ms } = head.entry.header.time;
		const same = world.write({ ...his }, invite(), { on: [head], at: ms });
		expect(ledger.place(same.entry, same)).toMatchObject({ reason: 'not-after-dependencies' });
		expect(ledger.control.has(same.entry.key)).toBe(false);
		expect(place(world.say({ ...his }, { on: [head], at: ms - 1 }))).toMatchObject({
			reason: 'not-after-dependencies',
		});
		expect(place(world.say(his, { on: [head], at: ms + 1 }))).toMatchObject({ type: 'added' });
	});

	it('[FD8] lets an entry wait for the authority heads it names, and says for which', () => {
		placeAll(world.all.slice(0, 2));
		const [, , admission] = world.all as [ControlEntry, ControlEntry, ControlEntry];
		const hello = world.say(his);
		expect(place(hello)).toEqual({ type: 'waiting', control: [admission.entry.id], feed: false });
		placeAll([admission]);
		expect(place(hello)).toMatchObject({ type: 'added' });
	});

	it('[FD3] takes nothing from devices that nobody admitted, nor in another person’s name', () => {
		placeAll();
		const mallory = pen(person('Mallory'));
		expect(place(world.say(mallory))).toEqual({ type: 'refused', reason: 'not-a-member' });
		const control = world.write(mallory, invite());
		expect(ledger.place(control.entry, control)).toMatchObject({ reason: 'not-a-member' });
		const asAlice = pen({ ...bob, root: alice.root });
		expect(place(world.say(asAlice, { on: world.all.slice(2, 3) }))).toEqual({
			type: 'refused',
			reason: 'not-a-member',
		});
		expect(ledger.authorityHeads()).toEqual([world.all[2]?.entry.id]);
	});

	it('[FD3] [AU6] takes no messages after a LEAVE, until its author is admitted again', () => {
		placeAll();
		const said = world.say(his);
		const goodbye = world.write(his, leave);
		const control = world.write({ ...his }, invite());
		const after = world.say(his, { on: [goodbye] });
		place(said);
		placeAll([goodbye]);
		expect(place(after)).toEqual({ type: 'refused', reason: 'after-leaving' });
		expect(ledger.countsUpTo(bob.key)).toBe(2);
		expect(ledger.place(control.entry, control)).toMatchObject({ type: 'added', feed: null });
		expect(seqOf(his)).toBe(1);
		const again = world.write(hers, admit(bob, world.all[1] as ControlEntry));
		placeAll([again]);
		expect(place(after)).toMatchObject({ type: 'added' });
		expect(ledger.countsUpTo(bob.key)).toBe(Infinity);
	});

	it('[FD8] keeps the authority log ahead of the feeds, which catch up', () => {
		const early = world.write(his, invite());
		const middle = world.say(his);
		const late = world.write(his, invite());
		placeAll(world.all.slice(0, 3));
		expect(ledger.place(late.entry, late)).toMatchObject({ type: 'waiting' });
		expect(ledger.place(early.entry, early)).toMatchObject({ control: true, chain: 'joined' });
		expect(ledger.place(late.entry, late)).toMatchObject({
			control: true,
			chain: 'gap',
			feed: null,
		});
		expect(seqOf(his)).toBe(0);
		expect(place(late.entry)).toMatchObject({ type: 'waiting', feed: true });
		place(middle);
		expect(place(late.entry)).toMatchObject({ type: 'added', control: false, chain: 'joined' });
		expect(place(late.entry)).toEqual({ type: 'known' });
	});

	it('[FD1] [IN4] begins a feed where the view begins', () => {
		const said = [world.say(his), world.say(his), world.say(his)] as const;
		ledger.setBases([{ feed: bob.device, seq: 1, id: said[1].id }]);
		placeAll();
		expect(place(said[0])).toEqual({ type: 'past' });
		expect(place(said[1])).toEqual({ type: 'known' });
		expect(place(said[2])).toMatchObject({ type: 'added' });
		ledger.setBases([{ feed: bob.device, seq: 1, id: said[1].id }]);
		expect(seqOf(his)).toBe(2);
	});

	it('[FD4] freezes a forked feed at the common prefix, and takes nothing beyond', () => {
		const reader = createReader(world.space);
		reader.take(world.all.map((control) => ({ entry: control.entry, control })));
		const say = (who: Pen) => ({ entry: world.say(who), control: null });
		const common = say(his);
		const other = { ...his };
		const [a, b] = [say(his), say(other)];
		reader.take([common, a, say(his), b]);
		const feed = reader.ledger.feeds.get(bob.key);
		expect(feed).toMatchObject({ seq: 0, frozenAt: 1, head: common.entry.id });
		expect(feed?.time).toEqual(common.entry.header.time);
		expect(reader.ledger.countsUpTo(bob.key)).toBe(1);
		expect(reader.take([a, b, say(other)])).toEqual(
			Array.from({ length: 3 }, () => ({ type: 'refused', reason: 'frozen' })),
		);
	});

	it('[FD4] [AU8] finds forks of control entries, keeps both in the log, and lets none count', () => {
		const reader = createReader(world.space);
		const items = (controls: readonly ControlEntry[]) =>
			controls.map((control) => ({ entry: control.entry, control }));
		reader.take(items(world.all));
		const other = { ...his };
		const on = world.all.slice(-1);
		const mine = world.write(his, invite(), { on });
		const onIt = world.write(hers, channel('on it'), { on: [mine] });
		const yours = world.write(other, invite(), { on });
		reader.take(items([mine, onIt, yours]));
		const { authority, control } = reader.ledger;
		expect(control.has(mine.entry.key) && control.has(yours.entry.key)).toBe(true);
		expect(authority.verdicts.get(mine.entry.key)).toBe('forked');
		expect(authority.verdicts.get(yours.entry.key)).toBe('forked');
		expect(authority.verdicts.get(onIt.entry.key)).toBe('valid');
		// Somebody who knew of the fork before gets everything else all the same.
		const late = createReader(world.space);
		late.take(items(world.all.slice(0, 3)));
		late.ledger.freeze(bob.device, 0, { id: new Uint8Array(0), time: { ms: 0, counter: 0 } });
		late.settle(items(world.all));
		expect(late.ledger.authority.verdicts).toEqual(authority.verdicts);
	});

	it('[FD4] [EP1] judges epochs anew that reached whom a forked entry had let in', () => {
		placeAll();
		const carol = person('Carol');
		const admission = world.write(his, admit(carol, world.all[1] as ControlEntry));
		const made = world.write(hers, epoch(alice, bob, carol));
		placeAll([admission, made]);
		expect(ledger.authority.epoch?.entry).toEqual(made.entry.id);
		ledger.freeze(bob.device, 0, { id: new Uint8Array(0), time: { ms: 0, counter: 0 } });
		expect(ledger.authority.verdicts.get(made.entry.key)).toBe('wrong-recipients');
		expect(ledger.authority.epoch).toBeNull();
	});

	it('[FD4] freezes lower when an earlier fork is found', () => {
		placeAll();
		place(world.say(his));
		const at = { ms: 7, counter: 0 };
		ledger.freeze(bob.device, 5, { id: named('x'), time: at });
		expect(ledger.feeds.get(bob.key)).toMatchObject({ seq: 0, frozenAt: 5 });
		ledger.freeze(bob.device, 0, { id: new Uint8Array(0), time: at });
		expect(ledger.feeds.get(bob.key)).toMatchObject({ seq: -1, frozenAt: 0 });
		ledger.freeze(bob.device, 3, { id: named('y'), time: at });
		expect(ledger.feeds.get(bob.key)).toMatchObject({ seq: -1, frozenAt: 0 });
	});

	it('[FD3] [AU4] keeps what a device wrote whose admission turns out void, and counts none of it', () => {
		const narrow = world.write(hers, invite(1));
		const carol = person('Carol');
		const second = world.write(hers, admit(carol, narrow));
		placeAll();
		const hello = world.say(pen(carol));
		expect(place(hello)).toMatchObject({ type: 'added' });
		expect(ledger.countsUpTo(carol.key)).toBe(Infinity);
		const first = world.write(his, admit(person('Dora'), narrow), {
			on: [narrow],
			at: second.entry.header.time.ms - 1,
		});
		placeAll([first]);
		expect(ledger.authority.verdicts.get(second.entry.key)).toBe('invite-spent');
		expect(ledger.countsUpTo(carol.key)).toBe(0);
		expect(ledger.feeds.get(carol.key)?.seq).toBe(0);
	});

	it('[FD1] belongs to one space', () => {
		const other = found(pen(bob));
		expect(placeAll([other.genesis])).toEqual([{ type: 'refused', reason: 'other-space' }]);
		expect(place(other.say(pen(bob)))).toEqual({ type: 'refused', reason: 'other-space' });
	});

	it('[FD8] takes a control entry only with its content', () => {
		expect(place(world.genesis.entry)).toEqual({ type: 'refused', reason: 'needs-content' });
		placeAll([world.genesis]);
		expect(place(world.genesis.entry)).toEqual({ type: 'known' });
	});

	describe('what the next entry builds on', () => {
		it('[HD1] is the heads of the authority log and of other feeds, and its own predecessor', () => {
			placeAll();
			const hello = world.say(his);
			place(hello);
			const now = nextTime();
			const next = ledger.next(alice.device, now);
			expect(next.seq).toBe(3);
			expect(next.prev).toEqual(world.all[2]?.entry.id);
			expect(next.authorityHeads).toEqual([world.all[2]?.entry.id]);
			expect(next.feedHeads).toEqual([hello.id]);
			expect(next.after).toEqual(hello.header.time);
			expect(ledger.next(person('new').device, now)).toMatchObject({ seq: 0, prev: { length: 0 } });
		});

		it('[FD5] leaves out what is more than five minutes ahead, until that is due', () => {
			placeAll();
			const now = nextTime();
			const ahead = now + 6 * MINUTE;
			const early = world.write(hers, channel('from the future'), { at: ahead });
			placeAll([early]);
			const said = world.say(his, { on: world.all.slice(2, 3), at: ahead + 1 });
			place(said);
			const next = ledger.next(person('new').device, now);
			expect(next.authorityHeads).toEqual([world.all[2]?.entry.id]);
			expect(next.feedHeads).toEqual([]);
			expect(next.after.ms).toBeLessThan(now);
			expect(ledger.nextDue(now)).toBe(ahead - 5 * MINUTE);
			expect(ledger.authority.channels).toHaveLength(1);
			expect(ledger.authorityAt(now).channels).toHaveLength(0);

			const later = ledger.nextDue(now) ?? 0;
			expect(ledger.next(person('new').device, later).authorityHeads).toEqual([early.entry.id]);
			expect(ledger.authorityAt(later).channels).toHaveLength(1);
			expect(ledger.nextDue(later)).toBeNull();
			// What is told to others is everything held.
			expect(ledger.authorityHeads()).toEqual([early.entry.id]);
		});

		it('[SY2] [FD5] tells of what is due first, however much there is that is not', () => {
			placeAll();
			const now = nextTime();
			const due = world.all[2] as ControlEntry;
			const ahead = Array.from({ length: 40 }, (_, n) =>
				world.write(hers, channel(`later ${n}`), { at: now + (60 - n) * 60 * MINUTE, on: [due] }),
			);
			placeAll(ahead);
			const told = ledger.toldHeads(now).map(toHex);
			expect(told).toHaveLength(16);
			expect(told[0]).toBe(due.entry.key);
			// Of the others those that are due next.
			expect(told[1]).toBe(ahead.at(-1)?.entry.key);
			expect(ledger.next(person('new').device, now).authorityHeads.map(toHex)).toEqual([
				due.entry.key,
			]);
		});

		it('[FD5] judges what is due as it grows, and not anew for each thing that is written', () => {
			placeAll();
			const now = nextTime();
			const [, , last] = world.all;
			const ahead = world.write(hers, channel('later'), { at: now + 60 * MINUTE });
			placeAll([ahead]);
			const judged = ledger.authorityAt(now);
			const on = last === undefined ? [] : [last];
			const soon = world.write(his, invite(), { at: now + 1, on });
			placeAll([soon]);
			expect(ledger.authorityAt(now)).toBe(judged);
			expect(judged.verdicts.get(soon.entry.key)).toBe('valid');
			expect(judged.verdicts.has(ahead.entry.key)).toBe(false);
			ledger.freeze(bob.device, 0, { id: new Uint8Array(0), time: { ms: 0, counter: 0 } });
			expect(ledger.authorityAt(now).verdicts.get(soon.entry.key)).toBe('forked');
			// The clock was set back: what was due is not.
			expect(ledger.authorityAt(now - 24 * 60 * MINUTE).people.size).toBe(0);
		});

		it('[FD2] is after its own predecessor, however far that is ahead', () => {
			placeAll();
			const ahead = nextTime() + 60 * MINUTE;
			place(world.say(his, { at: ahead }));
			expect(ledger.next(bob.device, nextTime()).after.ms).toBe(ahead);
		});

		it('[HD1] names at most sixteen heads of the log and eight feeds, the latest', () => {
			placeAll();
			const on = world.all.slice(-1);
			const invitation = world.all[1] as ControlEntry;
			const many = Array.from({ length: 20 }, (_, n) => person(`guest ${n}`));
			placeAll(many.map((who) => world.write(hers, admit(who, invitation), { on })));
			const said = many.map((who) => world.say(pen(who), { on: world.all.slice(3) }));
			const placed = said.map((entry) => place(entry));
			expect(placed.every(({ type }) => type === 'added')).toBe(true);
			const next = ledger.next(bob.device, nextTime());
			const latest = world.all.slice(-16).map(({ entry }) => entry.key);
			expect(next.authorityHeads.map(toHex)).toEqual(latest.reverse());
			expect(next.feedHeads.map(toHex)).toEqual(
				said
					.slice(-8)
					.map(({ key }) => key)
					.reverse(),
			);
		});
	});

	it('[FD9] comes back from what was stored as it was', () => {
		placeAll();
		place(world.say(his));
		ledger.freeze(bob.device, 0, { id: new Uint8Array(0), time: { ms: 0, counter: 0 } });
		const again = createLedger(world.space);
		for (const feed of ledger.feeds.values()) again.restoreFeed({ ...feed });
		again.restoreControl([...ledger.control.values()].reverse());
		expect(digest(again)).toEqual(digest(ledger));
		expect([...again.feeds.values()]).toEqual([...ledger.feeds.values()]);
		expect(again.authorityHeads()).toEqual(ledger.authorityHeads());
		expect(again.control.get(world.genesis.entry.key)?.content.kind).toBe(KIND.genesis);
	});
});
