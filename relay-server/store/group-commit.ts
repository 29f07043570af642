// What the store's thread and the relay say to each other, and the running of many operations as one transaction. [RS1]
import type { DatabaseSync } from 'node:sqlite';
import type { SqliteMailboxes, StoreOperations } from './sqlite-mailboxes.ts';
import type { OpenStoreError } from './schema.ts';
import type { StoreLimits } from '#lib/mailbox/limits.ts';

export type OperationName = keyof StoreOperations;

export interface Operation {
	readonly id: number;
	readonly name: OperationName;
	readonly args: readonly unknown[];
}
export type Outcome =
	| { readonly id: number; readonly value: unknown }
	| { readonly id: number; readonly failure: string };

export interface WorkerData {
	readonly path: string;
	readonly limits: StoreLimits;
}
export type ToWorker = readonly Operation[] | 'shutdown';
export type FromWorker =
	| { readonly type: 'ready' }
	| { readonly type: 'refused'; readonly error: OpenStoreError }
	| { readonly type: 'outcomes'; readonly outcomes: readonly Outcome[] };

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : 'unknown');

/** Runs these in order, durable together when it returns. One that breaks takes no other with it. */
export function commitTogether(
	db: DatabaseSync,
	mailboxes: SqliteMailboxes,
	operations: readonly Operation[],
): Outcome[] {
	const runOne = ({ id, name, args }: Operation): Outcome => {
		const operation = mailboxes.operations[name] as (...args: readonly unknown[]) => unknown;
		return { id, value: operation(...args) };
	};
	try {
		db.exec('BEGIN IMMEDIATE');
		const outcomes = operations.map(runOne);
		db.exec('COMMIT');
		return outcomes;
	} catch (cause) {
		if (db.isTransaction) db.exec('ROLLBACK');
		mailboxes.recount();
		const [only] = operations;
		if (operations.length === 1 && only !== undefined) {
			return [{ id: only.id, failure: textOf(cause) }];
		}
		return operations.flatMap((operation) => commitTogether(db, mailboxes, [operation]));
	}
}
