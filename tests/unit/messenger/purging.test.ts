// What is purged, deleted, hidden or missing, on every device that has anything of it.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '#lib/crdt/check-entry.ts';
import { unwrap } from '#lib/crypto/entry-keys.ts';
import { composeEntry } from '#lib/messenger/space/composing.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { toHex } from '#lib/util/bytes.ts';
import {
	admit,
	carry,
	controlOf,
	createDevices,
	found,
	invite,
	level,
	channelOf,
	reopen,
	say,
	tryWrite,
	write,
	type Device,
	type Devices,
} from '../../support/devices.ts';
import {
	ban,
	fenceOf,
	grant,
	holdersOf,
	keptBy,
	linesOf,
	shadowBan,
	shadowUnban,
	shownBy,
	tombstone,
	withoutContent,
	writeSealed,
} from '../../support/moderating.ts';

const CANARY = 'canary-7f3a';

describe('in a community of four', () => {
	let world: Devices;
	let alice: Device;
	let bob: Device;
	let carol: Device;
	let dave: Device;

	beforeEach(async () => {
		world = createDevices(5);
		alice = await world.device('Alice');
		bob = await world.device('Bob');
		carol = await world.device('Carol');
		dave = await world.device('Dave');
		await found(alice);
		const invited = await invite(alice);
		for (const newcomer of [bob, carol, dave]) {
			world.clock.advance(10);
			await admit(alice, invited, newcomer);
		}
		await level(alice, bob, carol, dave);
		world.clock.advance(10);
	});

	/** Writes, one after the other. */
	async function after<T>(work: () => Promise<T>): Promise<T> {
		world.clock.advance(10);
		return work();
	}
	const expectNothingLeft = async (device: Device): Promise<void> => {
		expect(await holdersOf(device, CANARY)).toEqual([]);
	};

	describe('a purge', () => {
		it('[TB1] overwrites a message at once, and leaves header and signature for the chain', async () => {
			const entry = await say(bob, CANARY);
			const reply = await after(() => say(carol, 'what?'));
			await level(alice, bob, carol);
			expect(await holdersOf(carol, CANARY)).toEqual(['entries', 'log', 'table segment']);
			const purge = await after(() => tombstone(alice, bob, [entry], 'not here'));
			for (const device of [bob, carol]) await carry([purge.packet], device);

			for (const device of [alice, bob, carol]) {
				expect(await linesOf(device)).toEqual(['<purged>', 'what?']);
				const [shown] = await shownBy(device);
				expect(shown).toMatchObject({ text: '', gone: { how: 'purged', reason: 'not here' } });
				expect(shown?.gone?.by).toEqual(alice.self.rootHash);
				expect(await keptBy(device, entry)).toEqual(withoutContent(entry));
				await expectNothingLeft(device);
				const changed = new Set([...(device.changes.at(-1)?.shrunk ?? [])]);
				expect(changed.size).toBe(1);
				await reopen(device);
				expect(await linesOf(device)).toEqual(['<purged>', 'what?']);
			}
			const more = await after(() => say(bob, 'and so on'));
			await carry([more.packet], carol);
			expect(await linesOf(carol)).toEqual(['<purged>', 'what?', 'and so on']);
			expect(await keptBy(carol, reply)).toEqual(reply.packet);
		});

		it('[TB3] works the same when it comes before the message', async () => {
			const entry = await say(bob, CANARY);
			await carry([entry.packet], alice);
			const purge = await after(() => tombstone(alice, bob, [entry]));
			await carry([purge.packet], carol);
			await carry([entry.packet], carol);
			expect(await linesOf(carol)).toEqual(['<purged>']);
			expect(await keptBy(carol, entry)).toEqual(withoutContent(entry));
			await expectNothingLeft(carol);
			expect(carol.changes.at(-1)?.purged.map(({ id }) => toHex(id))).toEqual([entry.key]);
			// In one batch, in either order, and header without content as others hand it on.
			await carry([entry.packet, purge.packet], dave);
			expect(await linesOf(dave)).toEqual(['<purged>']);
			await expectNothingLeft(dave);
		});

		it('[TB3] leaves its place in the channel where it stood, for those who never read it too', async () => {
			const news = await after(() => write(alice, { kind: KIND.channel, name: 'news' }));
			for (const device of [bob, carol]) await carry([news.packet], device);
			const channel = news.id;
			const said = { kind: KIND.message, channel, text: CANARY, replyTo: null } as const;
			const entry = await after(() => write(bob, said));
			await carry([entry.packet], alice);
			const messages = [{ id: entry.id, device: entry.header.device, seq: entry.header.seq }];
			const author = bob.self.rootHash;
			const purge = await after(() =>
				write(alice, { kind: KIND.tombstone, author, channel, messages, reason: '' }),
			);
			await carry([purge.packet, entry.packet], carol);
			const log = carol.space.log(channel);
			const shown = await log.read((await log.stretches()) - 1);
			expect(shown.map(({ id, gone }) => [toHex(id), gone?.how])).toEqual([[entry.key, 'purged']]);
			expect(await linesOf(carol)).toEqual([]);
		});

		it('[TB3] is not undone by a late copy of the body', async () => {
			const entry = await say(bob, CANARY);
			await level(alice, bob, carol);
			const purge = await after(() => tombstone(alice, bob, [entry]));
			await carry([purge.packet, withoutContent(entry), entry.packet], carol);
			await carry([entry.packet], carol);
			expect(await linesOf(carol)).toEqual(['<purged>']);
			await expectNothingLeft(carol);
		});

		it('[TB1] by the author is a deletion', async () => {
			const entry = await say(bob, CANARY);
			await carry([entry.packet], carol);
			const deletion = await after(() => tombstone(bob, bob, [entry]));
			await carry([deletion.packet], carol);
			for (const device of [bob, carol]) {
				expect(await linesOf(device)).toEqual(['<deleted>']);
				await expectNothingLeft(device);
			}
		});

		it('[TB2] by somebody who may not, or of another author’s message, does nothing', async () => {
			const entry = await say(bob, 'stays');
			await level(alice, bob, carol);
			const byMember = await after(() => tombstone(carol, bob, [entry]));
			const misnamed = await after(() => tombstone(alice, carol, [entry]));
			const own = await after(() => tombstone(carol, carol, [entry]));
			for (const device of [alice, bob, carol]) {
				await carry([byMember.packet, misnamed.packet, own.packet], device);
				expect(await linesOf(device)).toEqual(['stays']);
				expect(await keptBy(device, entry)).toEqual(entry.packet);
			}
		});

		it('[TB5] that turns out void leaves the text to whoever still has it', async () => {
			await grant(alice, bob);
			await level(alice, bob, carol, dave);
			const fence = fenceOf(alice, bob);
			const entry = await after(() => say(dave, 'worth keeping'));
			await level(alice, bob, carol, dave);
			const purge = await after(() => tombstone(bob, dave, [entry]));
			await carry([purge.packet], carol);
			expect(await linesOf(carol)).toEqual(['<purged>']);
			const banned = await after(() => ban(alice, bob, fence));
			await carry([banned.packet], carol);
			expect(await linesOf(carol)).toEqual(['<unreadable>']);
			await carry([entry.packet], carol);
			expect(await linesOf(carol)).toEqual(['worth keeping']);
			expect(await keptBy(carol, entry)).toEqual(entry.packet);
			await carry([banned.packet, purge.packet], alice);
			expect(await linesOf(alice)).toEqual(['worth keeping']);
		});

		it('[TB1] keeps nothing in a proof of a fork', async () => {
			await carry([(await say(bob, 'common')).packet], alice);
			const earlier = bob.disk.snapshot();
			const first = await after(() => say(bob, CANARY));
			bob.disk.restore(earlier);
			await reopen(bob);
			const second = await after(() => say(bob, `${CANARY} again`));
			await carry([first.packet, second.packet], carol);
			await carry([first.packet], alice);
			await carry([second.packet], alice);
			expect(alice.space.ledger.feeds.get(bob.key)?.frozenAt).not.toBeNull();
			const purge = await after(() => tombstone(alice, bob, [first, second]));
			await carry([purge.packet], carol);
			await expectNothingLeft(alice);
			await expectNothingLeft(carol);
		});

		it('[ST1] [FD9] that can’t be kept has not happened', async () => {
			const entry = await say(bob, CANARY);
			await carry([entry.packet], alice);
			await carry([entry.packet], carol);
			const purge = await after(() => tombstone(alice, bob, [entry]));
			carol.disk.onCommit = () => ({ type: 'full', detail: 'no room' });
			expect((await carol.space.receive([purge.packet])).ok).toBe(false);
			expect(await linesOf(carol)).toEqual([CANARY]);
			carol.disk.onCommit = undefined;
			await carry([purge.packet], carol);
			expect(await linesOf(carol)).toEqual(['<purged>']);
			await expectNothingLeft(carol);
		});
	});

	describe('a shadow-ban', () => {
		it('[SH5] keeps of what comes only what the chain needs, and shows none of it', async () => {
			const before = await say(bob, 'before');
			await level(alice, bob, carol, dave);
			const sealed = await after(() => shadowBan(alice, bob));
			for (const device of [bob, carol]) await carry([sealed.packet], device);
			const hidden = await after(() => say(bob, CANARY));
			await carry([hidden.packet], alice);
			await carry([hidden.packet], carol);
			for (const device of [alice, carol]) {
				expect(await linesOf(device)).toEqual(['before']);
				expect(await keptBy(device, hidden)).toEqual(withoutContent(hidden));
				expect(device.space.ledger.feeds.get(bob.key)?.head).toEqual(hidden.id);
				expect(device.changes.at(-1)?.messages.size).toBe(0);
				await expectNothingLeft(device);
				await reopen(device);
				expect(await linesOf(device)).toEqual(['before']);
			}
			expect(await keptBy(carol, before)).toEqual(before.packet);
		});

		it('[SH5] takes out what was shown beyond its fence, and leaves no place for it', async () => {
			await say(bob, 'before');
			await level(alice, bob, carol, dave);
			const fence = fenceOf(alice, bob);
			const hidden = await after(() => say(bob, CANARY));
			await carry([hidden.packet], carol);
			expect(await linesOf(carol)).toEqual(['before', CANARY]);
			const sealed = await after(() => shadowBan(alice, bob, fence));
			await carry([sealed.packet], carol);
			expect(await linesOf(carol)).toEqual(['before']);
			expect(await keptBy(carol, hidden)).toEqual(withoutContent(hidden));
			await expectNothingLeft(carol);
			// Late copies are of no more use.
			await carry([hidden.packet], carol);
			await expectNothingLeft(carol);
		});

		it('[SH3] [SH5] changes nothing on the target’s own device', async () => {
			const sealed = await shadowBan(alice, bob);
			await carry([sealed.packet], bob);
			expect(bob.space.ledger.control.get(sealed.key)?.content).toMatchObject({ content: null });
			expect(bob.space.ledger.authority.shadowed.size).toBe(0);
			const entry = await after(() => say(bob, CANARY));
			expect(await linesOf(bob)).toEqual([CANARY]);
			expect(await keptBy(bob, entry)).toEqual(entry.packet);
			await reopen(bob);
			expect(await linesOf(bob)).toEqual([CANARY]);
		});

		it('[SH5] that is undone lets through what comes after', async () => {
			const sealed = await shadowBan(alice, bob);
			await level(alice, bob, carol);
			const hidden = await after(() => say(bob, 'unseen'));
			await level(alice, bob, carol);
			const undone = await after(() => shadowUnban(alice, bob, sealed));
			await carry([undone.packet], carol);
			const seen = await after(() => say(bob, 'seen'));
			await carry([hidden.packet, seen.packet], carol);
			expect(await linesOf(carol)).toEqual(['seen']);
			await reopen(carol);
			expect(await linesOf(carol)).toEqual(['seen']);
		});

		it('[SH3] looks like a report to whom it is about', async () => {
			const entry = await say(bob, 'hello');
			await level(alice, bob, carol);
			const message = { id: entry.id, device: entry.header.device, seq: entry.header.seq };
			const author = bob.self.rootHash;
			const report = await writeSealed(
				alice,
				{ type: 'report', message, author, reason: 'see there' },
				(root) => root === toHex(alice.self.rootHash),
			);
			const sealed = await after(() => shadowBan(alice, bob));
			const shapeOf = ({ packet, header }: Entry): unknown => [
				header.kind,
				header.bodyLength,
				header.key.mode,
				packet.header.length,
				packet.body?.length,
				packet.wraps?.boxes.map(({ prekeyId, box }) => [toHex(prekeyId), box.length]),
			];
			expect(shapeOf(sealed)).toEqual(shapeOf(report));
			// The box that bears Bob's name opens in neither.
			for (const { packet } of [sealed, report]) {
				if (packet.wraps === null) throw new Error('not wrapped');
				expect(await unwrap(bob.ports.crypto, packet.wraps, bob.self.prekeys)).toBeUndefined();
				expect(await unwrap(bob.ports.crypto, packet.wraps, alice.self.prekeys)).toBeDefined();
			}
		});

		it('[SH3] is learnt from a later wrap, and acts then', async () => {
			const hidden = await say(bob, CANARY);
			await carry([hidden.packet], carol);
			const sealed = await after(() => shadowBan(alice, bob, []));
			const { wraps } = sealed.packet;
			if (wraps === null) throw new Error('not wrapped');
			await carry([{ ...sealed.packet, wraps: null }], carol);
			expect(carol.space.ledger.control.get(sealed.key)?.content).toMatchObject({ content: null });
			expect(await linesOf(carol)).toEqual([CANARY]);
			await carry([sealed.packet], carol);
			expect(await linesOf(carol)).toEqual([]);
			await expectNothingLeft(carol);
			expect(carol.changes.at(-1)?.control).toBe(true);
			await reopen(carol);
			expect(carol.space.ledger.authority.shadowed).toEqual(new Set([toHex(bob.self.rootHash)]));
			expect(carol.space.ledger.control.size).toBe(controlOf(alice).length);
		});
	});

	describe('a message without its content', () => {
		it('[FD10] keeps its place, and is read when body and keys come after all', async () => {
			const entry = await say(bob, 'first');
			const other = await after(() => say(bob, 'second'));
			await carry([withoutContent(entry), { ...other.packet, wraps: null }], carol);
			expect(await linesOf(carol)).toEqual(['<unreadable>', '<unreadable>']);
			await reopen(carol);
			const forged = { ...entry.packet, body: entry.packet.body?.map((byte) => byte ^ 1) ?? null };
			const { disputed } = await carry([forged], carol);
			expect(disputed).toEqual([]);
			expect(await linesOf(carol)).toEqual(['<unreadable>', '<unreadable>']);
			await carry([other.packet, entry.packet], carol);
			expect(await linesOf(carol)).toEqual(['first', 'second']);
			expect(await keptBy(carol, entry)).toEqual(entry.packet);
			await reopen(carol);
			expect(await linesOf(carol)).toEqual(['first', 'second']);
		});

		it('[FD10] is shown to nobody whom its author did not know', async () => {
			const entry = await say(bob, 'among the four');
			await carry([entry.packet], alice);
			const eve = await world.device('Eve');
			const invited = await after(() => invite(alice));
			await after(() => admit(alice, invited, eve));
			const unaware = await after(() => say(bob, 'not for Eve'));
			await carry([withoutContent(unaware), unaware.packet], eve);
			expect(await linesOf(eve)).toEqual([]);
		});

		it('[FD10] [FD8] waits, if it is a control entry, until the rest of it comes', async () => {
			const entry = await invite(alice);
			await carry([withoutContent(entry.entry)], carol);
			expect(carol.space.ledger.control.has(entry.entry.key)).toBe(false);
			await carry([entry.entry.packet], carol);
			expect(carol.space.ledger.control.has(entry.entry.key)).toBe(true);
		});
	});

	describe('a fence', () => {
		it('[FE1] takes what is beyond it out of the log, and lets it back when it is void', async () => {
			await grant(alice, bob);
			await grant(alice, carol);
			await level(alice, bob, carol, dave);
			const [ofBob, ofDave] = [fenceOf(alice, bob), fenceOf(alice, dave)];
			const entry = await after(() => say(dave, 'still here'));
			await carry([entry.packet], carol);
			await carry([entry.packet], bob);
			const first = await after(() => ban(bob, dave, ofDave));
			await carry([first.packet], carol);
			expect(await linesOf(carol)).toEqual([]);
			expect(await linesOf(bob)).toEqual([]);
			// Dave's own device keeps what only it can read.
			await carry([first.packet], dave);
			expect(await linesOf(dave)).toEqual(['still here']);
			const second = await after(() => ban(alice, bob, ofBob));
			await carry([second.packet], carol);
			expect(await linesOf(carol)).toEqual(['still here']);
		});

		it('[FE2] that names another entry than is held is noticed, and the feed disputed', async () => {
			await say(bob, 'common');
			await level(alice, bob, carol, dave);
			const earlier = bob.disk.snapshot();
			const toCarol = await after(() => say(bob, 'told to Carol'));
			const more = await after(() => say(bob, 'and more'));
			bob.disk.restore(earlier);
			await reopen(bob);
			const toAlice = await after(() => say(bob, 'told to Alice'));
			await carry([toCarol.packet, more.packet], carol);
			await carry([toAlice.packet], alice);
			const banned = await after(() => ban(alice, bob));
			const { disputed } = await carry([banned.packet], carol);
			expect(disputed).toEqual([bob.self.device.publicKey]);
			expect(await linesOf(carol)).toEqual(['common']);
			await reopen(carol);
			expect(await linesOf(carol)).toEqual(['common']);
			expect(carol.space.ledger.countsUpTo(bob.key)).toBe(1);
			// The other half proves the fork.
			await carry([toAlice.packet], carol);
			expect(carol.space.ledger.feeds.get(bob.key)?.frozenAt).toBe(1);
		});
	});

	describe('a changed channel', () => {
		/** Carol writes although she knows better: by hand, since her own node wouldn't. */
		async function defy(text: string): Promise<Entry> {
			const { space, self, ports } = carol;
			const { epoch, devices } = space.ledger.authority;
			const { after: time, ...place } = space.ledger.next(self.device.publicKey, world.clock.now());
			return composeEntry(
				{ ...ports, device: self.device },
				{
					...place,
					space: space.id,
					author: self.rootHash,
					time: { ms: Math.max(time.ms, world.clock.now()), counter: time.counter + 1 },
				},
				{
					epoch: epoch?.id ?? new Uint8Array(16),
					controlKey: new Uint8Array(32),
					recipients: [...devices.values()].map(({ member }) => ({
						publicKey: member.prekey.publicKey,
						secret: null,
					})),
				},
				{ kind: KIND.message, channel: channelOf(carol), text, replyTo: null },
			);
		}
		const archive = (by: Device): Promise<Entry> =>
			write(by, {
				kind: KIND.channelEdit,
				channel: channelOf(by),
				name: 'general',
				archived: true,
				readOnly: false,
				timer: 0,
			});

		it('[CH1] shows nothing of those who knew, and lets it back when it was not to be changed', async () => {
			await grant(alice, bob);
			await level(alice, bob, carol, dave);
			const fence = fenceOf(alice, bob);
			const unaware = await after(() => say(dave, 'unaware'));
			const edit = await after(() => archive(bob));
			await carry([edit.packet, unaware.packet], carol);
			await carry([edit.packet, unaware.packet], alice);
			const refused = await tryWrite(carol, {
				kind: KIND.message,
				channel: channelOf(carol),
				text: 'may I?',
				replyTo: null,
			});
			expect(refused).toMatchObject({ ok: false, error: { type: 'not-member' } });
			const defiant = await after(() => defy('I may'));
			await carry([defiant.packet], alice);
			expect(await linesOf(alice)).toEqual(['unaware']);
			await reopen(alice);
			// By a fence before it, the edit was never Bob's to make.
			await after(() => ban(alice, bob, fence));
			expect(await linesOf(alice)).toEqual(['unaware', 'I may']);
		});
	});
});
