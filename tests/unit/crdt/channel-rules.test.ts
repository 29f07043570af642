// Which messages a channel takes, by what their authors had seen of it.
import { beforeEach, describe, expect, it } from 'vitest';
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import { createChannelRules, type ChannelRules } from '#lib/crdt/channel-rules.ts';
import { createLedger, type Ledger } from '#lib/crdt/ledger.ts';
import { SPACE_KIND, type ControlContent } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { toHex } from '#lib/util/bytes.ts';
import {
	admit,
	channel,
	found,
	invite,
	pen,
	person,
	type AuthorityWorld,
	type Pen,
} from '../../support/authority-world.ts';

describe('a channel', () => {
	let world: AuthorityWorld;
	let ledger: Ledger;
	let rules: ChannelRules;
	let alice: Pen;
	let bob: Pen;
	let general: ControlEntry;
	let other: ControlEntry;
	let before: ControlEntry;

	function begin(kind: typeof SPACE_KIND.community | typeof SPACE_KIND.direct): void {
		[alice, bob] = [pen(person('Alice')), pen(person('Bob'))];
		world = found(alice, kind);
		general = world.write(alice, channel('general'));
		other = world.write(alice, channel('other'));
		const invited = world.write(alice, invite());
		before = world.write(alice, admit(bob.who, invited));
		ledger = createLedger(world.space);
		for (const each of world.all) ledger.place(each.entry, each);
		rules = createChannelRules(ledger);
	}
	beforeEach(() => {
		begin(SPACE_KIND.community);
	});

	function write(by: Pen, content: ControlContent, on?: readonly ControlEntry[]): ControlEntry {
		const written = world.write(by, content, on === undefined ? {} : { on });
		expect(ledger.place(written.entry, written).type).toBe('added');
		rules.take(written);
		return written;
	}
	const edit = (how: { archived?: boolean; readOnly?: boolean }): ControlContent => ({
		kind: KIND.channelEdit,
		channel: general.entry.id,
		name: 'general',
		archived: how.archived ?? false,
		readOnly: how.readOnly ?? false,
		timer: 0,
	});
	const takes = (by: Pen, on?: readonly ControlEntry[], where = general): boolean =>
		rules.takes(world.say(by, on === undefined ? {} : { on }), where.entry.id);

	it('[CH1] that is read-only takes what Powernodes write, and what others wrote unaware of it', () => {
		expect(takes(bob)).toBe(true);
		write(alice, edit({ readOnly: true }));
		expect(takes(bob)).toBe(false);
		expect(takes(alice)).toBe(true);
		expect(takes(bob, [before])).toBe(true);
		expect(takes(bob, undefined, other)).toBe(true);
		write(alice, edit({}));
		expect(takes(bob)).toBe(true);
	});

	it('[CH1] that is archived takes nothing from whoever knew', () => {
		write(alice, edit({ archived: true }));
		expect(takes(alice)).toBe(false);
		expect(takes(bob)).toBe(false);
		expect(takes(bob, [before])).toBe(true);
	});

	it('[CH1] asks for the rank that the author had by what it had seen', () => {
		write(alice, edit({ readOnly: true }));
		const unaware = world.all.slice(-1);
		write(alice, { kind: KIND.grant, target: bob.who.root });
		expect(takes(bob)).toBe(true);
		expect(takes(bob, unaware)).toBe(false);
	});

	it('[CH1] is changed by nobody who may not', () => {
		write(bob, edit({ archived: true }));
		expect(takes(alice)).toBe(true);
	});

	it('[CH1] between two is everybody’s to write in', () => {
		begin(SPACE_KIND.direct);
		write(bob, edit({ readOnly: true }));
		expect(takes(alice)).toBe(true);
		expect(takes(bob)).toBe(true);
	});

	it('[CH1] tells when its messages are to be judged again', () => {
		const key = toHex(general.entry.id);
		expect(rules.changed().size).toBe(0);
		const granted = write(alice, { kind: KIND.grant, target: bob.who.root });
		expect(rules.changed().size).toBe(0);
		const closed = write(bob, edit({ readOnly: true }));
		expect([...rules.changed()]).toEqual([[key, closed.entry.header.time.ms]]);
		expect(rules.changed().size).toBe(0);
		// Unaware of the edit, and without a fence: it never was Bob's to make.
		const revoke = { kind: KIND.revoke, target: bob.who.root, fence: [], reason: '' };
		write(alice, revoke, [granted]);
		expect([...rules.changed().keys()]).toEqual([key]);
		expect(takes(pen(person('Bob')))).toBe(true);
	});
});
