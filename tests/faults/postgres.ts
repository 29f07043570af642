// What may happen to relay processes on PostgreSQL, and to PostgreSQL.
import { join } from 'node:path';
import { postgresStart } from './million.ts';
import { createLoad, pause } from './load.ts';
import type { Relay, Scope } from './relays.ts';
import { progress, type Scenario } from './sqlite.ts';
import {
	freePort,
	initPostgres,
	postgresFolder,
	runProgram,
	startPostgres,
	type Postgres,
} from '../support/postgres.ts';
import { createBalancer, type Balancer } from '../support/tcp-balancer.ts';
import { rm } from 'node:fs/promises';

const PATIENCE = 120_000;
const LOAD = { mailboxes: 3, recipients: 2, window: 8, crashes: 0.01 };
const STRICT = ['synchronous_standby_names=*', 'synchronous_commit=on'];

async function cluster(scope: Scope): Promise<string> {
	const folder = await postgresFolder();
	scope.later(() => rm(folder, { recursive: true, force: true }));
	return join(folder, 'data');
}

async function serve(
	scope: Scope,
	data: string,
	port: number,
	settings: readonly string[],
): Promise<Postgres> {
	const server = await startPostgres(data, port, settings);
	scope.later(() => server.end('SIGQUIT'));
	return server;
}

/** A standby that follows a primary and says so under its name. */
async function standbyOf(scope: Scope, primary: Postgres): Promise<Postgres> {
	const data = await cluster(scope);
	await runProgram('pg_basebackup', [
		'-d',
		primary.url,
		'-D',
		data,
		'-R',
		'-X',
		'stream',
		'-c',
		'fast',
	]);
	return serve(scope, data, await freePort(), []);
}

/** From here on nothing counts that the standby does not have; it has to find its primary again first. */
async function demandStandby(scope: Scope, primary: Postgres): Promise<Postgres> {
	await primary.end('SIGTERM');
	const strict = await serve(scope, primary.data, primary.port, STRICT);
	const following = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
	const until = performance.now() + PATIENCE;
	while ((await runProgram('psql', ['-d', strict.url, '-Atc', following])).trim() !== '1') {
		if (performance.now() > until) throw new Error('the standby does not follow');
		await pause(100);
	}
	return strict;
}

/** Two relay processes behind one address. */
async function pair(
	scope: Scope,
	databases: readonly Postgres[],
): Promise<{
	readonly relays: readonly Relay[];
	readonly url: () => string;
	readonly balancer: Balancer;
}> {
	const postgres = databases.map(({ url }) => url).join(',');
	const start = async (): Promise<Relay> =>
		scope.relay({ args: ['--data', await scope.folder(), '--postgres', postgres] });
	const relays = [await start(), await start()];
	const balancer = await createBalancer(relays.map(({ port }) => port));
	scope.later(() => balancer.close());
	return { relays, balancer, url: () => `ws://127.0.0.1:${String(balancer.port)}/relay` };
}

export const relays: Scenario = async (scope) => {
	const data = await cluster(scope);
	await initPostgres(data);
	const database = await serve(scope, data, await freePort(), []);
	const { relays: processes, url } = await pair(scope, [database]);
	const load = await createLoad({ ...LOAD, url });
	let kills = 0;
	for (let round = 0; round < 4; round++) {
		for (const relay of processes) {
			await progress(load, 30);
			await relay.end('SIGKILL');
			await progress(load, 30);
			await relay.start();
			kills += 1;
		}
	}
	return { ...(await load.finish(PATIENCE)), kills };
};

export const failover: Scenario = async (scope) => {
	const data = await cluster(scope);
	await initPostgres(data);
	const alone = await serve(scope, data, await freePort(), []);
	const standby = await standbyOf(scope, alone);
	const primary = await demandStandby(scope, alone);
	const { url } = await pair(scope, [primary, standby]);
	const load = await createLoad({ ...LOAD, url });
	await progress(load, 200);
	const began = performance.now();
	await primary.end('SIGKILL');
	await pause(1000);
	await runProgram('pg_ctl', ['promote', '-D', standby.data, '-w']);
	await progress(load, 1);
	const gap = Math.round((performance.now() - began) / 100) / 10;
	await progress(load, 200);
	return { ...(await load.finish(PATIENCE)), secondsWithoutStore: gap };
};

export const strict: Scenario = async (scope) => {
	const data = await cluster(scope);
	await initPostgres(data);
	const alone = await serve(scope, data, await freePort(), []);
	const standby = await standbyOf(scope, alone);
	const primary = await demandStandby(scope, alone);
	const { url, relays: processes } = await pair(scope, [primary]);
	const load = await createLoad({ ...LOAD, url });
	await progress(load, 100);
	await standby.end('SIGKILL');
	// What it had is confirmed within moments; then there must be no receipt at all.
	await pause(1000);
	const before = load.acknowledged();
	await pause(15_000);
	const lies = load.acknowledged() - before;
	if (lies > 0) throw new Error(`${String(lies)} receipts without the standby`);
	if (processes.some((relay) => relay.child().exitCode !== null)) throw new Error('a relay ended');
	await serve(scope, standby.data, standby.port, []);
	await progress(load, 100);
	return { ...(await load.finish(PATIENCE)), receiptsWithoutStandby: lies };
};

export const million: Scenario = async (scope) => {
	const data = await cluster(scope);
	await initPostgres(data);
	const database = await serve(scope, data, await freePort(), []);
	return postgresStart(scope, database.url);
};
