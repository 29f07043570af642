// What a device is given of messages that are not wrapped for it: everything where the space shares its past, elsewhere
// what their author meant for it.
import { afterEach, describe, expect, it } from 'vitest';
import { readableFor } from '#lib/messenger/delivery/handing-on.ts';
import { HISTORY, type History } from '#lib/protocol/content.ts';
import type { LoggedMessage } from '#lib/crdt/segment.ts';
import type { Packet } from '#lib/protocol/entry.ts';
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
	textsOf,
	write,
	type Device,
} from '../../support/devices.ts';
import { linesOf, shadowBan, tombstone } from '../../support/moderating.ts';
import { createSyncing, type Syncing } from '../../support/syncing.ts';
import { KIND } from '#lib/protocol/entry.ts';

const started: Syncing[] = [];
afterEach(() => {
	for (const syncing of started.splice(0)) syncing.stop();
});
function syncingOf(...devices: readonly Device[]): Syncing {
	const syncing = createSyncing(...devices);
	started.push(syncing);
	return syncing;
}

/** Alice and Bob have talked for a while when Carol comes. */
async function talkBefore(history: History, count = 4) {
	const world = createDevices(31);
	const alice = await world.device('Alice');
	const bob = await world.device('Bob');
	const carol = await world.device('Carol');
	await found(alice, history);
	const invited = await invite(alice);
	await admit(alice, invited, bob);
	await level(alice, bob);
	const said: string[] = [];
	const talk = async (): Promise<void> => {
		for (let n = 0; n < count; n++) {
			const by = n % 2 === 0 ? alice : bob;
			world.clock.advance(1000);
			said.push(`${said.length} by ${by.name}`);
			await say(by, said.at(-1) ?? '');
			await level(alice, bob);
		}
	};
	await talk();
	return { world, alice, bob, carol, invited, said };
}

const shownTo = async (device: Device): Promise<readonly LoggedMessage[]> =>
	await device.space.log(channelOf(device)).read(0);

const handed = (by: Device, to: Device, packets: readonly Packet[], wantsKeys = false) =>
	readableFor(by.ports, by.space, to.key, packets, wantsKeys);

