// What is purged, deleted or missing, on every device that has anything of it.
import { beforeEach, describe, expect, it } from 'vitest';
import { KIND } from '#lib/protocol/entry.ts';
import { toHex } from '#lib/util/bytes.ts';
import {
	admit,
	carry,
	invite,
	level,
	reopen,
	say,
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
	shownBy,
	tombstone,
	withoutContent,
	fourDevices,
	CANARY,
	expectNothingLeft,
	type FourDevices,
} from '../../support/moderating.ts';

describe('in a community of four', () => {
	let world: Devices;
	let after: FourDevices['after'];
	let alice: Device;
	let bob: Device;
	let carol: Device;
	let dave: Device;

	beforeEach(async () => {
		({ world, after, alice, bob, carol, dave } = await fourDevices());
	});

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
});
