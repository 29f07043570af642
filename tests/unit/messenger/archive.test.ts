// A person's history, told by one of their devices and taken in by another one.
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { readEntry } from '#lib/crdt/check-entry.ts';
import { openSpace } from '#lib/messenger/space/space.ts';
import type { ArchiveRecord } from '#lib/protocol/archive.ts';
import { unwrap } from '#lib/util/result.ts';
import { archiveFrom, takeIn } from '../../support/archives.ts';
import {
	admit,
	channelOf,
	createDevices,
	crypto,
	found,
	invite,
	level,
	reopen,
	say,
	type Device,
	type Devices,
} from '../../support/devices.ts';
import { linesOf, tombstone, withoutContent } from '../../support/moderating.ts';

describe('the history of Bob', () => {
	let world: Devices;
	let alice: Device;
	let bob: Device;
	let fresh: Device;

	beforeEach(async () => {
		world = createDevices(7);
		alice = await world.device('Alice');
		bob = await world.device('Bob');
		await found(alice);
		await say(alice, 'before Bob');
		world.clock.advance(10);
		await admit(alice, await invite(alice), bob);
		await level(alice, bob);
		for (const n of [1, 2, 3]) {
			world.clock.advance(1000);
			await say(alice, `from Alice ${n}`);
			await level(alice, bob);
			await say(bob, `from Bob ${n}`);
			await level(alice, bob);
		}
		fresh = await world.anotherOf(bob);
	});

	it('[BK3] is readable on a device that nobody has let in yet', async () => {
		expect(await takeIn(fresh, await archiveFrom(bob))).toBe(0);
		expect(await linesOf(fresh)).toEqual(await linesOf(bob));
		await reopen(fresh);
		expect(await linesOf(fresh)).toEqual(await linesOf(bob));
		expect(fresh.space.ledger.authority.devices.get(fresh.key)).toBeUndefined();
	});

	it('[BK3] taken in twice is as taken in once, in whatever order its parts come', async () => {
		const records = await archiveFrom(bob);
		await takeIn(fresh, records);
		const once = await linesOf(fresh);
		expect(await takeIn(fresh, records)).toBe(0);
		expect(await linesOf(fresh)).toEqual(once);
		const later = [...records].reverse().filter(({ type }) => type !== 'end');
		expect(await takeIn(fresh, later)).toBe(0);
		expect(await linesOf(fresh)).toEqual(once);
	});

	it('[BK3] completes what a device that was let in holds without being able to read it', async () => {
		await admit(alice, await invite(alice), fresh);
		await level(alice, bob, fresh);
		await say(alice, 'to all three');
		await level(alice, bob, fresh);
		expect(await linesOf(fresh)).not.toContain('from Alice 1');
		expect(await takeIn(fresh, await archiveFrom(bob))).toBe(0);
		expect(await linesOf(fresh)).toEqual(await linesOf(bob));
	});

	it('[BK2] holds nothing purged', async () => {
		const secret = await say(alice, 'canary-31');
		await level(alice, bob);
		const before = await archiveFrom(bob);
		await tombstone(alice, alice, [secret]);
		await level(alice, bob);
		const after = await archiveFrom(bob);
		const ofSecret = (records: readonly ArchiveRecord[]) =>
			records
				.flatMap((record) => (record.type === 'entries' ? record.entries : []))
				.find(({ packet }) => {
					const entry = readEntry(crypto, packet);
					return entry.ok && entry.value.key === secret.key;
				});
		expect(ofSecret(before)?.key).not.toBeNull();
		expect(ofSecret(after)).toMatchObject({ key: null, packet: { body: null, wraps: null } });
		expect(await bob.space.keyOf({ ...secret, packet: withoutContent(secret) })).toBeNull();
		// An archive of before the purge brings nothing back where the purge is known.
		await takeIn(fresh, after);
		await takeIn(fresh, before);
		expect(await linesOf(fresh)).not.toContain('canary-31');
	});

	it('[BK4] never goes on with a feed that began elsewhere', async () => {
		const records = await archiveFrom(bob);
		// The same installation after its database was lost: the feed here knows nothing of what was written.
		const lost = Object.assign(await world.anotherOf(bob), { self: bob.self });
		lost.space = unwrap(await openSpace(lost.ports, bob.self, bob.space.id));
		expect(await takeIn(lost, records)).toBeGreaterThan(0);
		expect(lost.space.ledger.feeds.get(bob.key)?.seq ?? -1).toBe(-1);
	});

	it('[BK3] refuses what was changed, and takes the rest', async () => {
		const records = await archiveFrom(bob);
		await fc.assert(
			fc.asyncProperty(
				fc.nat(),
				fc.nat(),
				fc.integer({ min: 1, max: 255 }),
				async (at, byte, by) => {
					const target = await world.anotherOf(bob);
					const forged = records.map((record): ArchiveRecord => {
						if (record.type !== 'entries') return record;
						const chosen = at % record.entries.length;
						return {
							...record,
							entries: record.entries.map(({ packet, key }, n) => {
								if (n !== chosen) return { packet, key };
								const signature = packet.signature.slice();
								signature[byte % 64] = (signature[byte % 64] ?? 0) ^ by;
								return { packet: { ...packet, signature }, key };
							}),
						};
					});
					expect(await takeIn(target, forged)).toBeGreaterThan(0);
					const shown = await linesOf(target);
					const all = await linesOf(bob);
					expect(shown.every((line) => all.includes(line))).toBe(true);
				},
			),
			{ numRuns: 6 },
		);
	});

	it('[BK3] is nobody else’s', async () => {
		const records = await archiveFrom(bob);
		const carol = await world.device('Carol');
		expect(await takeIn(carol, records)).toBe('another-person');
	});

	it('[BK3] goes on where it ended, once the device is let in', async () => {
		await takeIn(fresh, await archiveFrom(bob));
		await admit(alice, await invite(alice), fresh);
		await level(alice, bob, fresh);
		await say(alice, 'welcome back');
		await say(fresh, 'here I am');
		await level(alice, bob, fresh);
		expect(await linesOf(fresh)).toEqual(
			await linesOf(alice).then((l) => l.filter((t) => t !== 'before Bob')),
		);
		expect(await linesOf(bob)).toContain('here I am');
		expect(channelOf(fresh)).toEqual(channelOf(bob));
	});
});
