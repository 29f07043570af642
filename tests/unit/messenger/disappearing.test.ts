// Messages that disappear: on every device, by its own clock, whenever they come and however many there are.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '#lib/crdt/check-entry.ts';
import { composeEntry } from '#lib/messenger/space/composing.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { DAY } from '#lib/protocol/limits.ts';
import { unwrap } from '#lib/util/result.ts';
import { encodePacket } from '#lib/protocol/entry.ts';
import {
	admit,
	carry,
	channelOf,
	createDevices,
	everythingOf,
	found,
	invite,
	level,
	reopen,
	say,
	write,
	type Device,
	type Devices,
} from '../../support/devices.ts';
import { grant, holdersOf, linesOf, tombstone } from '../../support/moderating.ts';

const CANARY = 'canary-51ce';
const HOUR = 3_600_000;

describe('a channel with a timer', () => {
	let world: Devices;
	let alice: Device;
	let bob: Device;
	let carol: Device;
	/** How far Carol's clock is ahead. */
	let ahead: { ms: number };

	const setTimer = (by: Device, seconds: number): Promise<Entry> =>
		write(by, {
			kind: KIND.channelEdit,
			channel: channelOf(by),
			name: 'general',
			archived: false,
			readOnly: false,
			timer: seconds,
		});
	const timerOf = (device: Device): number | undefined =>
		device.space.ledger.authority.channels[0]?.timer;
	const next = async (device: Device): Promise<number | null> =>
		unwrap(await device.space.expire());
	const expectNothingLeft = async (device: Device): Promise<void> => {
		expect(await linesOf(device)).toEqual([]);
		expect(await holdersOf(device, CANARY)).toEqual([]);
	};

	beforeEach(async () => {
		world = createDevices(19);
		ahead = { ms: 0 };
		alice = await world.device('Alice');
		bob = await world.device('Bob');
		carol = await world.device('Carol', ahead);
		await found(alice);
		const invited = await invite(alice);
		for (const newcomer of [bob, carol]) {
			world.clock.advance(10);
			await admit(alice, invited, newcomer);
		}
		await level(alice, bob, carol);
		world.clock.advance(10);
		await setTimer(alice, 3600);
		await level(alice, bob, carol);
		world.clock.advance(10);
	});

	it('[DM1] is the Powernodes’ to set, and the last word counts', async () => {
		expect(timerOf(bob)).toBe(3600);
		await setTimer(bob, 60);
		await level(alice, bob, carol);
		expect(timerOf(bob)).toBe(3600);
		await grant(alice, bob);
		await level(alice, bob);
		await setTimer(bob, 0);
		await level(alice, bob, carol);
		expect([timerOf(alice), timerOf(carol)]).toEqual([0, 0]);
	});

	it('[DM2] counts from when a message was written, and for what is written from then on', async () => {
		const entry = await say(bob, CANARY);
		expect(entry.header.expiry).toBe(entry.header.time.ms + HOUR);
		await setTimer(alice, 0);
		await level(alice, bob, carol);
		expect((await say(bob, 'stays')).header.expiry).toBe(0);
	});

	it('[DM3] ends for everybody at the same time, and leaves nothing but the chain', async () => {
		const entry = await say(bob, CANARY);
		await level(alice, bob, carol);
		expect(await linesOf(carol)).toEqual([CANARY]);
		const due = await next(carol);
		expect(due).toBeGreaterThanOrEqual(entry.header.expiry);
		expect(due).toBeLessThan(entry.header.expiry + 1000);
		world.clock.advance(HOUR - 1);
		for (const device of [alice, bob, carol]) {
			await next(device);
			expect(await linesOf(device)).toEqual([CANARY]);
		}
		world.clock.advance(1001);
		for (const device of [alice, bob, carol]) {
			expect(await next(device)).toBeNull();
			await expectNothingLeft(device);
			expect(device.changes.at(-1)?.expired.map(({ key }) => key)).toEqual([entry.key]);
		}
		const reply = await say(carol, 'and on it goes');
		await carry([reply.packet], bob);
		expect((await linesOf(bob)).length).toBe(1);
	});

	it('[DM3] goes for what expired while nobody was there', async () => {
		await say(bob, CANARY);
		await level(alice, bob, carol);
		world.clock.advance(3 * DAY);
		await reopen(carol);
		await next(carol);
		await expectNothingLeft(carol);
	});

	it('[DM4] takes what comes too late without its content, and never again with it', async () => {
		const entry = await say(bob, CANARY);
		world.clock.advance(HOUR + 1);
		await carry([entry.packet], alice);
		await expectNothingLeft(alice);
		await carry([entry.packet], alice);
		await expectNothingLeft(alice);
		expect(alice.space.ledger.feeds.get(bob.key)?.head).toEqual(entry.id);
	});

	it('[DM4] follows each device’s own clock, which need not be right', async () => {
		await say(bob, CANARY);
		ahead.ms = 2 * HOUR;
		await level(alice, bob, carol);
		await expectNothingLeft(carol);
		await next(alice);
		expect(await linesOf(alice)).toEqual([CANARY]);
		// A clock put right: others hand it on for as long as they have it, and it goes with theirs.
		ahead.ms = 0;
		await carry(await everythingOf(bob), carol);
		expect(await linesOf(carol)).toEqual([CANARY]);
		world.clock.advance(HOUR + 1000);
		await next(carol);
		await expectNothingLeft(carol);
	});

	it('[DM3] goes together with a purge, whichever is first', async () => {
		const entry = await say(bob, CANARY);
		await level(alice, bob, carol);
		await tombstone(alice, bob, [entry]);
		await level(alice, bob, carol);
		world.clock.advance(HOUR + 1000);
		for (const device of [alice, bob, carol]) {
			await next(device);
			await expectNothingLeft(device);
		}
	});

	/** An entry of Carol's with an expiry of her own choosing. */
	async function forge(expiry: number): Promise<Entry> {
		const { space, self, ports } = carol;
		const { epoch, devices } = space.ledger.authority;
		const { after, ...place } = space.ledger.next(self.device.publicKey, world.clock.now());
		return composeEntry(
			{ ...ports, device: self.device },
			{
				...place,
				space: space.id,
				author: self.rootHash,
				time: { ms: Math.max(after.ms, world.clock.now()), counter: after.counter + 1 },
				expiry,
			},
			{
				epoch: epoch?.id ?? new Uint8Array(16),
				controlKey: new Uint8Array(32),
				recipients: [...devices.values()].map(({ member }) => ({
					publicKey: member.prekey.publicKey,
					secret: null,
				})),
			},
			{ kind: KIND.message, channel: channelOf(carol), text: CANARY, replyTo: null },
		);
	}

	for (const [when, expiry] of [
		['long past', 1],
		['as far ahead as can be said', 2 ** 48],
		['at the very end of what is kept', 2 ** 33 * 1000 - 1],
		['at the last second that is kept', (2 ** 33 - 1) * 1000],
	] as const) {
		it(`[DM5] takes no harm from an expiry ${when}`, async () => {
			const entry = await forge(expiry);
			const taken = await carry([entry.packet], alice);
			expect(taken.refused).toEqual([]);
			expect(await linesOf(alice)).toEqual(expiry === 1 ? [] : [CANARY]);
			await next(alice);
			const after = await say(bob, 'goes on');
			await carry([after.packet], alice);
			expect(await linesOf(alice)).toContain('goes on');
		});
	}

	it('[DM3] finds the next one without looking at the others, however many share a moment', async () => {
		const entries: Entry[] = [];
		for (let n = 0; n < 40; n++) {
			world.clock.advance(7);
			entries.push(await say(bob, `${CANARY} ${n}`));
		}
		await carry(
			entries.map(({ packet }) => packet),
			alice,
		);
		expect(await next(alice)).toBe(Math.ceil(entries[0]!.header.expiry / 1000) * 1000);
		world.clock.advance(HOUR + 1000);
		for (let at: number | null = 0; at !== null && at <= world.clock.now();) at = await next(alice);
		await expectNothingLeft(alice);
		for (const packet of await everythingOf(alice)) {
			expect(Buffer.from(encodePacket(packet)).includes(CANARY)).toBe(false);
		}
	});
});
