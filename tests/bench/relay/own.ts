// Our relay in its bench: a process with its defaults, reached by the client that the app has. What it stores is
// durable before STORED, and an acknowledgement before DONE: SQLite with synchronous=FULL, or PostgreSQL as it comes.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Peer, type StartPeer } from './peer.ts';
import { createNativeCrypto } from '../../simulation/native-crypto.ts';
import { bytesOf, crypto, packetOf } from '../../support/mailbox-world.ts';
import { createPostgres, freePort } from '../../support/postgres.ts';
import { reachRelay } from '../../support/relay-process.ts';
import type { MailboxClient } from '#lib/mailbox/client-api.ts';
import { mailboxId, tokenHash } from '#lib/mailbox/proofs.ts';
import type { SigningKey } from '#lib/ports/crypto.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';

const MAIN = fileURLToPath(new URL('../../../relay-server/main.ts', import.meta.url));
export const UNBOUNDED = fileURLToPath(new URL('./unbounded.mjs', import.meta.url));

/** As the relay's command says it, its first line. */
const AS_STARTED = '--max-semi-space-size=8';

export interface StartedRelay {
	readonly pid: number;
	readonly url: string;
	end(): Promise<void>;
}

/** A relay process that lets one address do what many do; `flags`: Node's own. */
export async function startUnbounded(
	args: readonly string[],
	flags: readonly string[] = [],
): Promise<StartedRelay> {
	const port = String(await freePort());
	const own = [
		AS_STARTED,
		...flags,
		'--import',
		UNBOUNDED,
		MAIN,
		'--host',
		'127.0.0.1',
		'--port',
		port,
	];
	const most = ['connections', 'mailboxes', 'packets'].flatMap((what) => [
		`--address-${what}`,
		'1000000000',
	]);
	const bytes = ['--address-bytes', '1000G'];
	const child = spawn(process.execPath, [...own, ...most, ...bytes, ...args], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
	await new Promise<void>((resolve, reject) => {
		let output = '';
		child.stdout.on('data', (text: Buffer) => {
			output += text.toString();
			if (/Link:|"event":"started"/.test(output)) resolve();
		});
		void ended.then(() => {
			reject(new Error(`the relay ended: ${output}`));
		});
	});
	return {
		pid: child.pid ?? 0,
		url: `ws://127.0.0.1:${port}/relay`,
		end: async () => {
			child.kill('SIGTERM');
			await ended;
		},
	};
}

/** Sixty clients in one process: with the browser's cryptography they, not the relay, would set the pace. */
const loadCrypto = createNativeCrypto();

interface Place {
	readonly mailbox: Bytes;
	readonly writeKey: SigningKey;
	readonly ownerKey: Bytes;
	readonly tokens: readonly Bytes[];
}

async function placeOf(n: number, recipients: number): Promise<Place> {
	const writeKey = await crypto.signingKey(bytesOf(10_000 + n));
	const ownerKey = bytesOf(20_000 + n);
	const mailbox = mailboxId(crypto, writeKey.publicKey, ownerKey);
	const tokens = Array.from({ length: recipients }, (_, at) => bytesOf(30_000 + n * 100 + at));
	return { mailbox, writeKey, ownerKey, tokens };
}

const numberOf = (body: Uint8Array): number =>
	new DataView(body.buffer, body.byteOffset).getUint32(0);

/** Reads, and acknowledges what came in one turn together. */
async function read(
	client: MailboxClient,
	{ mailbox }: Place,
	token: Bytes,
	acknowledged: (message: number) => void,
): Promise<void> {
	let came: { readonly packet: Bytes; readonly message: number }[] = [];
	const acknowledge = async (): Promise<void> => {
		const some = came;
		came = [];
		const packets = some.map(({ packet }) => packet);
		unwrap(await client.acknowledge(mailbox, token, 0, packets));
		for (const { message } of some) acknowledged(message);
	};
	client.onPacket = (_, __, packet, block) => {
		came.push({ packet, message: numberOf(block) });
		if (came.length === 1) setImmediate(() => void acknowledge());
	};
	unwrap(await client.subscribe(mailbox, token, 0));
}

const peerOf = (relay: StartedRelay, pids: readonly number[], end: () => Promise<void>): Peer => {
	const places: Place[] = [];
	const publishers: MailboxClient[] = [];
	const reach = (): MailboxClient => reachRelay(relay.url, null, loadCrypto).client;
	return {
		pids: [relay.pid, ...pids],
		connect: async (shape, acknowledged) => {
			for (let n = 0; n < shape.mailboxes; n++) places.push(await placeOf(n, shape.recipients));
			for (let n = 0; n < shape.publishers; n++) publishers.push(reach());
			for (const [n, place] of places.entries()) {
				const tokenHashes = await Promise.all(place.tokens.map((one) => tokenHash(crypto, one)));
				const opener = publishers[n % shape.publishers];
				if (opener === undefined) throw new Error('nobody to open it');
				unwrap(await opener.open({ ...place, tokenHashes }));
				for (const token of place.tokens) await read(reach(), place, token, acknowledged);
			}
			return async (publisher, mailbox, block) => {
				const [client, place] = [publishers[publisher], places[mailbox]];
				if (client === undefined || place === undefined) throw new Error('no such publisher');
				const { packet, ttl, deleteHash, to } = packetOf(numberOf(block));
				const sent = { packet, ttl, deleteHash, to, block: block as Bytes };
				unwrap(await client.put(place.mailbox, place.writeKey, sent));
			};
		},
		left: async () => {
			const counts = await Promise.all(
				places.map(async ({ mailbox, writeKey }, n) => {
					const client = publishers[n % publishers.length];
					if (client === undefined) return 0;
					return unwrap(await client.stat(mailbox, writeKey)).packets;
				}),
			);
			return counts.reduce((sum, count) => sum + count, 0);
		},
		end,
	};
};

export const startOwn: StartPeer = async (folder) => {
	const relay = await startUnbounded(['--data', join(folder, 'data')]);
	return peerOf(relay, [], () => relay.end());
};

export const startOwnOnPostgres: StartPeer = async (folder) => {
	const database = await createPostgres();
	const args = ['--data', join(folder, 'data'), '--postgres', database.url];
	const relay = await startUnbounded(args);
	return peerOf(relay, [database.child.pid ?? 0], async () => {
		await relay.end();
		await database.remove();
	});
};
