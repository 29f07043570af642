// Opens the store that the operator chose, or says in one sentence why it can't be had. [RS3] [RS4]
import { join } from 'node:path';
import type { Options } from './options.ts';
import type { RelayStore } from './store/relay-store.ts';
import { openPostgresStore, type PostgresStore } from './store/postgres/store.ts';
import { openSqliteStore, type SqliteStore } from './store/sqlite.ts';
import type { StoreLimits } from '#lib/mailbox/limits.ts';
import type { Neighbours } from '#lib/ports/neighbours.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export interface OpenedStore {
	readonly kind: 'sqlite' | 'postgres';
	readonly store: RelayStore;
	/** Copies the mailboxes to a file while the relay runs; null where the database has its own means for that. */
	readonly backup: SqliteStore['backup'] | null;
	/** The key's seed that all processes on this store have, `proposed` where they have none; null: each has its own. */
	readonly seed: PostgresStore['seed'] | null;
	/** The other processes on this store, where there can be some. */
	readonly neighbours: Neighbours | undefined;
}

export const DATABASE = 'mailboxes.db';

export async function openStore(
	{ data, postgres }: Pick<Options, 'data' | 'postgres'>,
	limits: StoreLimits,
): Promise<Result<OpenedStore, string>> {
	if (postgres !== null) return openPostgres(postgres, limits);
	const opened = await openSqliteStore(join(data, DATABASE), limits);
	if (opened.ok) {
		const { backup } = opened.value;
		return ok({ kind: 'sqlite', store: opened.value, backup, seed: null, neighbours: undefined });
	}
	const { type, detail } = opened.error;
	const reasons = {
		newer: 'was written by a newer relay: update this one, or use another --data folder',
		older: 'was written by a relay from before the first release: use another --data folder',
		locked: 'is in use by another relay: stop that one, or use another --data folder',
		failed: `can't be used: ${detail}`,
	};
	return err(`The data folder "${data}" ${reasons[type]}.`);
}

async function openPostgres(
	addresses: string,
	limits: StoreLimits,
): Promise<Result<OpenedStore, string>> {
	const opened = await openPostgresStore(addresses.split(/,(?=postgres)/), limits);
	if (opened.ok) {
		const { seed, neighbours } = opened.value;
		return ok({ kind: 'postgres', store: opened.value, backup: null, seed, neighbours });
	}
	const { type, detail } = opened.error;
	return err(
		type === 'newer'
			? 'The PostgreSQL database was written by a newer relay: update this one.'
			: `The PostgreSQL database can't be used: ${detail}.`,
	);
}
