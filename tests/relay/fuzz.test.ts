// A real relay process whose sockets are sent what nobody should send.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import WebSocket from 'ws';
import { createFrameSource } from '../support/frame-fuzz.ts';
import { bytesOf, GREET } from '../support/mailbox-world.ts';
import { reachRelay, startRelayProcess } from '../support/relay-process.ts';
import { until } from '../support/until.ts';

const SOCKETS = 60;
const FRAMES = 40;
/** Nothing that is sent comes near this. */
const GROWTH = 256 * 2 ** 20;

it('[MB1] [MB14] goes on serving others, whatever its sockets are sent', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'relay-'));
	const relay = await startRelayProcess(['--data', folder]);
	const memory = async (): Promise<number> => {
		const status = await readFile(`/proc/${String(relay.child.pid)}/status`, 'utf8');
		return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
	};
	const before = await memory();
	const source = await createFrameSource({ relayKey: bytesOf(1), challenge: bytesOf(2) });
	const word = fc.nat(2 ** 32 - 1);
	const draw = fc.record({ kind: word, a: word, b: word, c: word });
	const draws = fc.sample(draw, { numRuns: SOCKETS * FRAMES });
	for (let n = 0; n < SOCKETS; n++) {
		// Wrong proofs close the door to an address: there are several.
		const localAddress = `127.0.1.${String(1 + n)}`;
		const socket = new WebSocket(relay.url, { localAddress });
		const closed = new Promise<void>((resolve) => {
			socket.once('close', () => resolve());
			socket.once('error', () => resolve());
		});
		await Promise.race([closed, new Promise((resolve) => socket.once('open', resolve))]);
		if (n % 8 > 0) socket.send(GREET);
		for (const [at, one] of draws.slice(n * FRAMES, (n + 1) * FRAMES).entries()) {
			socket.send(source.frame(one, at + 1));
		}
		socket.close();
		await closed;
	}
	const { client } = reachRelay(relay.url);
	expect((await client.ready).ok).toBe(true);
	client.close('done');
	expect(relay.child.exitCode).toBeNull();
	await until(async () => expect((await memory()) - before).toBeLessThan(GROWTH));
	expect(await relay.end('SIGTERM')).toBe(0);
	await rm(folder, { recursive: true });
});
