// What is found out about direct links, over connections in memory.
import { expect, it } from 'vitest';
import { probeDirect } from '#lib/p2p/direct-probe.ts';
import type { DirectProbe } from '#lib/ports/direct-dialer.ts';
import { createFakeRtc } from '../../support/fake-rtc.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';

const STUN = ['stun:one.example:1', 'stun:two.example:2'];
const host = { type: 'host', protocol: 'udp', address: '10.0.0.2', port: 5, candidate: 'host' };
const seen = (port: number) => ({
	...{ type: 'srflx', protocol: 'udp', address: '198.51.100.7', candidate: 'srflx', port },
});

function world() {
	const clock = createManualClock();
	const rtc = createFakeRtc();
	rtc.slowGathering = true;
	const probing = probeDirect(rtc.constructor, clock, STUN);
	const say = async (at: number, event: string, fields: object): Promise<void> => {
		await until(() => {
			expect(rtc.made[at]?.localDescription).toBeTruthy();
		});
		rtc.made[at]?.dispatchEvent(Object.assign(new Event(event), fields));
	};
	/** Tells the connection that asks these servers of what it found. */
	const finds = async (servers: readonly string[], found: readonly object[]): Promise<void> => {
		const wanted = servers.join();
		const at = rtc.made.findIndex(
			({ configuration }) => [configuration.iceServers?.[0]?.urls].flat().join() === wanted,
		);
		for (const candidate of found) await say(at, 'icecandidate', { candidate });
		rtc.made[at]?.completeGathering();
	};
	/** Lets time pass until everything has been given up that stays silent. */
	const outcome = async (): Promise<DirectProbe> => {
		let ended = false;
		void probing.finally(() => (ended = true));
		for (let round = 0; round < 200 && !ended; round++) {
			await new Promise((done) => setImmediate(done));
			clock.advance(500);
		}
		expect(ended).toBe(true);
		return probing;
	};
	return { outcome, rtc, finds, say };
}

it('[NT2] has two ends in the page meet, and hears each server', async () => {
	const { rtc, outcome, finds } = world();
	await finds(STUN, [host, seen(7001)]);
	await finds([STUN[0]!], [host, seen(7002)]);
	for (const at of [0, 1]) {
		await until(() => {
			expect(rtc.made[at]?.localDescription).toBeTruthy();
		});
		rtc.made[at]?.completeGathering();
	}
	expect(await outcome()).toEqual({ channel: 'works', answered: [STUN[0]], mapping: 'unknown' });
	expect(rtc.made.every(({ connectionState }) => connectionState === 'closed')).toBe(true);
});

it('[NT2] ends with nothing where everything stays silent', async () => {
	const { rtc, outcome } = world();
	rtc.partitioned = true;
	expect(await outcome()).toEqual({ channel: 'blocked', answered: [], mapping: 'unknown' });
});

it('[NT2] tells a router that varies from one that is steady', async () => {
	const mapping = async (...outside: number[]): Promise<string> => {
		const { outcome, finds } = world();
		await finds(STUN, [host, ...outside.map(seen)]);
		for (const url of STUN) await finds([url], [host, seen(7001)]);
		return (await outcome()).mapping;
	};
	expect(await mapping(7001)).toBe('steady');
	expect(await mapping(7001, 7002)).toBe('varies');
});

it('[NT3] takes a router for steady that one server has seen to keep the port, or where there is none', async () => {
	const mapping = async (...found: object[]): Promise<string> => {
		const { outcome, finds } = world();
		await finds(STUN, [host, ...found]);
		await finds([STUN[0]!], [host, seen(7001)]);
		return (await outcome()).mapping;
	};
	expect(await mapping(seen(host.port))).toBe('steady');
	expect(await mapping()).toBe('steady');
	expect(await mapping(seen(7001))).toBe('unknown');
});

it('[NT2] takes a server for heard where no router is in between, and not where the browser complains', async () => {
	const { outcome, finds, say } = world();
	await finds([STUN[0]!], [host]);
	await say(4, 'icecandidateerror', { errorText: 'STUN binding request timed out.' });
	await finds([STUN[1]!], [host]);
	expect((await outcome()).answered).toEqual([STUN[0]]);
});

it('[NT2] finds no WebRTC where there is none', async () => {
	expect((await probeDirect(undefined, createManualClock(), STUN)).channel).toBe('missing');
});
