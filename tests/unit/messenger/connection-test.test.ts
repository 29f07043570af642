// What people are told of their connection, and who is asked for it.
import { describe, expect, it } from 'vitest';
import type { ConnectionProbes } from '#lib/messenger/connection-api.ts';
import { judgeConnection } from '#lib/messenger/connection/judge.ts';
import { testConnection } from '#lib/messenger/connection/testing.ts';
import type { PooledRelay, ReachError, Reached } from '#lib/messenger/delivery/relay-pool.ts';
import type { DirectDialer, DirectProbe } from '#lib/ports/direct-dialer.ts';
import { toHex } from '#lib/util/bytes.ts';
import { err, ok } from '#lib/util/result.ts';
import { createSignal } from '#lib/util/signal.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const relay = (rest: Partial<ConnectionProbes['relays'][number]> = {}) => ({
	...{ id: '', address: '', answer: 'works', ms: 1, stun: 'answers', ...rest },
});
const DEAD = relay({ answer: 'unreachable', ms: null, stun: 'untested' });
const well = {
	...{ online: true, relays: [relay()], channel: 'works', mapping: 'steady' },
	...{ hidden: false, linked: false },
} as ConnectionProbes;
const verdict = (rest: object): string => judgeConnection({ ...well, ...rest });

describe('[NT3] the verdict', () => {
	it('[NT3] is that all works where a relay and UDP answer', () => {
		expect(verdict({})).toBe('works');
		expect(verdict({ relays: [DEAD, relay()] })).toBe('works');
	});

	it('[NT3] names what is in the way first', () => {
		expect(verdict({ online: false, relays: [DEAD] })).toBe('offline');
		expect(verdict({ online: false, relays: [] })).toBe('offline');
		expect(verdict({ relays: [] })).toBe('no-relay');
		expect(verdict({ relays: [DEAD], channel: 'missing' })).toBe('silent');
		expect(verdict({ channel: 'missing', hidden: true })).toBe('no-webrtc');
		expect(verdict({ hidden: true, channel: 'blocked' })).toBe('hidden');
		expect(verdict({ channel: 'blocked' })).toBe('blocked');
		expect(verdict({ relays: [relay({ stun: 'silent' })] })).toBe('no-udp');
		expect(verdict({ relays: [relay({ stun: 'untested' })] })).toBe('untold');
		expect(verdict({ mapping: 'varies' })).toBe('varies');
		expect(verdict({ mapping: 'unknown' })).toBe('likely');
	});

	it('[NT3] believes a relay that answers, and a link that stands, more than the browser or a probe', () => {
		expect(verdict({ online: false })).toBe('works');
		expect(verdict({ linked: true, relays: [relay({ stun: 'silent' })] })).toBe('works');
		expect(verdict({ linked: true, mapping: 'varies' })).toBe('works');
		expect(verdict({ linked: true, mapping: 'unknown' })).toBe('works');
		expect(verdict({ linked: true, relays: [DEAD], online: false })).toBe('silent');
	});
});

describe('[NT1] a connection test', () => {
	const pooled = (n: number): PooledRelay => ({
		...{
			key: toHex(Uint8Array.of(n)),
			address: { key: Uint8Array.of(n), urls: [`ws://relay-${n}:1`] },
		},
		...{ origin: 'added', state: 'waiting', retryAt: null, roundTripMs: null, access: null },
		...{ draining: false, preferred: false },
	});

	function world(count: number, fails: Readonly<Record<string, ReachError['type']>> = {}) {
		const clock = createManualClock();
		const dialled: [string, number | undefined][] = [];
		const closed: string[] = [];
		const asked: string[][] = [];
		const probe: DirectProbe = {
			channel: 'works',
			answered: ['stun:relay-1:1'],
			mapping: 'steady',
		};
		const dialer = {
			async probe(stun: readonly string[]) {
				asked.push([...stun]);
				return probe;
			},
		} as unknown as DirectDialer;
		const parts = {
			clock,
			directDialer: () => Promise.resolve(dialer),
			pool: {
				relays: createSignal(Array.from({ length: count }, (_, n) => pooled(n + 1))),
				async reach([url = '']: readonly string[], key: Uint8Array | null) {
					dialled.push([url, key?.[0]]);
					const type = fails[url];
					if (type !== undefined) return err({ type });
					clock.advance(40);
					const client = { close: () => closed.push(url) };
					const stun = url.replace('ws', 'stun').replace('//', '');
					return ok({ client, stun } as unknown as Reached);
				},
			},
			...{ online: true, hidden: false, linked: false },
		};
		return { parts, dialled, closed, asked };
	}

	it('[NT1] [NT2] dials every relay by its key, asks those that answer, and keeps nothing open', async () => {
		const { parts, dialled, closed, asked } = world(3, { 'ws://relay-3:1': 'wrong-key' });
		const report = await testConnection(parts);
		expect(dialled).toEqual([1, 2, 3].map((n) => [`ws://relay-${n}:1`, n]));
		expect(closed).toEqual(['ws://relay-1:1', 'ws://relay-2:1']);
		expect(asked).toEqual([['stun:relay-1:1', 'stun:relay-2:1']]);
		expect(report.relays.map(({ answer, stun }) => `${answer} ${stun}`)).toEqual([
			'works answers',
			'works silent',
			'wrong-key untested',
		]);
		expect(report.relays[0]?.ms).toBeGreaterThanOrEqual(40);
		expect(report.verdict).toBe('works');
	});

	it('[NT1] contacts nobody where there is no relay', async () => {
		const { parts, dialled, asked } = world(0);
		const report = await testConnection(parts);
		expect([dialled, asked, report.verdict]).toEqual([[], [[]], 'no-relay']);
	});

	it('[NT2] says that it could not be tried where the code for it could not be fetched', async () => {
		const { parts } = world(1);
		const directDialer = (): Promise<never> => Promise.reject(new Error('no network'));
		const report = await testConnection({ ...parts, directDialer });
		const { verdict: outcome, channel, relays } = report;
		expect([outcome, channel, relays[0]?.stun]).toEqual(['untold', 'untested', 'untested']);
	});
});
