// How the pool keeps its connections: what relays say of themselves decides when and where it dials.
import { describe, expect, it } from 'vitest';
import { createChannelPair } from '../../support/channel-pair.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { bytesOf, crypto } from '../../support/mailbox-world.ts';
import { until } from '../../support/until.ts';
import { DEFAULT_LIMITS } from '#lib/mailbox/limits.ts';
import { createMailboxMachine, type MailboxMachine } from '#lib/mailbox/machine.ts';
import { createMemoryMailboxStore } from '#lib/mailbox/memory-store.ts';
import { createRelayPool } from '#lib/messenger/delivery/relay-pool.ts';
import { toHex } from '#lib/util/bytes.ts';
import { ok } from '#lib/util/result.ts';

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
	const world = { current: start(), dials: 0 };
	const relayDialer = {
		dial: () => {
			world.dials += 1;
			const [near, far] = createChannelPair();
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
});
