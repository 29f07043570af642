// What one device asks of another.
import { beforeEach, describe, expect, it } from 'vitest';
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import { createLedger, type Ledger } from '#lib/crdt/ledger.ts';
import {
	controlBetween,
	createPeerKnowledge,
	holdsMore,
	learn,
	planPulls,
	type Asked,
	type PeerKnowledge,
} from '#lib/crdt/sync.ts';
import type { FeedHead } from '#lib/protocol/space-state.ts';
import {
	admit,
	channel,
	found,
	invite,
	leave,
	named,
	pen,
	person,
	type AuthorityWorld,
	type Pen,
} from '../../support/authority-world.ts';

const [alice, bob, carol] = [person('Alice'), person('Bob'), person('Carol')];
const asked = (feeds: ReadonlyMap<string, number>): Asked => ({
	upTo: (feed, from) => Math.max(from, feeds.get(feed) ?? 0),
	control: () => false,
});
const NONE = asked(new Map());

describe('what a device asks for', () => {
	let hers: Pen;
	let his: Pen;
	let world: AuthorityWorld;
	let ledger: Ledger;
	let peer: PeerKnowledge;
	const head = (seq: number, who = bob, id = named(`${who.name} ${seq}`)): FeedHead => ({
		feed: who.device,
		seq,
		id,
	});
	const placeAll = (controls: readonly ControlEntry[]): void => {
		for (const control of controls) ledger.place(control.entry, control);
	};
	const rangesFor = (underWay: ReadonlyMap<string, number> = new Map()): string[] =>
		planPulls(ledger, peer, asked(underWay)).ranges.map(
			({ feed, from, to }) =>
				`${[alice, bob, carol].find(({ device }) => device === feed)?.name} ${from}-${to}`,
		);

	beforeEach(() => {
		[hers, his] = [pen(alice), pen(bob)];
		world = found(hers);
		const invitation = world.write(hers, invite());
		world.write(hers, admit(bob, invitation));
		ledger = createLedger(world.space);
		peer = createPeerKnowledge();
	});

	it('[SY2] is the heads of the authority log that it lacks', () => {
		placeAll(world.all);
		const next = world.write(hers, channel('general'));
		learn(peer, [], [next.entry.id, world.genesis.entry.id]);
		expect(planPulls(ledger, peer, NONE).control).toEqual([next.entry.id]);
		placeAll([next]);
		expect(planPulls(ledger, peer, NONE)).toEqual({ control: [], ranges: [] });
	});

	it('[SY3] is what follows the feeds it holds, in order and in portions', () => {
		placeAll(world.all);
		ledger.place(world.say(his), null);
		learn(peer, [head(1000), head(2, alice, world.all[2]?.entry.id)], []);
		expect(rangesFor()).toEqual(['Bob 1-257']);
		learn(peer, [head(100)], []);
		expect(rangesFor()).toEqual(['Bob 1-257']);
		expect(rangesFor(new Map([[bob.key, 257]]))).toEqual(['Bob 257-513']);
		expect(rangesFor(new Map([[bob.key, 1001]]))).toEqual([]);
		learn(peer, [head(3, alice)], []);
		expect(rangesFor()).toEqual(['Bob 1-257', 'Alice 3-4']);
	});

	it('[SY3] [IN4] begins where the view begins', () => {
		placeAll(world.all);
		ledger.setBases([head(41)]);
		learn(peer, [head(43)], []);
		expect(rangesFor()).toEqual(['Bob 42-44']);
	});

	it('[SY3] [FD3] is nothing of feeds whose entries would be refused', () => {
		placeAll(world.all.slice(0, 2));
		learn(peer, [head(5), head(3, carol)], []);
		expect(rangesFor()).toEqual([]);
		placeAll(world.all);
		expect(rangesFor()).toEqual(['Bob 0-6']);
		const goodbye = world.write(his, leave);
		placeAll([goodbye]);
		learn(peer, [head(9)], []);
		expect(rangesFor()).toEqual([]);
		placeAll([world.write(hers, admit(bob, world.all[1] as ControlEntry))]);
		expect(rangesFor()).toEqual(['Bob 1-10']);
		ledger.freeze(bob.device, 1, { id: goodbye.entry.id, time: goodbye.entry.header.time });
		expect(rangesFor()).toEqual([]);
	});

	it('[SY3] [FD4] is what leads to a fork that is known before that', () => {
		placeAll(world.all);
		ledger.place(world.say(his), null);
		ledger.freeze(bob.device, 3, { id: named('before'), time: { ms: 1, counter: 0 } });
		learn(peer, [head(5)], []);
		expect(rangesFor()).toEqual(['Bob 1-3']);
	});

	it('[FD4] is the other’s entry where two stand in one place', () => {
		placeAll(world.all);
		const mine = world.say(his);
		ledger.place(mine, null);
		learn(peer, [head(0, bob, mine.id)], []);
		expect(rangesFor()).toEqual([]);
		const other = createPeerKnowledge();
		learn(other, [head(0)], []);
		expect(planPulls(ledger, other, NONE).ranges).toEqual([{ feed: bob.device, from: 0, to: 1 }]);
	});

	it('[SY2] [SY3] is bounded: 16 control entries and 200 feeds at once', () => {
		placeAll(world.all);
		const invitation = world.all[1] as ControlEntry;
		const many = Array.from({ length: 250 }, (_, n) => person(`guest ${n}`));
		placeAll(many.map((who) => world.write(hers, admit(who, invitation))));
		learn(
			peer,
			many.map((who) => head(7, who)),
			Array.from({ length: 30 }, (_, n) => named(`head ${n}`)),
		);
		const plan = planPulls(ledger, peer, NONE);
		expect(plan.control).toHaveLength(16);
		expect(plan.ranges).toHaveLength(200);
	});

	it('[SY1] learns only what is new', () => {
		learn(peer, [head(5)], [named('a')]);
		learn(peer, [head(3)], []);
		expect(peer.feeds.get(bob.key)?.seq).toBe(5);
		expect(peer.controlHeads).toEqual([named('a')]);
		learn(peer, [head(6)], [named('b')]);
		expect(peer.feeds.get(bob.key)?.seq).toBe(6);
		expect(peer.controlHeads).toEqual([named('b')]);
	});

	it('[SY4] answers where it holds more than the other has said', () => {
		placeAll(world.all);
		expect(holdsMore(ledger, peer)).toBe(true);
		const feeds = [head(2, alice)];
		learn(peer, feeds, [world.all[1]?.entry.id ?? named('?')]);
		expect(holdsMore(ledger, peer)).toBe(true);
		learn(peer, feeds, [world.all[2]?.entry.id ?? named('?')]);
		expect(holdsMore(ledger, peer)).toBe(false);
		ledger.place(world.say(his), null);
		expect(holdsMore(ledger, peer)).toBe(true);
		// A head unknown here may stand on all of it.
		learn(peer, [head(0)], [named('further')]);
		expect(holdsMore(ledger, peer)).toBe(false);
	});

	it('[SY2] is served with everything between what is wanted and what is held, oldest first', () => {
		const [genesis, invitation, admission] = world.all as [
			ControlEntry,
			ControlEntry,
			ControlEntry,
		];
		const branch = world.write(hers, channel('a'), { on: [invitation] });
		const merged = world.write(hers, channel('b'), { on: [branch, admission] });
		placeAll(world.all);
		const idsOf = (controls: readonly ControlEntry[]) => controls.map(({ entry }) => entry.id);
		expect(controlBetween(ledger, idsOf([merged]), [])).toEqual(idsOf(world.all));
		expect(controlBetween(ledger, idsOf([merged]), idsOf([admission]))).toEqual(
			idsOf([branch, merged]),
		);
		expect(controlBetween(ledger, idsOf([branch]), idsOf([genesis]))).toEqual(
			idsOf([invitation, branch]),
		);
		expect(controlBetween(ledger, idsOf([branch]), idsOf([merged]))).toEqual([]);
		expect(controlBetween(ledger, [named('unknown')], [])).toEqual([]);
		expect(controlBetween(ledger, idsOf([invitation]), [named('unknown')])).toEqual(
			idsOf([genesis, invitation]),
		);
	});
});
