// What an operator asks of the store's file, on one SQLite database, synchronous. Knows no mailbox.
import type { DatabaseSync } from 'node:sqlite';
import type { StoreCare, StoreTotals } from './relay-store.ts';
import type { StoreLimits } from '#lib/mailbox/limits.ts';
import { ok } from '#lib/util/result.ts';

/** The port's operations without the waiting. */
export type CareOperations = {
	[K in keyof StoreCare]: (...args: Parameters<StoreCare[K]>) => Awaited<ReturnType<StoreCare[K]>>;
};

/** `limits` is the object that the mailboxes look at. */
export function createSqliteCare(
	db: DatabaseSync,
	limits: StoreLimits,
	totals: () => StoreTotals,
): CareOperations {
	// Of one row that always changes: SQLite does not write what stays the same.
	db.exec(`
		CREATE TABLE IF NOT EXISTS probe (id INTEGER PRIMARY KEY, count INTEGER NOT NULL) STRICT;
		INSERT OR IGNORE INTO probe VALUES (1, 0);
	`);
	const count = db.prepare('UPDATE probe SET count = count + 1');
	return {
		probe: () => {
			count.run();
			return ok();
		},
		totals,
		bound: (next) => {
			Object.assign(limits, next);
			return ok();
		},
	};
}
