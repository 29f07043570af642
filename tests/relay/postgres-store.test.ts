// The store on PostgreSQL where it differs from others: several processes on one database, and answers that never come.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createLine, type Line } from '../../relay-server/store/postgres/line.ts';
import { openPostgresStore } from '../../relay-server/store/postgres/store.ts';
import type { PostgresStore } from '../../relay-server/store/postgres/store.ts';
import {
	alice,
	bob,
	box,
	keys,
	NOW,
	packet,
	typeOf,
	waitingOf,
} from '../support/mailbox-stores.ts';
import { createPostgres, postgresPrograms } from '../support/postgres.ts';
import { createBalancer } from '../support/tcp-balancer.ts';
import { until } from '../support/until.ts';
import { DEFAULT_LIMITS } from '#lib/mailbox/limits.ts';
import { toHex } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';

const open = async (url: string): Promise<PostgresStore> => {
	const store = unwrap(await openPostgresStore([url], DEFAULT_LIMITS.store));
	cleanups.push(() => store.shutdown());
	return store;
};
const cleanups: (() => Promise<unknown>)[] = [];
const numbers = Array.from({ length: 60 }, (_, n) => n);

describe.skipIf(postgresPrograms() === undefined)('a PostgreSQL store', () => {
	let server: Awaited<ReturnType<typeof createPostgres>>;
	let admin: Line;
	let url: string;
	let databases = 0;

	beforeAll(async () => {
		server = await createPostgres();
		admin = createLine([server.url]);
	});
	afterAll(async () => {
		await admin.end();
		await server.remove();
	});
	afterEach(async () => {
		for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
	});
	const fresh = async (): Promise<string> => {
		databases += 1;
		await admin.run(`CREATE DATABASE d${String(databases)}`);
		url = server.url.replace(/postgres$/, `d${String(databases)}`);
		return url;
	};
	const withMailbox = async (store: PostgresStore): Promise<PostgresStore> => {
		unwrap(await store.open({ mailbox: box, ...keys }));
		unwrap(await store.addTokens(box, [alice, bob], NOW));
		return store;
	};

	it('[RS3] refuses the data of a newer relay, and leaves it as it is', async () => {
		const first = await open(await fresh());
		await first.shutdown();
		const line = createLine([url]);
		await line.run('UPDATE aegis_relay SET version = 99');
		expect(typeOf(await openPostgresStore([url], DEFAULT_LIMITS.store))).toBe('newer');
		expect(await line.all('SELECT version FROM aegis_relay')).toEqual([{ version: 99 }]);
		await line.end();
	});

	it('[RS3] writes nothing to a database that is up to date: its standby may be away', async () => {
		const first = await withMailbox(await open(await fresh()));
		const seed = await first.seed(new Uint8Array(32).fill(1));
		const demand = async (standby: string): Promise<void> => {
			await admin.run(`ALTER SYSTEM SET synchronous_standby_names = '${standby}'`);
			await admin.run('SELECT pg_reload_conf()');
			await until(async () => {
				const [row] = await admin.all<Record<string, string>>('SHOW synchronous_standby_names');
				return row?.['synchronous_standby_names'] === standby;
			});
		};
		await demand('away');
		cleanups.push(() => demand(''));
		const again = await open(url);
		expect(await again.seed(new Uint8Array(32).fill(2))).toEqual(seed);
		expect(typeOf(await again.put(packet(1)))).toBe('failed');
	});

	it('[RS5] is made once by processes that start together, and is one relay to all of them', async () => {
		await fresh();
		const stores = await Promise.all([open(url), open(url), open(url)]);
		const seeds = await Promise.all(
			stores.map((store, n) => store.seed(new Uint8Array(32).fill(n + 1))),
		);
		expect(new Set(seeds.map(toHex)).size).toBe(1);
		const opened = await Promise.all(stores.map((store) => store.open({ mailbox: box, ...keys })));
		expect(opened.filter((one) => unwrap(one).fresh)).toHaveLength(1);
	});

	it('[RS5] [MB17] numbers what several processes put without gaps, twins and surprises', async () => {
		const one = await withMailbox(await open(await fresh()));
		const other = await open(url);
		let watching = true;
		const watched = (async () => {
			// Whoever sees a number sees all before it.
			while (watching) {
				const found = await waitingOf(other, alice);
				expect(found).toEqual(found.map((_, at) => at + 1));
			}
		})();
		const each = async (store: PostgresStore, from: number): Promise<boolean[]> => {
			const fresh: boolean[] = [];
			for (const n of numbers) fresh.push(unwrap(await store.put(packet(from + n))).fresh);
			return fresh;
		};
		const puts = await Promise.all([each(one, 0), each(other, 0), each(other, 100)]);
		watching = false;
		await watched;
		expect(puts.flat().filter((isFresh) => isFresh)).toHaveLength(120);
		expect(await waitingOf(one, bob)).toEqual(Array.from({ length: 120 }, (_, at) => at + 1));
		expect(await one.status(box)).toEqual({ packets: 120, bytes: 120 * 1024 });
	});

	it('[RS5] [MB10] lets the last of two acknowledgements delete, whichever process it comes to', async () => {
		const one = await withMailbox(await open(await fresh()));
		const other = await open(url);
		for (const n of numbers) unwrap(await one.put(packet(n)));
		const finished = await Promise.all(
			numbers.flatMap((n) => [
				one.acknowledge(box, alice, 0, [packet(n).packet]),
				other.acknowledge(box, bob, 0, [packet(n).packet]),
			]),
		);
		const ids = finished.flatMap((each) => unwrap(each).map(toHex));
		expect(ids.sort()).toEqual(numbers.map((n) => toHex(packet(n).packet)).sort());
		expect(await one.status(box)).toEqual({ packets: 0, bytes: 0 });
		expect(await waitingOf(one, bob)).toEqual([]);
	});

	it('[RS6] calls nothing stored whose commit got no answer, and takes the same packet again', async () => {
		await fresh();
		const balancer = await createBalancer([server.port]);
		cleanups.push(() => balancer.close());
		const direct = await withMailbox(await open(url));
		const store = await open(url.replace(String(server.port), String(balancer.port)));
		unwrap(await store.put(packet(1)));
		balancer.passes = (data) => !data.includes('COMMIT\0');
		expect(typeOf(await store.put(packet(2)))).toBe('failed');
		balancer.passes = () => true;
		// It was committed, as it happens.
		expect(await waitingOf(direct, alice)).toEqual([1, 2]);
		const again = unwrap(await store.put(packet(2)));
		expect(again).toMatchObject({ number: 2, fresh: false });
		expect(await waitingOf(store, alice)).toEqual([1, 2]);
	});

	it('[RS6] goes on by itself when the database was away', async () => {
		await fresh();
		const balancer = await createBalancer([server.port]);
		cleanups.push(() => balancer.close());
		const store = await withMailbox(
			await open(url.replace(String(server.port), String(balancer.port))),
		);
		balancer.targets = [];
		balancer.passes = () => false;
		expect(typeOf(await store.put(packet(1)))).toBe('failed');
		await expect(store.mailbox(box)).rejects.toThrow();
		balancer.passes = () => true;
		balancer.targets = [server.port];
		await until(async () => expect(unwrap(await store.put(packet(1))).number).toBe(1));
		expect(await waitingOf(store, alice)).toEqual([1]);
	});

	it('[RS6] calls nothing stored that the synchronous standby may not have', async () => {
		const alone = await createPostgres();
		cleanups.push(() => alone.remove());
		const store = await withMailbox(await open(alone.url));
		const operator = createLine([alone.url]);
		cleanups.push(() => operator.end());
		unwrap(await store.put(packet(1)));
		await operator.run("ALTER SYSTEM SET synchronous_standby_names = '*'");
		await operator.run('SELECT pg_reload_conf()');
		await until(async () =>
			expect(await operator.all('SHOW synchronous_standby_names')).toEqual([
				{ synchronous_standby_names: '*' },
			]),
		);
		const put = store.put(packet(2));
		// Somebody cuts the wait short: the server then says COMMIT, with a warning.
		await until(async () =>
			expect(
				await operator.run(
					"SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
				),
			).toBeGreaterThan(0),
		);
		expect(typeOf(await put)).toBe('failed');
		// And nobody answers at all.
		expect(typeOf(await store.put(packet(3)))).toBe('failed');
	});
});
