// What is taken out of the conversation by a fence or a changed channel, and let back when that turns out void.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '#lib/crdt/check-entry.ts';
import { composeEntry } from '#lib/messenger/space/composing.ts';
import { KIND } from '#lib/protocol/entry.ts';
import {
	carry,
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
	linesOf,
	fourDevices,
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
