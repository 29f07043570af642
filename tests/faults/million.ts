// A relay that starts with a million mailboxes: how long until it serves. [RS8]
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { run, type Relay, type Scope } from './relays.ts';
import type { Outcome } from './sqlite.ts';
import { reachRelay } from '../support/relay-process.ts';
import { createLine } from '../../relay-server/store/postgres/line.ts';

const MAILBOXES = 1_000_000;
const WITHIN = 3000;

/** Milliseconds from its start to its greeting. */
async function startOf(relay: Relay): Promise<number> {
	const began = performance.now();
	await relay.start();
	const { client } = reachRelay(relay.url);
	if (!(await client.ready).ok) throw new Error('no greeting');
	client.close('done');
	return Math.round(performance.now() - began);
}

function judge(empty: number, full: number): Outcome {
	// What the mailboxes cost beyond the start itself, on whatever machine this is.
	if (full - empty > WITHIN) throw new Error(`it takes ${String(full)} ms`);
	return { acknowledged: 0, lost: 0, duplicated: 0, left: 0, milliseconds: full, empty };
}

export async function sqliteStart(scope: Scope): Promise<Outcome> {
	const data = await scope.folder();
	const relay = await scope.relay({ args: ['--data', data] });
	await relay.end('SIGTERM');
	const empty = await startOf(relay);
	await relay.end('SIGTERM');
	const db = new DatabaseSync(join(data, 'mailboxes.db'));
	db.exec(`
		PRAGMA synchronous = OFF;
		BEGIN;
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${String(MAILBOXES)})
		INSERT INTO mailboxes (mailbox, write_key, owner_key, highest, tokens)
		SELECT randomblob(32), randomblob(32), randomblob(32), 0, 2 FROM n;
		INSERT INTO tokens (mailbox, hash, seen) SELECT id, randomblob(32), 1800000000 FROM mailboxes;
		INSERT INTO tokens (mailbox, hash, seen) SELECT id, randomblob(32), 1800000000 FROM mailboxes;
		UPDATE numbers SET mailboxes = (SELECT count(*) FROM mailboxes);
		COMMIT;
	`);
	db.close();
	// What was filled in is not written during the start.
	await run('sync', '-f', data);
	return judge(empty, await startOf(relay));
}

export async function postgresStart(scope: Scope, url: string): Promise<Outcome> {
	const relay = await scope.relay({ args: ['--data', await scope.folder(), '--postgres', url] });
	await relay.end('SIGTERM');
	const empty = await startOf(relay);
	await relay.end('SIGTERM');
	const line = createLine([url]);
	const STEP = MAILBOXES / 20;
	for (let from = 0; from < MAILBOXES; from += STEP) {
		await line.run(
			`INSERT INTO aegis_mailboxes (mailbox, write_key, owner_key, highest, tokens)
			SELECT decode(md5(i::text) || md5('m' || i::text), 'hex'), '\\x00', '\\x00', 0, 2
			FROM generate_series($1::bigint, $2::bigint) AS s(i)`,
			from,
			from + STEP - 1,
		);
	}
	await line.end();
	return judge(empty, await startOf(relay));
}
