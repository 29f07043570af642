// Every mailbox store there is, for the suites that each of them has to pass.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe } from 'vitest';
import { createLine } from '../../relay-server/store/postgres/line.ts';
import { openPostgresStore } from '../../relay-server/store/postgres/store.ts';
import { openSqliteStore } from '../../relay-server/store/sqlite.ts';
import { DEFAULT_LIMITS, type StoreLimits } from '#lib/mailbox/limits.ts';
import { createMemoryMailboxStore } from '#lib/mailbox/memory-store.ts';
import type { Invitations } from '#lib/ports/invitations.ts';
import type { MailboxStore, PutPacket } from '#lib/ports/mailbox-store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import { blockOf, bytesOf } from './mailbox-world.ts';
import { createPostgres, postgresPrograms } from './postgres.ts';

type Store = MailboxStore & Invitations;
type Make = (limits: StoreLimits) => Promise<Store>;

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0)) await cleanup();
});

let server: ReturnType<typeof createPostgres> | undefined;
let databases = 0;
afterAll(async () => {
	await (await server)?.remove();
	server = undefined;
});

/** A database of its own on this file's server. */
export async function emptyDatabase(): Promise<string> {
	server ??= createPostgres();
	const { url } = await server;
	databases += 1;
	const name = `t${String(databases)}`;
	const line = createLine([url]);
	await line.run(`CREATE DATABASE ${name}`);
	await line.end();
	return url.replace(/postgres$/, name);
}

const stores: readonly (readonly [string, Make])[] = [
	['memory', async (limits) => createMemoryMailboxStore(limits)],
	[
		'sqlite',
		async (limits) => {
			const folder = await mkdtemp(join(tmpdir(), 'mailboxes-'));
			const store = unwrap(await openSqliteStore(join(folder, 'mailboxes.db'), limits));
			cleanups.push(async () => {
				await store.shutdown();
				await rm(folder, { recursive: true });
			});
			return store;
		},
	],
	[
		'postgres',
		async (limits) => {
			const store = unwrap(await openPostgresStore([await emptyDatabase()], limits));
			cleanups.push(() => store.shutdown());
			return store;
		},
	],
];

/** Runs these tests with each store; without PostgreSQL on the machine its tests are counted as skipped. */
export function describeStores(tests: (make: Make, name: string) => void): void {
	for (const [name, make] of stores) {
		const isMissing = name === 'postgres' && postgresPrograms() === undefined;
		describe.skipIf(isMissing)(`the ${name} store`, () => {
			tests(make, name);
		});
	}
}

export const NOW = 1_800_000_000;
export const box = bytesOf(1);
export const [alice, bob, carol] = [bytesOf(11), bytesOf(12), bytesOf(13)];
export const keys = { writeKey: bytesOf(2), ownerKey: bytesOf(3) };
export const packet = (n: number, to: readonly Bytes[] | null = null, size = 1024): PutPacket => ({
	mailbox: box,
	packet: bytesOf(100 + n),
	deleteHash: bytesOf(200 + n),
	expiry: NOW + 100,
	to,
	block: blockOf(n, size),
});
export const typeOf = (result: { ok: boolean; error?: { type: string } }): string | undefined =>
	result.ok ? undefined : result.error?.type;

/** With a mailbox for these tokens, alice's and bob's unless said otherwise. */
export async function opened(
	make: Make,
	limits: Partial<StoreLimits> = {},
	tokens: readonly Bytes[] = [alice, bob],
): Promise<Store> {
	const store = await make({ ...DEFAULT_LIMITS.store, ...limits });
	unwrap(await store.open({ mailbox: box, ...keys }));
	unwrap(await store.addTokens(box, tokens, NOW));
	return store;
}

export const waitingOf = async (store: MailboxStore, token: Bytes, cursor = 0): Promise<number[]> =>
	(await store.waiting(box, token, cursor, 1000)).map(({ number }) => number);
