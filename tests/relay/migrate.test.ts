// A relay that has outgrown its SQLite file moves to PostgreSQL. [RV18]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf, crypto, hashOf, packetOf, tokenOf } from '../support/mailbox-world.ts';
import { createPostgres, postgresPrograms } from '../support/postgres.ts';
import {
	reachRelay,
	runRelay,
	startRelayProcess,
	type Reached,
	type RelayProcess,
} from '../support/relay-process.ts';
import { mailboxId } from '#lib/mailbox/proofs.ts';
import { toHex } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';

const { publicKey } = await crypto.signingKey(bytesOf(2));
const mailbox = mailboxId(crypto, publicKey, bytesOf(3));

describe.skipIf(postgresPrograms() === undefined)('a relay that moves to PostgreSQL', () => {
	let data: string;
	let postgres: Awaited<ReturnType<typeof createPostgres>>;
	const running: RelayProcess[] = [];

	beforeEach(async () => {
		data = await mkdtemp(join(tmpdir(), 'relay-'));
		postgres = await createPostgres();
	});
	afterEach(async () => {
		for (const relay of running.splice(0)) await relay.end('SIGKILL');
		await postgres.remove();
		await rm(data, { recursive: true });
	});

	const start = async (...args: string[]): Promise<RelayProcess> => {
		const relay = await startRelayProcess(['--data', data, ...args]);
		running.push(relay);
		return relay;
	};
	const migrate = async (): Promise<string> =>
		(await runRelay(['migrate', '--data', data, '--postgres', postgres.url])).output;

	const open = async (
		{ client }: Reached,
		writeKey: Awaited<ReturnType<typeof crypto.signingKey>>,
	) =>
		unwrap(
			await client.open({
				writeKey,
				ownerKey: bytesOf(3),
				tokenHashes: [hashOf(1), hashOf(2)],
			}),
		);

	it('[RV18] brings key, packets and who has read what along, in one go and once', async () => {
		const writeKey = await crypto.signingKey(bytesOf(2));
		const relay = await start();
		const before = reachRelay(relay.url);
		const key = toHex(unwrap(await before.client.ready).relayKey);
		await open(before, writeKey);
		// More than one statement's worth.
		const packets = Array.from({ length: 250 }, (_, n) => packetOf(n));
		for (const put of await Promise.all(
			packets.map((packet) => before.client.put(mailbox, writeKey, packet)),
		)) {
			unwrap(put);
		}
		const { cursor } = unwrap(await before.client.subscribe(mailbox, tokenOf(1), 0));
		unwrap(await before.client.acknowledge(mailbox, tokenOf(1), cursor, []));
		expect(await migrate()).toMatch(/^The relay is running/);
		await relay.end('SIGTERM');
		expect(await migrate()).toMatch(/^The database holds 1 mailboxes and 250 packets/);
		expect(await migrate()).toMatch(/^The database serves a relay already/);

		const after = await start('--postgres', postgres.url);
		const { client } = reachRelay(after.url);
		expect(toHex(unwrap(await client.ready).relayKey)).toBe(key);
		const left = async (token: number, from: number): Promise<number> => {
			let count = 0;
			for (let at = from, more = true; more;) {
				const waiting = unwrap(await client.subscribe(mailbox, tokenOf(token), at));
				count += waiting.packets.length;
				({ cursor: at, more } = waiting);
			}
			return count;
		};
		expect(await left(1, 0)).toBe(250 - cursor);
		expect(await left(2, 0)).toBe(250);
		// Numbers go on where they were, and new ids don't meet old ones.
		unwrap(await client.put(mailbox, writeKey, packetOf(999)));
		expect(await left(1, 250)).toBe(1);
	});
});