describe('where newcomers are given everything', () => {
	it('[HP2] one member is enough for all that was ever written, in order, and none of it late', async () => {
		const { world, alice, bob, carol, invited, said } = await talkBefore(HISTORY.everything);
		world.clock.advance(1000);
		await admit(bob, invited, carol);
		const syncing = syncingOf(bob, carol);
		await syncing.meet(bob, carol);
		expect(await textsOf(carol)).toEqual(said);
		expect((await shownTo(carol)).some(({ late }) => late)).toBe(false);
		// What it was given it keeps, and can hand on itself.
		await reopen(carol);
		expect(await textsOf(carol)).toEqual(said);
		const dora = await world.device('Dora');
		await level(alice, bob, carol);
		world.clock.advance(1000);
		await admit(carol, invited, dora);
		const next = syncingOf(carol, dora);
		await next.meet(carol, dora);
		expect(await textsOf(dora)).toEqual(said);
	});

	it('[HP2] what came before the newcomer is older than its view, what comes after is not', async () => {
		const { world, alice, bob, carol, invited } = await talkBefore(HISTORY.everything);
		world.clock.advance(1000);
		const before = world.clock.now();
		await admit(bob, invited, carol);
		await level(alice, bob, carol);
		world.clock.advance(1000);
		await say(alice, 'welcome');
		await carry(await everythingOf(alice), carol);
		const began = carol.space.began().ms;
		expect(began).toBeGreaterThanOrEqual(before);
		expect(began).toBeLessThan(world.clock.now());
		expect(alice.space.began().ms).toBeLessThan(began);
	});

	it('[HP2] nothing of what is purged, hidden or expired is handed on', async () => {
		const { world, alice, bob, carol, invited, said } = await talkBefore(HISTORY.everything);
		await write(alice, {
			kind: KIND.channelEdit,
			channel: channelOf(alice),
			name: 'general',
			archived: false,
			readOnly: false,
			timer: 60,
		});
		world.clock.advance(1000);
		const fleeting = await say(alice, 'gone in a minute');
		const bad = await say(alice, 'to be purged');
		await level(alice, bob);
		world.clock.advance(1000);
		await tombstone(alice, alice, [bad]);
		await shadowBan(alice, bob);
		const hidden = await say(bob, 'unseen');
		await carry([hidden.packet], alice);
		world.clock.advance(1000);
		await admit(alice, invited, carol);
		world.clock.advance(120_000);
		for (const { packet } of [fleeting, bad, hidden]) {
			for (const wantsKeys of [false, true]) {
				expect(await handed(alice, carol, [packet], wantsKeys)).toEqual([packet]);
			}
		}
		const syncing = syncingOf(alice, carol);
		await syncing.meet(alice, carol);
		expect((await linesOf(carol)).filter((line) => said.includes(line))).toEqual(said);
		expect((await textsOf(carol)).join()).not.toMatch(/minute|purged|unseen/);
	});

	it('[HP2] [KY11] keys that are none leave a place without text, until somebody gives the right ones', async () => {
		const { world, alice, bob, carol, invited, said } = await talkBefore(HISTORY.everything);
		world.clock.advance(1000);
		await admit(bob, invited, carol);
		const whole = await handed(bob, carol, await everythingOf(bob));
		const wrong = whole.map((packet, n) => ({
			...packet,
			wraps: packet.wraps && (whole.at(n - 1)?.wraps ?? null),
		}));
		await carry(wrong, carol);
		const shown = await shownTo(carol);
		expect(shown).toHaveLength(said.length);
		expect(shown.every(({ gone }) => gone?.how === 'unreadable')).toBe(true);
		await level(alice, bob);
		await carry(await handed(alice, carol, await everythingOf(alice), true), carol);
		expect(await textsOf(carol)).toEqual(said);
	});

	it('[HP1] nobody who is no member is given a key', async () => {
		const { alice, bob, carol } = await talkBefore(HISTORY.everything);
		const packets = await everythingOf(alice);
		expect(await handed(bob, carol, packets, true)).toEqual(packets);
	});
});

describe('where newcomers read from when they join', () => {
	it('[HP1] no key of before is handed on, whatever is asked', async () => {
		const { world, bob, carol, invited } = await talkBefore(HISTORY.sinceJoined);
		world.clock.advance(1000);
		await admit(bob, invited, carol);
		const packets = await everythingOf(bob);
		for (const wantsKeys of [false, true]) {
			expect(await handed(bob, carol, packets, wantsKeys)).toEqual(packets);
		}
		await carry(packets, carol);
		expect(await textsOf(carol)).toEqual([]);
	});

	it('[HP3] who was there when it was written is given the keys anew, from any member, for its newest prekey', async () => {
		const { world, alice, bob, carol, invited } = await talkBefore(HISTORY.sinceJoined);
		world.clock.advance(1000);
		await admit(bob, invited, carol);
		await level(alice, bob, carol);
		world.clock.advance(1000);
		const entry = await say(alice, 'for the key of then');
		await carry([entry.packet], bob);
		// Whoever wraps for a prekey that is gone has wrapped for nobody.
		const stale = {
			...entry.packet,
			wraps: entry.packet.wraps && { ...entry.packet.wraps, boxes: [] },
		};
		await carry([stale], carol);
		expect(await linesOf(carol)).toEqual(['<unreadable>']);
		await carol.self.prekeys.renew(world.clock.now());
		await bob.space.takePrekeys([carol.self.prekeys.record]);
		const again = await handed(bob, carol, [entry.packet], true);
		expect(again[0]?.wraps?.boxes).toHaveLength(1);
		await carry(again, carol);
		expect(await textsOf(carol)).toEqual(['for the key of then']);
	});
});
