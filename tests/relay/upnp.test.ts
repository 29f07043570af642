// A relay at home, behind a router that speaks UPnP.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildHome, OUTSIDE, whyNoRouter, type Home } from '../support/home-router.ts';
import { startRelayProcess, type RelayProcess } from '../support/relay-process.ts';
import { decodeRelayLink } from '#lib/protocol/relay-link.ts';
import { unwrap } from '#lib/util/result.ts';

const PORT = '8080';
const why = whyNoRouter();

describe.skipIf(why !== null)(`a relay at home${why === null ? '' : ` (${why})`}`, () => {
	let folder: string;
	let home: Home;
	const start = (...args: string[]): Promise<RelayProcess> =>
		startRelayProcess(
			['--data', folder, '--host', '0.0.0.0', '--port', PORT, '--upnp', ...args],
			home.inside,
		);
	const ask = (path: string): string =>
		home.outside(
			process.execPath,
			'-e',
			`fetch('http://${OUTSIDE}:${PORT}${path}', { signal: AbortSignal.timeout(5000) })
				.then((answer) => answer.text()).then((text) => process.stdout.write(text))`,
		);

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'relay-'));
		home = await buildHome();
	});
	afterAll(async () => {
		await home.remove();
		await rm(folder, { recursive: true });
	});

	it('[RV17] asks its router for ports, is reached from outside, and gives them back', async () => {
		const relay = await start();
		expect(relay.output()).toMatch(/Router: has opened the ports/);
		expect(ask('/healthz')).toBe('ok\n');
		const { urls } = unwrap(
			decodeRelayLink(/Link: {3}(\S+)/.exec(relay.output())?.[1] ?? ''),
		).relay;
		expect(urls[0]).toBe(`ws://${OUTSIDE}:${PORT}/relay`);
		expect(urls[1]).toMatch(new RegExp(`^/ip4/${OUTSIDE}/udp/8081/webrtc-direct/`));
		expect(await relay.end('SIGTERM')).toBe(0);

		// The port is nobody's now: what listens there at home is not reached.
		const plain = await startRelayProcess(
			['--data', folder, '--host', '0.0.0.0', '--port', PORT],
			home.inside,
		);
		expect(() => ask('/healthz')).toThrow();
		await plain.end('SIGTERM');
	});
});
