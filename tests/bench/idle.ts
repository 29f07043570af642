// What an idle connection costs the relay in memory, beside a bare `ws` server: `npm run bench -- idle [CONNECTIONS]`.
// Each connection of the relay's has opened a mailbox of its own and reads it under a proven token; the bare ones have
// said nothing at all. Both take turns, in three rounds; medians. Memory is what the process holds once nothing happens
// and its garbage has been collected: how much of that lies around is chance, and no connection's.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { bytesOf, crypto } from '../support/mailbox-world.ts';
import { freePort } from '../support/postgres.ts';
import { reachRelay } from '../support/relay-process.ts';
import { startUnbounded } from './relay/own.ts';
import { memoryOf } from './relay/processes.ts';
import { percentile } from './statistics.ts';
import { mailboxId, tokenHash } from '#lib/mailbox/proofs.ts';
import { unwrap } from '#lib/util/result.ts';

const CONNECTIONS = Number(process.argv[2] ?? 5000);
const ROUNDS = 3;
/** Before counting: what a server needs for the first ones it needs once. */
const FIRST = 200;
const AT_ONCE = 50;
/** Milliseconds from the last connection to the collection of garbage, and from there to the look. */
const QUIET = 3000;

/** What one collection frees may be the last hold on more. */
const COLLECTED = 2;

const pause = (ms: number): Promise<void> =>
	new Promise((resolve) => {
		setTimeout(resolve, ms);
	});

interface Server {
	readonly pid: number;
	connect(n: number): Promise<{ close(): void }>;
	end(): Promise<void>;
}

async function startRelay(): Promise<Server> {
	const folder = await mkdtemp(join(tmpdir(), 'bench-'));
	const relay = await startUnbounded(['--data', join(folder, 'data')], ['--expose-gc']);
	return {
		pid: relay.pid,
		connect: async (n) => {
			const { client } = reachRelay(relay.url);
			const [writeKey, token] = [await crypto.signingKey(bytesOf(n)), bytesOf(1_000_000 + n)];
			const tokenHashes = [await tokenHash(crypto, token)];
			const ownerKey = bytesOf(2_000_000 + n);
			unwrap(await client.open({ writeKey, ownerKey, tokenHashes }));
			const mailbox = mailboxId(crypto, writeKey.publicKey, ownerKey);
			unwrap(await client.subscribe(mailbox, token, 0));
			return {
				close: () => {
					client.close('done');
				},
			};
		},
		end: async () => {
			await relay.end();
			await rm(folder, { recursive: true, force: true });
		},
	};
}

async function startBare(): Promise<Server> {
	const port = await freePort();
	const server = fileURLToPath(new URL('./relay/bare.mjs', import.meta.url));
	const child = spawn(process.execPath, ['--expose-gc', server, String(port)], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	await new Promise((resolve) => child.stdout.once('data', resolve));
	return {
		pid: child.pid ?? 0,
		connect: async () => {
			const socket = new WebSocket(`ws://127.0.0.1:${String(port)}`, { perMessageDeflate: false });
			await new Promise((resolve) => socket.once('open', resolve));
			return socket;
		},
		end: async () => {
			const ended = new Promise((resolve) => child.once('close', resolve));
			child.kill();
			await ended;
		},
	};
}

/** Bytes for each connection. */
async function measure(start: () => Promise<Server>): Promise<number> {
	const server = await start();
	const open: { close(): void }[] = [];
	const connect = async (from: number, to: number): Promise<void> => {
		for (let at = from; at < to; at += AT_ONCE) {
			const some = Array.from({ length: Math.min(AT_ONCE, to - at) }, (_, n) => at + n);
			open.push(...(await Promise.all(some.map((n) => server.connect(n)))));
		}
	};
	const inUse = async (): Promise<number> => {
		for (let n = 0; n < COLLECTED; n++) {
			await pause(QUIET);
			process.kill(server.pid, 'SIGUSR2');
		}
		await pause(QUIET);
		return memoryOf(server.pid);
	};
	await connect(0, FIRST);
	const before = await inUse();
	await connect(FIRST, FIRST + CONNECTIONS);
	const each = ((await inUse()) - before) / CONNECTIONS;
	for (const one of open) one.close();
	await server.end();
	return each;
}

const [relay, bare]: [number[], number[]] = [[], []];
for (let round = 0; round < ROUNDS; round++) {
	relay.push(await measure(startRelay));
	bare.push(await measure(startBare));
	const kilobytes = [relay, bare].map((all) => ((all.at(-1) ?? 0) / 1024).toFixed(1));
	console.log(`relay ${kilobytes[0] ?? ''} kB, bare ws ${kilobytes[1] ?? ''} kB for each`);
}
const [ours, theirs] = [percentile(relay, 0.5), percentile(bare, 0.5)];
console.log(
	JSON.stringify({
		bench: 'idle',
		ratio_to_bare_ws: Math.round((100 * ours) / theirs) / 100,
		relay_bytes: ours,
		bare_bytes: theirs,
		connections: CONNECTIONS,
		rounds: ROUNDS,
	}),
);
process.exit(0);
