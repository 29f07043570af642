// What devices of a space do that is so large that nobody knows who is there.
import { beforeEach, describe, expect, it } from 'vitest';
import { createLevelling } from '#lib/messenger/delivery/levelling.ts';
import { createOutbox } from '#lib/messenger/delivery/outbox.ts';
import type { Post } from '#lib/messenger/delivery/post-face.ts';
import { startReminding } from '#lib/messenger/delivery/reminding.ts';
import { createSpaceSync } from '#lib/messenger/delivery/space-sync.ts';
import type { Space } from '#lib/messenger/space/space-face.ts';
import { toHex } from '#lib/util/bytes.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { createDevices, found, say, type Device, type Devices } from '../../support/devices.ts';
import { until } from '../../support/until.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const names = (count: number): string[] =>
	Array.from({ length: count }, (_, n) => n.toString(16).padStart(64, '0'));
const nobodyKnown = { route: () => null, isLarge: () => true };

describe('an author in a large space', () => {
	it('[OB5] asks those it has not heard of, 16 at a time, each after 10 s doubling to an hour', () => {
		const clock = createManualClock();
		const begun = clock.now();
		const asked = new Map<string, number[]>();
		const rounds = new Map<number, number>();
		const stop = startReminding(clock, { overdue: () => names(40) }, nobodyKnown, {
			hello: () => undefined,
			ask(device) {
				const at = clock.now() - begun;
				asked.set(device, [...(asked.get(device) ?? []), at]);
				rounds.set(at, (rounds.get(at) ?? 0) + 1);
				return Promise.resolve();
			},
		});
		clock.advance(6 * HOUR);
		stop();
		expect(Math.max(...rounds.values())).toBe(16);
		expect([...asked.keys()].sort()).toEqual(names(40));
		for (const times of asked.values()) {
			const waits = times.slice(1).map((at, n) => at - (times[n] ?? 0));
			// What is due waits for its turn among the others, a few rounds at most.
			for (const [n, wait] of waits.entries()) {
				const least = Math.min(HOUR, 10_000 * 2 ** n);
				expect(wait).toBeGreaterThanOrEqual(least);
				expect(wait).toBeLessThanOrEqual(least + 30_000);
			}
			expect(waits.at(-1)).toBeGreaterThanOrEqual(HOUR);
		}
	});
});

describe('a device in a large space', () => {
	let world: Devices;
	let alice: Device;
	let clock: ManualClock;
	const members = new Set(names(200));

	beforeEach(async () => {
		world = createDevices(96);
		alice = await world.device('Alice');
		await found(alice);
		clock = world.clock;
	});

	/** The space, with so many more in it. */
	const crowded = (): Space => {
		const { space } = alice;
		const { authority } = space.ledger;
		const own = authority.devices.get(alice.key);
		const others = [...members].flatMap((key) => {
			const device = new Uint8Array(Buffer.from(key, 'hex'));
			return own === undefined ? [] : [[key, { ...own, device }] as const];
		});
		const larger = Object.create(authority, {
			devices: { value: new Map([...authority.devices, ...others]) },
			active: { value: new Set([...authority.active, ...members]) },
		}) as typeof authority;
		const ledger = Object.create(space.ledger, { authority: { value: larger } }) as object;
		return Object.create(space, { ledger: { value: ledger } }) as Space;
	};

	it('[OB5] says all that it holds after 5 s, twice as long each time until somebody answers, then every ten minutes', () => {
		const begun = clock.now();
		const said: { readonly device: string; readonly at: number }[] = [];
		const levelling = createLevelling(
			{ clock, random: world.random },
			crowded(),
			alice.key,
			nobodyKnown,
			(device) => said.push({ device, at: clock.now() - begun }),
		);
		const [friend = ''] = members;
		levelling.heard(friend);
		clock.advance(76_000);
		expect(said.map(({ at }) => at)).toEqual([5000, 15_000, 35_000, 75_000]);
		// Whoever was heard of is asked first; and, silent, not again.
		expect(said[0]?.device).toBe(friend);
		expect(said.slice(1).map(({ device }) => device)).not.toContain(friend);
		levelling.answered();
		levelling.heard(friend);
		clock.advance(9 * MINUTE);
		said.length = 0;
		clock.advance(HOUR);
		expect(said.length).toBeGreaterThanOrEqual(5);
		expect(said.length).toBeLessThanOrEqual(7);
		levelling.stop();
	});

	it('[OB5] takes up to 10 ms for each member to say what it holds, by a push alone', async () => {
		const waits: number[] = [];
		for (let n = 0; n < 20; n++) {
			let left = 0;
			const pushed: string[] = [];
			const post = {
				...nobodyKnown,
				attempt: (device: string) => pushed.push(device) > 0,
			} as unknown as Post;
			const [author = ''] = members;
			const space = crowded();
			const feeds = new Map([[author, { device: new Uint8Array(Buffer.from(author, 'hex')) }]]);
			const ledger = Object.create(space.ledger, {
				feeds: { value: feeds },
				headOf: {
					value: () => ({ feed: feeds.get(author)?.device, seq: 0, id: new Uint8Array(32) }),
				},
			}) as object;
			const begun = clock.now();
			const sync = createSpaceSync(
				alice.ports,
				alice.self,
				Object.create(space, { ledger: { value: ledger } }) as Space,
				post,
				{
					onAcknowledged: () => undefined,
					onAuthorAway: () => (left += 1),
					onStated: () => undefined,
					onOutsider: () => undefined,
				},
			);
			sync.onKept([...feeds.values()].map(({ device }) => device));
			for (let ms = 0; ms < 2020 && pushed.length === 0; ms += 20) {
				clock.advance(20);
				for (let turn = 0; turn < 5; turn++) await Promise.resolve();
			}
			await until(() => expect(pushed).toEqual([author]));
			waits.push(clock.now() - begun);
			expect(left).toBe(0);
			sync.stop();
		}
		expect(Math.max(...waits)).toBeLessThanOrEqual(2040);
		// Spread over the whole of it.
		expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(1000);
	});

	it('[OB5] writes a row of the outbox with many recipients every five seconds at most', async () => {
		const entry = await say(alice, 'to everybody');
		let stored = 0;
		const post = {
			...nobodyKnown,
			hasRelay: () => true,
			sendAll: () => undefined,
			store: () => Promise.resolve({ copies: [], devices: [] }),
		} as unknown as Post;
		const outbox = createOutbox(alice.ports, alice.self, crowded(), post, {
			toLeave: (packet) => [packet],
		});
		await alice.ports.store.commit(outbox.rowFor(entry));
		alice.disk.onCommit = (writes) => {
			if (writes.some(({ table }) => table === 'outbox')) stored += 1;
			return 'apply';
		};
		const { seq } = entry.header;
		for (const device of [...members].slice(0, 160)) {
			outbox.acknowledged(device, seq);
			clock.advance(100);
		}
		// 16 s, with more than 32 still to come.
		expect(stored).toBeGreaterThan(0);
		expect(stored).toBeLessThanOrEqual(4);
		expect(outbox.delivery(seq)).toMatchObject({ delivered: 160, of: 200 });
		outbox.stop();
		alice.disk.onCommit = undefined;
		expect(toHex(entry.header.device)).toBe(alice.key);
	});
});
