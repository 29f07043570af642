// Entries that wait: what wakes them, and who must give way.
import { beforeEach, describe, expect, it } from 'vitest';
import { createLogicalClock } from '#lib/crdt/logical-clock.ts';
import { createIntake } from '#lib/messenger/space/intake.ts';
import { createJudge } from '#lib/messenger/space/judging.ts';
import { createMessageKeys } from '#lib/messenger/space/message-keys.ts';
import { createWaiting, type Need, type Waiting } from '#lib/messenger/space/waiting.ts';
import { toHex } from '#lib/util/bytes.ts';
import { found as foundWorld, pen, person, type Pen } from '../../support/authority-world.ts';
import { admit, createDevices, crypto, found, invite, level, say } from '../../support/devices.ts';

describe('room for what waits', () => {
	let waiting: Waiting;
	const world = foundWorld(pen(person('Founder')));
	const need = (key: string): Need => ({ type: 'entry', key });
	const fill = (who: Pen, share: string, count: number): string[] =>
		Array.from({ length: count }, (_, n) => {
			const entry = world.say(who);
			waiting.hold(entry, [need(`${share} ${n}`)], share);
			return entry.key;
		});

	beforeEach(() => {
		waiting = createWaiting(20);
	});

	it('[FD8] is made by whoever takes most of it', () => {
		const few = fill(pen(person('Few')), 'few', 3);
		const many = fill(pen(person('Many')), 'many', 500);
		expect(waiting.size).toBe(20);
		expect(few.every((key) => waiting.get(key) !== undefined)).toBe(true);
		expect(many.slice(-17).every((key) => waiting.get(key) !== undefined)).toBe(true);
	});

	it('[FD8] is asked for in turns', () => {
		fill(pen(person('Many')), 'many', 15);
		fill(pen(person('Few')), 'few', 2);
		const missing = waiting.missing(6, () => true);
		expect(missing).toHaveLength(6);
		expect(missing.filter((key) => key.startsWith('few'))).toEqual(['few 0', 'few 1']);
		expect(waiting.missing(6, (key) => key === 'many 7')).toEqual(['many 7']);
	});

	it('[DV2] tells what became of each that waited', async () => {
		const [first = '', second = ''] = fill(pen(person('Few')), 'few', 2);
		const both = waiting.settled([first, second]);
		const one = waiting.settled([first]);
		expect(waiting.wake(need('few 0'))).toHaveLength(1);
		waiting.settle(first);
		expect(await one).toBe(true);
		fill(pen(person('Few')), 'few', 30);
		expect(await both).toBe(false);
		const [last = ''] = fill(pen(person('Few')), 'few', 1);
		const ended = waiting.settled([last]);
		waiting.stop();
		expect(await ended).toBe(false);
	});
});

it('[FD8] what waits is looked at when what it waits for has come, and not before', async () => {
	const world = createDevices(43);
	const [alice, bob, carol] = [
		await world.device('Alice'),
		await world.device('Bob'),
		await world.device('Carol'),
	];
	await found(alice);
	const invited = await invite(alice);
	for (const newcomer of [bob, carol]) await admit(alice, invited, newcomer);
	await level(alice, bob, carol);
	const { self, space, ports } = bob;
	let looks = 0;
	const ledger = Object.create(space.ledger, {
		place: {
			value: (...entry: Parameters<typeof space.ledger.place>) => {
				looks += 1;
				return space.ledger.place(...entry);
			},
		},
	}) as typeof space.ledger;
	const keys = createMessageKeys(crypto, ports.store, space.id);
	const ratchets = { keyFor: () => undefined };
	const intake = createIntake({
		crypto,
		ledger,
		prekeys: self.prekeys,
		ring: space.ring,
		kept: space.kept,
		clock: createLogicalClock(ports.clock),
		judge: createJudge(crypto, self, ledger, keys, ratchets, ports.clock),
		ratchets,
		own: self.device.publicKey,
	});
	const first = await say(carol, 'the first, which is missing');
	const flood = [];
	for (let n = 0; n < 100; n++) flood.push((await say(carol, `flood ${n}`)).packet);
	await intake.take(flood);
	expect(looks).toBe(100);
	for (let n = 0; n < 20; n++) {
		await intake.take([(await say(alice, `message ${n}`)).packet]);
	}
	expect(looks).toBe(120);
	const { placed } = await intake.take([first.packet]);
	expect(placed).toHaveLength(101);
	expect(looks).toBe(221);
	expect(ledger.feeds.get(toHex(carol.self.device.publicKey))?.seq).toBe(
		flood.length + first.header.seq,
	);
});
