// A feed that was forked, by a disk that went back in time: how it is found, and what it ends.
import { beforeEach, describe, expect, it } from 'vitest';
import { needsNewEpoch } from '#lib/crdt/epoch-choice.ts';
import { type Packet } from '#lib/protocol/entry.ts';
import { toHex } from '#lib/util/bytes.ts';
import {
	admit,
	anInvitation,
	carry,
	channelOf,
	createDevices,
	found,
	invite,
	level,
	reopen,
	say,
	startEpoch,
	textsOf,
	tryWrite,
	type Device,
	type Devices,
} from '../../support/devices.ts';

describe('a fork', () => {
	let world: Devices;
	let alice: Device;
	let bob: Device;
	const verdictOf = (device: Device, key: string) =>
		device.space.ledger.authority.verdicts.get(key);

	/** Alice and Bob in one space. */
	beforeEach(async () => {
		world = createDevices(7);
		[alice, bob] = [await world.device('Alice'), await world.device('Bob')];
		await found(alice);
		await admit(alice, await invite(alice), bob);
		world.clock.advance(1000);
	});

	/** Bob's disk goes back to an earlier state, and he writes on from there. */
	async function fork(): Promise<{ common: string; first: Packet[]; second: Packet[] }> {
		await carry([(await say(bob, 'common')).packet], alice);
		const earlier = bob.disk.snapshot();
		world.clock.advance(10);
		const first = [await say(bob, 'first a'), await say(bob, 'first b')];
		bob.disk.restore(earlier);
		await reopen(bob);
		world.clock.advance(10);
		const second = [await say(bob, 'second a'), await say(bob, 'second b')];
		return {
			common: 'common',
			first: first.map(({ packet }) => packet),
			second: second.map(({ packet }) => packet),
		};
	}

	it('[FD4] freezes the feed, and takes what is beyond out of the conversation', async () => {
		const { first, second } = await fork();
		await carry(first, alice);
		expect(await textsOf(alice)).toEqual(['common', 'first a', 'first b']);
		const { forks } = await carry(second, alice);
		expect(forks.map(({ feed }) => toHex(feed.device))).toEqual([bob.key]);
		expect(await textsOf(alice)).toEqual(['common']);
		const change = alice.changes.at(-1);
		expect(change?.shrunk).toEqual(new Set([toHex(channelOf(alice))]));
		expect(change?.forks).toEqual([bob.self.device.publicKey]);
		// What the two say has no part in the proof.
		const proof = [first[0], second[0]].map((packet) => ({ ...packet, wraps: null, body: null }));
		expect(await alice.space.kept.forkProof(bob.self.device.publicKey)).toEqual(proof);
		await reopen(alice);
		expect(await textsOf(alice)).toEqual(['common']);
		expect(alice.space.ledger.feeds.get(bob.key)).toMatchObject({ seq: 0, frozenAt: 1 });
		// Alice goes on as before.
		await say(alice, 'what was that?');
		expect(await textsOf(alice)).toEqual(['common', 'what was that?']);
	});

	it('[FD4] is found in one delivery, and by whoever has only one half when shown both', async () => {
		const { first, second } = await fork();
		const carol = await world.device('Carol');
		await admit(alice, await invite(alice), carol);
		await carry([...first, ...second], alice);
		expect(await textsOf(alice)).toEqual(['common']);
		await carry(second, carol);
		expect(await textsOf(carol)).toEqual([]);
		expect(carol.space.ledger.countsUpTo(bob.key)).toBe(Infinity);
		await carry(await alice.space.kept.forkProof(bob.self.device.publicKey), carol);
		expect(carol.space.ledger.countsUpTo(bob.key)).toBe(1);
		const { head = null } = alice.space.ledger.feeds.get(bob.key) ?? {};
		expect(carol.space.ledger.feeds.get(bob.key)).toMatchObject({ seq: 0, frozenAt: 1, head });
	});

	it('[FD4] of a control entry is proven to who lacks what leads there, and that is taken afterwards', async () => {
		const { second } = await fork();
		const earlier = bob.disk.snapshot();
		const told = await invite(bob);
		bob.disk.restore(earlier);
		await reopen(bob);
		world.clock.advance(10);
		const other = await say(bob, 'in the same place');
		const carol = await world.device('Carol');
		await admit(alice, await invite(alice), carol);
		await carry([told.entry.packet], carol);
		expect(verdictOf(carol, told.entry.key)).toBe('valid');
		const proof = { ...other.packet, wraps: null, body: null };
		expect((await carry([proof], carol)).forks).toHaveLength(1);
		expect(verdictOf(carol, told.entry.key)).toBe('forked');
		const frozenAt = told.entry.header.seq;
		expect(carol.space.ledger.feeds.get(bob.key)).toMatchObject({ frozenAt });
		await carry(second, carol);
		expect(carol.space.ledger.feeds.get(bob.key)).toMatchObject({ seq: frozenAt - 1, frozenAt });
	});

	it('[FD4] [AU8] of control entries is found as well, and ends their effect', async () => {
		await carry([(await say(bob, 'common')).packet], alice);
		const earlier = bob.disk.snapshot();
		const invited = await invite(bob);
		const carol = await world.device('Carol');
		await level(alice, bob);
		await admit(alice, invited, carol);
		expect(verdictOf(alice, invited.entry.key)).toBe('valid');
		bob.disk.restore(earlier);
		await reopen(bob);
		world.clock.advance(10);
		const other = await invite(bob);
		const { forks } = await carry([other.entry.packet], alice);
		expect(forks).toHaveLength(1);
		expect(verdictOf(alice, invited.entry.key)).toBe('forked');
		expect(verdictOf(alice, other.entry.key)).toBe('forked');
		// Whom the void invitation had brought is out again, and a new epoch is due.
		const { authority } = alice.space.ledger;
		expect([...authority.people.values()].map(({ name }) => name)).toEqual(['Alice', 'Bob']);
		expect(needsNewEpoch(authority)).toBe(true);
		await startEpoch(alice);
		expect(needsNewEpoch(alice.space.ledger.authority)).toBe(false);
	});

	it('[FD4] is proven to a device whose view begins after it', async () => {
		const { first, second } = await fork();
		await carry(second, alice);
		const carol = await world.device('Carol');
		await admit(alice, await invite(alice), carol);
		expect(carol.space.ledger.feeds.get(bob.key)?.seq).toBe(2);
		const [a, b] = [first[0], second[0]];
		if (a === undefined || b === undefined) throw new Error('two halves');
		await carry([a], carol);
		expect(carol.space.ledger.feeds.get(bob.key)?.frozenAt).toBeNull();
		await carry([a, b], carol);
		expect(carol.space.ledger.feeds.get(bob.key)).toMatchObject({ seq: 0, frozenAt: 1 });
	});

	it('[FD4] shows in entries that follow others than are held, so that those before are asked for', async () => {
		const { first, second } = await fork();
		await carry([first[0] as Packet], alice);
		const outcome = await carry([second[1] as Packet], alice);
		expect(outcome.disputed).toEqual([bob.self.device.publicKey]);
		expect(outcome.forks).toEqual([]);
		expect((await carry(second, alice)).forks).toHaveLength(1);
	});

	it('[FD4] ends the device’s own writing, once it hears of it', async () => {
		const { first, second } = await fork();
		await carry([...first, ...second], alice);
		await carry(await alice.space.kept.forkProof(bob.self.device.publicKey), bob);
		expect(await textsOf(bob)).toEqual(['common']);
		expect(await tryWrite(bob, anInvitation)).toMatchObject({ error: { type: 'not-member' } });
	});
});
