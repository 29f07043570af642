// The mailbox store's operations on one SQLite database, synchronous; transactions are the caller's.
import type { DatabaseSync } from 'node:sqlite';
import { createBoxOperations } from './sqlite-boxes.ts';
import { createChunkOperations } from './sqlite-chunks.ts';
import { createInvitationOperations, type InvitationOperations } from './sqlite-invitations.ts';
import { createPacketOperations, createPlacing } from './sqlite-packets.ts';
import type { StoreTotals } from './relay-store.ts';
import { createTables } from './tables.ts';
import type { StoreLimits } from '#lib/mailbox/limits.ts';
import type { StoreOperations } from './operations.ts';

export interface SqliteMailboxes {
	readonly operations: StoreOperations & InvitationOperations;
	/** True when ciphertext was deleted since the last call. */
	takeDeleted(): boolean;
	totals(): StoreTotals;
	/** To be called after a rollback. */
	recount(): void;
	/** To be called before each commit. */
	keepTotals(): void;
}

export function createSqliteMailboxes(db: DatabaseSync, limits: StoreLimits): SqliteMailboxes {
	const tables = createTables(db);
	const placing = createPlacing(tables, limits);
	return {
		operations: {
			...createBoxOperations(tables, limits),
			...createPacketOperations(tables, placing),
			...createChunkOperations(tables, placing, limits),
			...createInvitationOperations(tables),
		},
		takeDeleted: tables.takeDeleted,
		recount: tables.recount,
		keepTotals: tables.keepTotals,
		totals: () => ({ ...tables.totals() }),
	};
}
