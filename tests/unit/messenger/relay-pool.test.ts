// How the pool keeps its connections: what relays say of themselves decides when and where it dials.
import { describe, expect, it } from 'vitest';
import { createChannelPair, type ChannelEnd } from '../../support/channel-pair.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { bytesOf, crypto } from '../../support/mailbox-world.ts';
import { until } from '../../support/until.ts';
import { DEFAULT_LIMITS } from '#lib/mailbox/limits.ts';
import { createMailboxMachine, type MailboxMachine } from '#lib/mailbox/machine.ts';
import { createMemoryMailboxStore } from '#lib/mailbox/memory-store.ts';
import { createRelayPool } from '#lib/messenger/delivery/relay-pool.ts';
import { toHex } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { DialError } from '#lib/ports/relay-dialer.ts';
import type { FrameChannel } from '#lib/ports/channel.ts';

const url = 'wss://relay.test/relay';
const relayKey = await crypto.signingKey(bytesOf(1));
const key = toHex(relayKey.publicKey);

/** A pool with one relay, whose processes come one after the other as `current` says. */
function scene(connections = 100) {
	const clock = createManualClock();
	const store = createMemoryMailboxStore();
	let drawn = 0;
	const random = { bytes: (length: number) => new Uint8Array(length).fill(++drawn) };
	const start = (): MailboxMachine =>
		createMailboxMachine({
			...{ store, crypto, clock, random, relayKey, stunPort: 0 },
			limits: { ...DEFAULT_LIMITS, connections },
		});
	const world = { current: start(), dials: 0, far: undefined as ChannelEnd | undefined };
	const relayDialer = {
		dial: () => {
			world.dials += 1;
			const [near, far] = createChannelPair();
			world.far = far;
			world.current.connect(far, 'a');
			return Promise.resolve(ok(near));
		},
	};
	const pool = createRelayPool({ clock, crypto, random, relayDialer });
	const state = () => pool.relays.get()[0];
	return { clock, world, pool, start, state, address: { key: relayKey.publicKey, urls: [url] } };
}

describe('a relay that', () => {
	it('[MB31] [RP7] drains is used no longer for what is new, and left for another process of it', async () => {
		const { clock, world, pool, start, state, address } = scene();
		pool.add(address, 'added');
		await until(() => expect(state()?.state).toBe('connected'));
		const heard: string[] = [];
		pool.listen(bytesOf(9), key, {
			onConnected: () => heard.push('connected'),
			onDisconnected: () => heard.push('disconnected'),
			onPacket: () => undefined,
			onPresence: () => undefined,
			onDeleted: () => undefined,
		});
		const first = world.current;
		first.drain(3_600_000);
		await until(() => expect(pool.isDraining(key)).toBe(true));
		expect(state()).toMatchObject({ state: 'connected', draining: true });

		// The same process says the same again: the connection stays.
		await until(() => {
			clock.advance(1000);
			expect(world.dials).toBe(2);
		});
		await until(() => expect(first.connections()).toBe(1));
		expect(heard).toEqual(['connected']);
		world.current = start();
		await until(() => {
			clock.advance(1000);
			expect(world.current.connections()).toBe(1);
		});
		await until(() => expect(first.connections()).toBe(0));
		expect(state()).toMatchObject({ state: 'connected', draining: false });
		expect(heard).toEqual(['connected', 'disconnected', 'connected']);
		pool.stop();
	});

	it('[RP7] turns the device away is left alone for as long as it says', async () => {
		const { clock, world, pool, state, address } = scene(0);
		pool.add(address, 'added');
		await until(() => expect(state()?.state).toBe('waiting'));
		expect((state()?.retryAt ?? 0) - clock.now()).toBe(
			DEFAULT_LIMITS.quotas.address.retryConnection * 1000,
		);
		clock.advance(29_000);
		expect(world.dials).toBe(1);
		clock.advance(1000);
		await until(() => expect(world.dials).toBe(2));
		pool.stop();
	});

	it('[LM8] doesn’t answer within three seconds after a sleep is dialled anew', async () => {
		const { clock, world, pool, state, address } = scene();
		pool.add(address, 'added');
		await until(() => expect(state()?.state).toBe('connected'));
		clock.advance(6000);
		pool.reconnect();
		world.far?.stall();
		clock.advance(2999);
		expect(state()?.state).toBe('connected');
		clock.advance(1);
		await until(() => expect(state()?.state).toBe('waiting'));
		clock.advance(1000);
		await until(() => expect(state()?.state).toBe('connected'));
		expect(world.dials).toBe(2);
		pool.stop();
	});

	it('[LM8] answers after a sleep stays connected', async () => {
		const { clock, world, pool, state, address } = scene();
		pool.add(address, 'added');
		await until(() => expect(state()?.state).toBe('connected'));
		for (let times = 0; times < 5; times++) {
			pool.reconnect();
			await new Promise((resolve) => setTimeout(resolve, 5));
			clock.advance(4000);
		}
		expect(state()?.state).toBe('connected');
		expect(world.dials).toBe(1);
		pool.stop();
	});
});

