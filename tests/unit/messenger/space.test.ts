// A space on real devices with real keys: what each may read, keep and show.
import { beforeEach, describe, expect, it } from 'vitest';
import { needsNewEpoch } from '#lib/crdt/epoch-choice.ts';
import { compareTime, KIND, type Packet } from '#lib/protocol/entry.ts';
import { composeEntry } from '#lib/messenger/space/composing.ts';
import { toHex } from '#lib/util/bytes.ts';
import {
	admit,
	anInvitation,
	carry,
	channelOf,
	createDevices,
	everythingOf,
	found,
	invite,
	level,
	proofFor,
	reopen,
	say,
	startEpoch,
	textsOf,
	tryWrite,
	write,
	type Device,
	type Devices,
} from '../../support/devices.ts';
import { digest } from '../../support/ledger-reader.ts';

const HOUR = 3_600_000;

describe('a space', () => {
	let world: Devices;
	let alice: Device;
	let bob: Device;
	const digestOf = (device: Device): string => digest(device.space.ledger);
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

	it('[GE1] begins with GENESIS, an epoch and a channel, all of which its founder opens again', async () => {
		const kinds = [...alice.space.ledger.control.values()]
			.map(({ entry }) => entry)
			.sort((a, b) => a.header.seq - b.header.seq)
			.map(({ header }) => header.kind);
		expect(kinds.slice(0, 3)).toEqual([KIND.genesis, KIND.epoch, KIND.channel]);
		const before = digestOf(alice);
		await reopen(alice);
		expect(digestOf(alice)).toBe(before);
		expect(alice.space.ledger.authority.genesis?.name).toBe('Friends');
	});

	it('[FD1] carries messages between its members, and shows them in order', async () => {
		const hello = await say(alice, 'Hello Bob');
		await carry([hello.packet], bob);
		world.clock.advance(10);
		const answer = await say(bob, 'Hello Alice');
		expect(answer.header.feedHeads.map(toHex)).toEqual([hello.key]);
		await carry([answer.packet], alice);
		expect(await textsOf(alice)).toEqual(['Hello Bob', 'Hello Alice']);
		expect(await textsOf(bob)).toEqual(['Hello Bob', 'Hello Alice']);
		expect(digestOf(bob)).toBe(digestOf(alice));
	});

	it('[FD1] [FD8] [AU1] reaches the same in whatever order its entries come', async () => {
		for (let n = 0; n < 5; n++) {
			await say(alice, `a${n}`);
			await level(alice, bob);
			await say(bob, `b${n}`);
			if (n % 2 === 0) await invite(bob);
			world.clock.advance(20);
		}
		const carol = await world.device('Carol');
		const packets = await everythingOf(bob);
		const invited = await invite(alice);
		await level(alice, bob);
		for (let round = 0; round < 6; round++) {
			const reader = round === 0 ? carol : await world.device(`Reader ${round}`);
			await admit(bob, invited, reader);
			await level(alice, bob);
			const all: Packet[] = [...packets, ...(await everythingOf(bob))];
			while (all.length > 0) {
				const [next] = all.splice(world.random.below(all.length), 1);
				if (next !== undefined) await carry([next], reader);
			}
			expect(digestOf(reader)).toBe(digestOf(bob));
			// What was said before they came is not for them.
			expect(await textsOf(reader)).toEqual([]);
		}
	});

	it('[FD8] takes a control entry into the log at once, and into its feed when that has caught up', async () => {
		const said = await say(alice, 'first');
		const invited = await invite(alice);
		const joined = bob.space.ledger.feeds.get(alice.key)?.seq ?? -1;
		await carry([invited.entry.packet], bob);
		expect(bob.space.ledger.control.has(invited.entry.key)).toBe(true);
		expect(bob.space.ledger.feeds.get(alice.key)?.seq).toBe(joined);
		await carry([said.packet], bob);
		expect(bob.space.ledger.feeds.get(alice.key)?.head).toEqual(invited.entry.id);
		expect(await textsOf(bob)).toEqual(['first']);
	});

	it('[FD8] keeps what a device wrote whose admission it can open only later, until it is in itself', async () => {
		// Bob writes as if he had seen nothing but the beginning.
		const { epoch } = bob.space.ledger.authority;
		const controlKey = epoch && bob.space.ring.get(epoch.id)?.controlKey;
		if (!epoch || !controlKey) throw new Error('no epoch');
		const { after, ...place } = bob.space.ledger.next(bob.self.device.publicKey, world.clock.now());
		const blind = await composeEntry(
			{ ...bob.ports, device: bob.self.device },
			{
				...place,
				space: bob.space.id,
				author: bob.self.rootHash,
				time: { ms: after.ms + 1, counter: 0 },
				authorityHeads: [bob.space.id],
				feedHeads: [],
			},
			{ epoch: epoch.id, controlKey, recipients: [] },
			{ kind: KIND.channel, name: 'mine' },
		);
		await carry([blind.packet], alice);
		world.clock.advance(1000);
		// What opens Bob's admission comes last.
		const invited = await invite(alice);
		await startEpoch(alice);
		const carol = await world.device('Carol');
		await admit(alice, invited, carol);
		expect(verdictOf(carol, blind.key)).toBe('not-allowed');
		expect(digestOf(carol)).toBe(digestOf(alice));
		// Nothing waits for strangers any more: it would be brought again.
		const eve = await world.device('Eve');
		const stranger = await composeEntry(
			{ ...eve.ports, device: eve.self.device },
			{ ...blind.header, seq: 0, prev: new Uint8Array(0), author: eve.self.rootHash },
			{ epoch: epoch.id, controlKey, recipients: [] },
			{ kind: KIND.leave },
		);
		expect(await carry([stranger.packet], carol)).toMatchObject({ refused: ['not-a-member'] });
	});

	it('[FD9] comes back from the store as it was', async () => {
		await say(alice, 'one');
		await level(alice, bob);
		await startEpoch(bob);
		await level(alice, bob);
		await say(alice, 'two');
		await level(alice, bob);
		for (const device of [alice, bob]) {
			const [ledger, texts] = [digestOf(device), await textsOf(device)];
			const keys = device.space.ring.all();
			await reopen(device);
			expect(digestOf(device)).toBe(ledger);
			expect(await textsOf(device)).toEqual(texts);
			expect(device.space.ring.all()).toEqual(keys);
		}
		await level(alice, bob);
		expect((await say(bob, 'three')).header.seq).toBe(1);
	});

	it('[FD9] tells nobody of what it could not keep, and stands where it stood', async () => {
		await carry([(await say(alice, 'kept')).packet], bob);
		const lost = await say(alice, 'lost');
		for (const fail of ['receive', 'write'] as const) {
			const before = [digestOf(bob), await textsOf(bob), bob.changes.length];
			bob.disk.onCommit = () => ({ type: 'full', detail: 'no room' });
			const result =
				fail === 'receive'
					? await bob.space.receive([lost.packet])
					: await tryWrite(bob, anInvitation);
			expect(result).toMatchObject({ ok: false, error: { type: 'full' } });
			expect([digestOf(bob), await textsOf(bob), bob.changes.length]).toEqual(before);
			bob.disk.onCommit = undefined;
		}
		await carry([lost.packet], bob);
		expect(await textsOf(bob)).toEqual(['kept', 'lost']);
		expect((await say(bob, 'mine')).header.seq).toBe(0);
	});

	describe('while what came is being kept', () => {
		/** What Bob reads each time he is told that there is something else to read. */
		let read: Promise<readonly string[]>[];

		beforeEach(() => {
			read = [];
			bob.space.onShown = () => read.push(textsOf(bob));
		});

		it('[FD12] shows it, and says nothing of it', async () => {
			const before = bob.changes.length;
			const { packet } = await say(alice, 'quick');
			// The commit never ends.
			bob.disk.onCommit = () => 'crash-before';
			void bob.space.receive([packet]);
			await expect.poll(() => read.length).toBe(1);
			expect(await read[0]).toEqual(['quick']);
			expect(bob.changes).toHaveLength(before);
			bob.disk.onCommit = undefined;
			const ports = { ...bob.ports, store: bob.disk.open() };
			const started: Device = { ...bob, ports };
			await reopen(started);
			expect(await textsOf(started)).toEqual([]);
			await carry([packet], started);
			expect(await textsOf(started)).toEqual(['quick']);
		});

		it('[FD12] takes it back where it can’t be kept, and doesn’t show it again before it is', async () => {
			const { packet } = await say(alice, 'no room');
			bob.disk.onCommit = () => ({ type: 'full', detail: 'no room' });
			for (let attempt = 0; attempt < 3; attempt++) await bob.space.receive([packet]);
			expect(await Promise.all(read)).toEqual([['no room'], [], [], []]);
			bob.disk.onCommit = undefined;
			await carry([packet], bob);
			expect(await Promise.all(read)).toHaveLength(4);
			expect(await textsOf(bob)).toEqual(['no room']);
			await carry([(await say(alice, 'room')).packet], bob);
			expect(await read[4]).toEqual(['no room', 'room']);
		});

		it('[FD9] shows nothing that this device writes itself', async () => {
			await say(bob, 'mine');
			expect(read).toEqual([]);
		});

		it('[FD9] has it looked at again when what this device wrote itself could not be kept', async () => {
			bob.disk.onCommit = () => ({ type: 'full', detail: 'no room' });
			const message = { kind: KIND.message, text: 'mine', replyTo: null, channel: channelOf(bob) };
			expect((await tryWrite(bob, message)).ok).toBe(false);
			expect(await Promise.all(read)).toEqual([[]]);
		});
	});

	describe('whoever leaves', () => {
		it('[EP4] [AU6] opens neither the next message nor the new epoch', async () => {
			await write(bob, { kind: KIND.leave });
			await level(alice, bob);
			expect(needsNewEpoch(alice.space.ledger.authority)).toBe(true);
			const known = bob.space.ring.all().length;
			const epoch = await startEpoch(alice);
			expect(verdictOf(alice, epoch.key)).toBe('valid');
			const secret = await say(alice, 'Bob is gone');
			const more = await invite(alice);
			await carry([epoch.packet, secret.packet, more.entry.packet], bob);
			expect(await textsOf(bob)).toEqual([]);
			expect(bob.space.ring.all()).toHaveLength(known);
			expect(bob.space.ring.get(epoch.header.key.epoch)).toBeUndefined();
			expect(bob.space.ledger.control.has(epoch.key)).toBe(false);
			expect(bob.space.ledger.control.has(more.entry.key)).toBe(false);
			expect(await tryWrite(bob, anInvitation)).toMatchObject({ error: { type: 'not-member' } });
		});

		it('[AU6] may come back with the same device, and goes on with the same feed', async () => {
			await carry([(await say(bob, 'I go')).packet], alice);
			await write(bob, { kind: KIND.leave });
			await level(alice, bob);
			await startEpoch(alice);
			await say(alice, 'while Bob is away');
			// The device forgot the space when it left.
			const again: Device = { ...bob, disk: bob.disk, changes: [] };
			for (const table of ['entry', 'feed', 'control', 'key', 'log', 'segment']) {
				await bob.ports.store.clear(table, [alice.space.id]);
			}
			world.clock.advance(1000);
			await admit(alice, await invite(alice), again);
			const back = await say(again, 'I am back');
			expect(back.header.seq).toBe(2);
			expect((await carry([back.packet], alice)).forks).toEqual([]);
			expect(await textsOf(alice)).toEqual(['I go', 'while Bob is away', 'I am back']);
			expect(await textsOf(again)).toEqual(['I am back']);
			expect(digestOf(again)).toBe(digestOf(alice));
		});
	});

	describe('clocks', () => {
		it('[FD2] [FD5] that are an hour ahead are shown, and drag nobody along', async () => {
			const ahead = { ms: HOUR };
			const carol = await world.device('Carol', ahead);
			await admit(alice, await invite(alice), carol);
			await level(alice, bob);
			const early = await say(carol, 'from the future');
			const door = await invite(carol);
			await carry([early.packet, door.entry.packet], alice);
			const now = world.clock.now();
			const answer = await say(alice, 'from now');
			expect(answer.header.time.ms).toBeLessThan(now + 60_000);
			expect(answer.header.feedHeads.map(toHex)).not.toContain(door.entry.key);
			expect(answer.header.authorityHeads.map(toHex)).not.toContain(door.entry.key);
			expect(await textsOf(alice)).toEqual(['from now', 'from the future']);
			// Her own clock is set right: she goes on from where she was.
			ahead.ms = 0;
			await reopen(carol);
			const next = await say(carol, 'still here');
			expect(compareTime(next.header.time, early.header.time)).toBeGreaterThan(0);
			// When it is due, others build on it.
			world.clock.advance(HOUR);
			const later = await say(alice, 'now I see');
			expect(later.header.feedHeads.map(toHex)).toContain(door.entry.key);
			expect(later.header.authorityHeads.map(toHex)).toContain(door.entry.key);
		});

		it('[EP3] [FD5] that are ahead keep no epoch from being made, nor make one due for ever', async () => {
			const carol = await world.device('Carol', { ms: HOUR });
			await admit(alice, await invite(alice), carol);
			await level(alice, bob, carol);
			const dora = await world.device('Dora');
			await admit(carol, await invite(carol), dora);
			await level(alice, bob, carol, dora);
			await write(bob, { kind: KIND.leave });
			await level(alice, bob, carol, dora);
			const now = (): number => world.clock.now();
			expect(needsNewEpoch(alice.space.ledger.authorityAt(now()))).toBe(true);
			const epoch = await startEpoch(alice);
			expect(verdictOf(alice, epoch.key)).toBe('valid');
			// Dora's admission lies ahead: nothing to be done about it yet.
			expect(needsNewEpoch(alice.space.ledger.authorityAt(now()))).toBe(false);
			await level(alice, bob, carol, dora);
			world.clock.advance((alice.space.ledger.nextDue(now()) ?? 0) - now() + 60_000);
			expect(needsNewEpoch(alice.space.ledger.authorityAt(now()))).toBe(true);
			const next = await startEpoch(alice);
			expect(verdictOf(alice, next.key)).toBe('valid');
			expect(needsNewEpoch(alice.space.ledger.authorityAt(now()))).toBe(false);
			await level(alice, carol, dora);
			expect(digestOf(dora)).toBe(digestOf(alice));
		});
	});

	it('[AU3] [FD8] waits for the invitation that an admission names, though it may not build on it', async () => {
		const eve = await world.device('Eve');
		await admit(alice, await invite(alice), eve);
		const joined = [...alice.space.ledger.authorityHeads()];
		const invited = await invite(alice);
		await level(alice, bob);
		const carol = await world.device('Carol');
		const { epoch } = bob.space.ledger.authority;
		const controlKey = epoch && bob.space.ring.get(epoch.id)?.controlKey;
		if (epoch === null || !controlKey) throw new Error('no epoch');
		const { after, ...place } = bob.space.ledger.next(bob.self.device.publicKey, 0);
		const admission = await composeEntry(
			{ ...bob.ports, device: bob.self.device },
			{
				...place,
				space: bob.space.id,
				author: bob.self.rootHash,
				time: { ms: after.ms + 1_000_000, counter: 0 },
				authorityHeads: joined,
				feedHeads: [],
			},
			{ epoch: epoch.id, controlKey, recipients: [] },
			{
				kind: KIND.admit,
				invite: invited.entry.id,
				proof: await proofFor(invited, alice.space.id, carol),
				member: carol.self.member,
				tokenHash: new Uint8Array(32),
				epoch: epoch.id,
				step: 1,
			},
		);
		const early = await carry([admission.packet], eve);
		expect(early).toMatchObject({ placed: [], wanted: [invited.entry.id] });
		await carry([invited.entry.packet], eve);
		await carry([admission.packet], alice);
		for (const device of [eve, alice]) {
			expect(device.space.ledger.authority.verdicts.get(admission.key)).toBe('valid');
			expect(device.space.ledger.authority.devices.has(carol.key)).toBe(true);
		}
		await reopen(eve);
		expect(eve.space.ledger.authority.verdicts.get(admission.key)).toBe('valid');
	});
});
