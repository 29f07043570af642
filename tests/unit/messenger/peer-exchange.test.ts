// Records of where devices are: who makes them, who is believed, and who hands them on.
import { describe, expect, it } from 'vitest';
import { createPeerExchange } from '#lib/messenger/delivery/peer-exchange.ts';
import type { Near } from '#lib/messenger/delivery/post-face.ts';
import { peerRecordContent, RECORD_AGE, type PeerRecord } from '#lib/protocol/peer-record.ts';
import type { SpaceMessage } from '#lib/protocol/space-message.ts';
import { admit, createDevices, found, invite, type Device } from '../../support/devices.ts';

/** Alice, Bob, Carol and Dave are members; what Alice's device sends is in `sent`. */
async function community(seed: number) {
	const devices = createDevices(seed);
	const alice = await devices.device('Alice');
	const others = [];
	await found(alice);
	for (const name of ['Bob', 'Carol', 'Dave']) {
		const device = await devices.device(name);
		await admit(alice, await invite(alice), device);
		others.push(device);
	}
	const [bob, carol, dave] = others as [Device, Device, Device];
	const near: { linked: string[]; seen: string[] } = { linked: [bob.key, carol.key], seen: [] };
	const sent: { to: string; message: SpaceMessage }[] = [];
	const post = {
		near: (): Near => near,
		relays: () => [],
		isLarge: () => false,
		send: (to: string, message: SpaceMessage) => sent.push({ to, message }) > 0,
	};
	let changes = 0;
	const exchange = createPeerExchange(alice.ports, alice.self, alice.space, post, {
		takesDirect: () => true,
		isShown: () => true,
		onChange: () => void (changes += 1),
	});
	const recordsTo = (to: Device): readonly PeerRecord[] =>
		sent.flatMap((each) =>
			each.to === to.key && each.message.type === 'records' ? each.message.records : [],
		);
	return {
		clock: devices.clock,
		alice,
		bob,
		carol,
		dave,
		near,
		exchange,
		recordsTo,
		changes: () => changes,
	};
}

async function recordOf(
	device: Device,
	space: Device,
	said: Partial<PeerRecord> = {},
): Promise<PeerRecord> {
	const time = device.ports.clock.now();
	const content = {
		space: space.space.id,
		device: device.self.device.publicKey,
		time,
		until: time + RECORD_AGE,
		direct: true,
		shown: true,
		relays: [],
		linked: [],
		seen: [],
		...said,
	};
	return { ...content, signature: await device.self.device.sign(peerRecordContent(content)) };
}

/** Lets the exchange's own promises run, and what it has put off. */
async function settle(clock: { advance(ms: number): void }, ms: number): Promise<void> {
	clock.advance(ms);
	for (let n = 0; n < 20; n++) await Promise.resolve();
}

describe('a device’s own record', () => {
	it('[PX1] [PX4] says whom it is linked with, signed, to all that are near, and again only when that changes', async () => {
		const { clock, alice, bob, carol, near, exchange, recordsTo } = await community(1);
		exchange.refresh();
		await settle(clock, 200);
		const [record] = recordsTo(bob);
		if (record === undefined) throw new Error('nothing said');
		expect(recordsTo(carol)).toEqual([record]);
		expect(record.linked).toEqual(
			[bob, carol].map(({ self }) => self.device.publicKey.slice(0, 8)),
		);
		const { signature, ...content } = record;
		const isGenuine = alice.ports.crypto.verify(
			record.device,
			peerRecordContent(content),
			signature,
		);
		expect(await isGenuine).toBe(true);
		exchange.refresh();
		await settle(clock, 5000);
		expect(recordsTo(bob)).toHaveLength(1);
		near.linked.pop();
		exchange.refresh();
		await settle(clock, 2000);
		expect(recordsTo(bob)).toHaveLength(2);
		expect(recordsTo(bob)[1]?.time).toBeGreaterThan(record.time);
	});
});

describe('others’ records', () => {
	it('[PX3] are taken and handed on to those near that their maker does not reach', async () => {
		const { clock, bob, carol, dave, exchange, recordsTo, changes, alice } = await community(2);
		const his = await recordOf(dave, alice, { linked: [bob.self.device.publicKey.slice(0, 8)] });
		await exchange.onRecords(bob.key, [his, his]);
		await settle(clock, 100);
		expect(changes()).toBe(1);
		expect(exchange.reachOf(dave.key)).toEqual({ linked: [bob.key], seen: [] });
		expect(recordsTo(carol)).toEqual([his]);
		expect(recordsTo(bob)).not.toContainEqual(his);
		// Brought again by another one it is no news.
		await exchange.onRecords(carol.key, [his]);
		await settle(clock, 100);
		expect(recordsTo(bob)).not.toContainEqual(his);
	});

	it.each<[string, (world: Awaited<ReturnType<typeof community>>) => Promise<PeerRecord>]>([
		[
			'of a stranger',
			async ({ alice }) => recordOf(await createDevices(99).device('Mallory'), alice),
		],
		['of another space', ({ dave, alice }) => recordOf(dave, alice, { space: new Uint8Array(32) })],
		[
			'signed by another',
			async ({ dave, carol, alice }) => ({
				...(await recordOf(carol, alice)),
				device: dave.self.device.publicKey,
			}),
		],
		[
			'changed on its way',
			async ({ dave, bob, alice }) => ({
				...(await recordOf(dave, alice)),
				linked: [bob.self.device.publicKey.slice(0, 8)],
			}),
		],
		['that is over', ({ dave, alice }) => recordOf(dave, alice, { time: 1, until: 2 })],
		['in one’s own name', ({ alice }) => recordOf(alice, alice)],
	])('[PX3] %s are neither believed nor handed on', async (_what, make) => {
		const world = await community(3);
		const { clock, bob, carol, exchange, recordsTo, changes } = world;
		await exchange.onRecords(bob.key, [await make(world)]);
		await settle(clock, 100);
		expect(changes()).toBe(0);
		expect(recordsTo(carol)).toEqual([]);
	});

	it('[PX3] of one who says something new all the time are handed on now and then', async () => {
		const { clock, bob, carol, dave, alice, exchange, recordsTo } = await community(4);
		for (let n = 0; n < 100; n++) {
			const time = clock.now() + n;
			const his = await recordOf(dave, alice, { time, until: time + 1000_000 });
			await exchange.onRecords(bob.key, [his]);
			await settle(clock, 60);
		}
		// Eight at once, and one in two seconds: six seconds have passed.
		expect(recordsTo(carol).length).toBeLessThanOrEqual(12);
		expect(recordsTo(carol).length).toBeGreaterThanOrEqual(8);
	});

	it('[PX4] are given to whoever asks and lacks them', async () => {
		const { clock, bob, carol, dave, alice, exchange, recordsTo } = await community(5);
		await exchange.onRecords(bob.key, [await recordOf(dave, alice)]);
		await settle(clock, 100);
		const before = recordsTo(carol).length;
		const times = [{ name: dave.self.device.publicKey.slice(0, 8), time: clock.now() }];
		exchange.onHeld(carol.key, { type: 'held-records', wantsReply: false, times });
		expect(recordsTo(carol)).toHaveLength(before);
		exchange.onHeld(carol.key, { type: 'held-records', wantsReply: false, times: [] });
		expect(recordsTo(carol)).toHaveLength(before + 1);
	});
});