describe('a relay that cannot be reached', () => {
	type Dialled = Result<FrameChannel, DialError>;

	/** Dials end as the test says, the oldest first. */
	function dead(inSight?: () => boolean) {
		const at = scene();
		const dials: ((how: Dialled) => void)[] = [];
		const relayDialer = {
			dial: () => new Promise<Dialled>((done) => void dials.push(done)),
		};
		const random = { bytes: (length: number) => new Uint8Array(length).fill(128) };
		const pool = createRelayPool(
			{ clock: at.clock, crypto, random, relayDialer },
			undefined,
			inSight,
		);
		const state = () => pool.relays.get()[0];
		const fail = (): void => dials.shift()?.(err({ type: 'unreachable', detail: '' }));
		const come = (): void => {
			const [near, far] = createChannelPair();
			at.world.current.connect(far, 'a');
			dials.shift()?.(ok(near));
		};
		pool.add(at.address, 'added');
		return { ...at, pool, state, dials, fail, come };
	}

	it('[RP2] is dialled again beside a dial that hangs, three at a time, and the first to come through is taken', async () => {
		const { clock, pool, state, dials, fail, come } = dead();
		expect(dials).toHaveLength(1);
		clock.advance(2999);
		expect(dials).toHaveLength(1);
		clock.advance(1);
		expect(dials).toHaveLength(2);
		clock.advance(60_000);
		expect(dials).toHaveLength(3);
		fail();
		await new Promise((resolve) => setTimeout(resolve, 5));
		expect(state()?.state).toBe('connecting');
		come();
		await until(() => expect(state()?.state).toBe('connected'));
		fail();
		await new Promise((resolve) => setTimeout(resolve, 5));
		clock.advance(4000);
		expect([state()?.state, dials.length]).toEqual(['connected', 0]);
		pool.stop();
	});

	it('[RP2] is tried every few seconds while the page is in sight, for ten minutes', async () => {
		let inSight = true;
		const { clock, pool, state, fail } = dead(() => inSight);
		const failed = async (): Promise<number> => {
			fail();
			await until(() => expect(state()?.state).toBe('waiting'));
			return (state()?.retryAt ?? 0) - clock.now();
		};
		const begun = clock.now();
		const waits: number[] = [];
		while (clock.now() - begun < 600_000) {
			waits.push(await failed());
			clock.advance(waits.at(-1) ?? 0);
		}
		expect(waits[0]).toBeLessThan(1000);
		expect(Math.max(...waits)).toBeLessThanOrEqual(5000);
		expect(Math.min(...waits.slice(4))).toBeGreaterThanOrEqual(3000);
		expect(await failed()).toBeGreaterThan(20_000);
		pool.reconnect();
		expect(await failed()).toBeLessThan(1000);
		inSight = false;
		for (let times = 0; times < 8; times++) {
			clock.advance((state()?.retryAt ?? 0) - clock.now());
			await failed();
		}
		expect((state()?.retryAt ?? 0) - clock.now()).toBeGreaterThan(20_000);
		pool.stop();
	});

	it('[LM8] is dialled at once when the network changes, and the waiting begins from the start', async () => {
		const { clock, pool, state, dials, fail } = dead();
		const failed = async (): Promise<number> => {
			fail();
			await until(() => expect(state()?.state).toBe('waiting'));
			return (state()?.retryAt ?? 0) - clock.now();
		};
		let wait = 0;
		for (let times = 0; times < 8; times++) {
			wait = await failed();
			clock.advance(wait);
		}
		expect(wait).toBeGreaterThan(25_000);
		// A dial from before the change hangs on.
		pool.reconnect();
		expect(dials).toHaveLength(2);
		fail();
		expect(await failed()).toBeLessThan(1000);
		pool.reconnect();
		expect(dials).toHaveLength(1);
		pool.stop();
	});
});
