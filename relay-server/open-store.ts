// Opens the store that the operator chose, or says in one sentence why it can't be had. [RS3] [RS4]
import { join } from 'node:path';
import type { Options } from './options.ts';
import type { RelayStore } from './store/relay-store.ts';
import { openSqliteStore, type SqliteStore } from './store/sqlite.ts';
import type { StoreLimits } from '#lib/mailbox/limits.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export interface OpenedStore {
	readonly kind: 'sqlite' | 'postgres';
	readonly store: RelayStore;
	/** Copies the mailboxes to a file while the relay runs; null where the database has its own means for that. */
	readonly backup: SqliteStore['backup'] | null;
}

export const DATABASE = 'mailboxes.db';

export async function openStore(
	{ data, postgres }: Pick<Options, 'data' | 'postgres'>,
	limits: StoreLimits,
): Promise<Result<OpenedStore, string>> {
	if (postgres !== null) return err('PostgreSQL is not supported by this version.');
	const opened = await openSqliteStore(join(data, DATABASE), limits);
	if (opened.ok) return ok({ kind: 'sqlite', store: opened.value, backup: opened.value.backup });
	const { type, detail } = opened.error;
	const reasons = {
		newer: 'was written by a newer relay: update this one, or use another --data folder',
		older: 'was written by a relay from before the first release: use another --data folder',
		locked: 'is in use by another relay: stop that one, or use another --data folder',
		failed: `can't be used: ${detail}`,
	};
	return err(`The data folder "${data}" ${reasons[type]}.`);
}
