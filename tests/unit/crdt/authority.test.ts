// Who belongs to a space, as its authority log has it.
import { describe, expect, it } from 'vitest';
import { MAX_DEVICES } from '#lib/protocol/limits.ts';
import type { ControlEntry, Forks } from '#lib/crdt/authority-state.ts';
import { resolveAuthority } from '#lib/crdt/authority.ts';
import { SPACE_KIND } from '#lib/protocol/content.ts';
import { toHex } from '#lib/util/bytes.ts';
import {
	admit,
	byKey,
	channel,
	enrol,
	found,
	invite,
	leave,
	named,
	nextTime,
	pen,
	person,
	type AuthorityWorld,
	type Person,
} from '../../support/authority-world.ts';

const NO_FORKS: Forks = new Map();
const [alice, bob, carol] = [person('Alice'), person('Bob'), person('Carol')];

const resolve = (world: AuthorityWorld, forks = NO_FORKS, entries = world.all) =>
	resolveAuthority(world.space, byKey(entries), forks);
const verdictOf = (world: AuthorityWorld, control: ControlEntry, forks = NO_FORKS) =>
	resolve(world, forks).verdicts.get(control.entry.key);
const membersOf = (world: AuthorityWorld, forks = NO_FORKS): string[] =>
	[...resolve(world, forks).people.values()].filter((each) => each.active).map((each) => each.name);

/** A founder, and an invitation for others. */
function community(uses = 25, expiry = 0) {
	const hers = pen(alice);
	const world = found(hers);
	const invitation = world.write(hers, invite(uses, expiry));
	return { hers, world, invitation };
}

