// Tests the connection when a person asks for it: each of their own relays is dialled anew, and asked by STUN. Nobody else
// is contacted, and nothing is kept of it. [NT1] [NT2]
import type { Clock } from '#lib/ports/clock.ts';
import type { DirectDialer } from '#lib/ports/direct-dialer.ts';
import type { ConnectionReport, RelayProbe } from '../connection-api.ts';
import type { PooledRelay, RelayPool } from '../delivery/relay-pool.ts';
import { relayName } from '../relay-name.ts';
import { judgeConnection } from './judge.ts';

export interface TestingParts {
	readonly clock: Clock;
	readonly directDialer: () => Promise<DirectDialer>;
	readonly pool: Pick<RelayPool, 'relays' | 'reach'>;
	readonly online: boolean;
	readonly hidden: boolean;
	readonly linked: boolean;
}

interface Asked {
	readonly probe: Omit<RelayProbe, 'stun'>;
	readonly stun: string | null;
}

export async function testConnection(parts: TestingParts): Promise<ConnectionReport> {
	const { online, hidden, linked, pool } = parts;
	const asked = await Promise.all(pool.relays.get().map((relay) => askRelay(relay, parts)));
	const stun = asked.flatMap(({ stun: url }) => url ?? []);
	const dialer = await parts.directDialer().catch(() => undefined);
	const direct = await dialer?.probe(stun);
	const channel: ConnectionReport['channel'] = direct?.channel ?? 'untested';
	const relays = asked.map(({ probe, stun: url }): RelayProbe => {
		if (url === null || direct === undefined || channel === 'missing')
			return { ...probe, stun: 'untested' };
		return { ...probe, stun: direct.answered.includes(url) ? 'answers' : 'silent' };
	});
	const mapping = direct?.mapping ?? 'unknown';
	const probes = { online, relays, channel, mapping, hidden, linked };
	return { ...probes, verdict: judgeConnection(probes) };
}

/** By a connection of its own: one that stands may be dead already, and not know it. */
async function askRelay(
	{ key, address }: PooledRelay,
	{ clock, pool }: Pick<TestingParts, 'clock' | 'pool'>,
): Promise<Asked> {
	const id = { id: key, address: relayName(address) };
	const begun = clock.now();
	const reached = await pool.reach(address.urls, address.key);
	if (!reached.ok) return { probe: { ...id, answer: reached.error.type, ms: null }, stun: null };
	reached.value.client.close('only a test');
	return { probe: { ...id, answer: 'works', ms: clock.now() - begun }, stun: reached.value.stun };
}