describe('a space', () => {
	it('[AU2] begins with the GENESIS that gives it its name, written by the founder it names', () => {
		const { world } = community();
		const { genesis, people, devices } = resolve(world);
		expect(genesis?.name).toBe('Friends');
		expect(people.get(toHex(alice.root))?.founder).toBe(true);
		expect(devices.get(alice.key)?.active).toBe(true);
		const other = found(pen(bob));
		expect(resolve(world, NO_FORKS, [other.genesis]).people.size).toBe(0);
		expect(resolveAuthority(other.space, byKey([other.genesis]), NO_FORKS).people.size).toBe(1);
	});

	it('[AU2] has no founder if another device or person wrote GENESIS, or a signature in it is false', () => {
		const { world } = community();
		const { entry, content } = world.genesis;
		const by = (who: Person): ControlEntry => ({
			...world.genesis,
			entry: { ...entry, header: { ...entry.header, author: who.root, device: who.device } },
		});
		const disguised: ControlEntry[] = [
			by(bob),
			by({ ...alice, device: bob.device }),
			{ entry, content, proven: false, memberRoot: alice.root },
			{ entry, content, proven: true, memberRoot: bob.root },
		];
		for (const genesis of disguised) {
			expect(resolve(world, NO_FORKS, [genesis]).people.size).toBe(0);
		}
	});

	it('[AU3] lets in who brings a genuine proof for an invitation of it', () => {
		const { hers, world, invitation } = community();
		world.write(hers, admit(bob, invitation));
		expect(membersOf(world)).toEqual(['Alice', 'Bob']);
		const false_ = world.write(hers, admit(carol, invitation), { proven: false });
		expect(verdictOf(world, false_)).toBe('unproven');
		const stray = world.write(hers, admit(carol, world.genesis));
		expect(verdictOf(world, stray)).toBe('unknown-invite');
		expect(membersOf(world)).toEqual(['Alice', 'Bob']);
	});

	it('[AU3] lets any member admit, and nobody else', () => {
		const { hers, world, invitation } = community();
		const his = pen(bob);
		const byStranger = world.write(pen(carol), admit(person('Mallory'), invitation));
		expect(verdictOf(world, byStranger)).toBe('not-a-member');
		world.write(hers, admit(bob, invitation));
		world.write(his, admit(carol, invitation));
		expect(membersOf(world)).toEqual(['Alice', 'Bob', 'Carol']);
		const asAlice = { ...his, who: { ...bob, root: alice.root } };
		expect(verdictOf(world, world.write(asAlice, channel('x')))).toBe('not-a-member');
	});

	it('[AU4] admits as many as the invitation says, in the order of time, and none after its expiry', () => {
		const { hers, world, invitation } = community(1);
		const laptop = person('Alice', 'laptop');
		const enrolled = world.write(hers, enrol(laptop));
		const first = world.write(hers, admit(bob, invitation));
		const second = world.write(hers, admit(carol, invitation));
		expect(verdictOf(world, first)).toBe('valid');
		expect(verdictOf(world, second)).toBe('invite-spent');
		// An earlier one that arrives later takes the place: what counts is the set.
		const earlier = world.write(pen(laptop), admit(person('Dora'), invitation), {
			at: first.entry.header.time.ms - 1,
			on: [enrolled],
		});
		expect(verdictOf(world, earlier)).toBe('valid');
		expect(verdictOf(world, first)).toBe('invite-spent');
		expect(membersOf(world)).toEqual(['Alice', 'Dora']);

		const expiry = nextTime() + 10_000;
		const short = community(25, expiry);
		const inTime = short.world.write(short.hers, admit(bob, short.invitation), { at: expiry });
		const tooLate = short.world.write(short.hers, admit(carol, short.invitation), {
			at: expiry + 1,
		});
		expect(verdictOf(short.world, inTime)).toBe('valid');
		expect(verdictOf(short.world, tooLate)).toBe('invite-expired');
	});

	it('[AU4] holds no more devices than an EPOCH can name', () => {
		const { hers, world, invitation } = community(2000);
		const joins = Array.from({ length: MAX_DEVICES + 1 }, (_, n) =>
			world.write(hers, admit(person(`Member ${String(n)}`), invitation)),
		);
		const { verdicts, active } = resolve(world);
		const told = joins.map((each) => verdicts.get(each.entry.key));
		expect(told.filter((verdict) => verdict === 'valid')).toHaveLength(MAX_DEVICES - 1);
		expect(told.slice(MAX_DEVICES - 1)).toEqual(['full', 'full']);
		expect(active.size).toBe(MAX_DEVICES);
		// Whoever goes leaves room.
		const gone = pen(person('Member 0'));
		world.write(gone, leave);
		const next = world.write(hers, admit(person('Newcomer'), invitation));
		expect(verdictOf(world, next)).toBe('valid');
	});

	it('[AU5] counts one admission where two members let the same device in, and keeps both tokens', () => {
		const { hers, world, invitation } = community(2);
		world.write(hers, admit(bob, invitation));
		const joined = world.all.slice(-1);
		world.write(hers, admit(carol, invitation), { on: joined });
		world.write(pen(bob), admit(carol, invitation), { on: joined });
		const { invites, people } = resolve(world);
		expect(invites.get(invitation.entry.key)?.used).toBe(2);
		expect(people.get(toHex(carol.root))?.devices).toHaveLength(1);
		expect(membersOf(world)).toEqual(['Alice', 'Bob', 'Carol']);
	});

	it('[AU6] is left by one’s own word, for all devices, and what is written after that is void', () => {
		const { hers, world, invitation } = community();
		const [his, tablet] = [pen(bob), pen(person('Bob', 'tablet'))];
		world.write(hers, admit(bob, invitation));
		world.write(hers, admit(tablet.who, invitation));
		const before = world.write(his, invite());
		const goodbye = world.write(his, leave);
		const after = world.write(his, invite());
		const elsewhere = world.write(tablet, invite());
		expect(membersOf(world)).toEqual(['Alice']);
		expect(verdictOf(world, before)).toBe('valid');
		expect(verdictOf(world, goodbye)).toBe('valid');
		expect(verdictOf(world, after)).toBe('after-leaving');
		expect(verdictOf(world, elsewhere)).toBe('after-leaving');
		expect(resolve(world).ended).toEqual(new Map([[bob.key, goodbye.entry.header.seq]]));
	});

	it('[AU6] takes back who left, by a new admission that counts as a use', () => {
		const { hers, world, invitation } = community(2);
		const his = pen(bob);
		world.write(hers, admit(bob, invitation));
		world.write(his, leave);
		world.write(hers, admit(bob, invitation));
		expect(membersOf(world)).toEqual(['Alice', 'Bob']);
		expect(resolve(world).ended.size).toBe(0);
		expect(resolve(world).people.get(toHex(bob.root))?.devices).toHaveLength(1);
		expect(verdictOf(world, world.write(his, invite()))).toBe('valid');
		world.write(his, leave);
		const third = world.write(hers, admit(bob, invitation));
		expect(verdictOf(world, third)).toBe('invite-spent');
		expect(membersOf(world)).toEqual(['Alice']);
	});

	it('[AU7] leaves channels to the founder, in a direct space to everybody', () => {
		const { hers, world, invitation } = community();
		const his = pen(bob);
		world.write(hers, admit(bob, invitation));
		world.write(hers, channel('general'));
		const by = world.write(his, channel('mine'));
		expect(verdictOf(world, by)).toBe('not-allowed');
		expect(resolve(world).channels.map(({ name }) => name)).toEqual(['general']);

		const [mine, yours] = [pen(alice), pen(bob)];
		const direct = found(mine, SPACE_KIND.direct);
		const link = direct.write(mine, invite());
		direct.write(mine, admit(bob, link));
		expect(verdictOf(direct, direct.write(yours, channel('ours')))).toBe('valid');
	});

	it('[AU8] takes nothing from a feed beyond its fork, whoever had built upon it', () => {
		const { hers, world, invitation } = community();
		const his = pen(bob);
		world.write(hers, admit(bob, invitation));
		const before = world.write(his, invite());
		const beyond = world.write(his, admit(carol, invitation));
		const onIt = world.write(hers, channel('on it'));
		expect(membersOf(world)).toEqual(['Alice', 'Bob', 'Carol']);
		const forks = new Map([[bob.key, beyond.entry.header.seq]]);
		expect(verdictOf(world, before, forks)).toBe('valid');
		expect(verdictOf(world, beyond, forks)).toBe('forked');
		expect(verdictOf(world, onIt, forks)).toBe('valid');
		expect(membersOf(world, forks)).toEqual(['Alice', 'Bob']);
	});

	it('[AU1] keeps the name that somebody came with while they are here', () => {
		const { hers, world, invitation } = community();
		world.write(hers, admit(bob, invitation));
		const renamed = person('Bob', 'tablet');
		const other = { ...renamed, member: { ...renamed.member, name: 'Robert' } };
		world.write(hers, admit(other, invitation));
		const him = resolve(world).people.get(toHex(named('Bob root')));
		expect(him?.name).toBe('Bob');
		expect(him?.devices).toHaveLength(2);
	});
});
