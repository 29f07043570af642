// What the store's thread and the relay say to each other, and the running of many operations as one transaction. [RS1]
import type { DatabaseSync } from 'node:sqlite';
import type { OpenStoreError } from './schema.ts';
import type { CareOperations } from './sqlite-care.ts';
import type { StoreOperations } from './operations.ts';
import type { InvitationOperations } from './sqlite-invitations.ts';
import type { StoreLimits } from '#lib/mailbox/limits.ts';

export type Operations = StoreOperations & CareOperations & InvitationOperations;
export type OperationName = keyof Operations;

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
/** Copies the whole file, as it is at one moment, while the rest goes on. */
export interface Backup {
	readonly id: number;
	readonly backup: string;
}
export type ToWorker = readonly Operation[] | Backup | 'shutdown';
export type FromWorker =
	| { readonly type: 'ready' }
	| { readonly type: 'refused'; readonly error: OpenStoreError }
	| {
			readonly type: 'outcomes';
			readonly outcomes: readonly Outcome[];
			/** How long their commit took; without it they were no commit. */
			readonly seconds?: number;
	  };

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : 'unknown');

/** Runs these in order, durable together when it returns. One that breaks takes no other with it. */
export function commitTogether(
	db: DatabaseSync,
	doing: {
		readonly operations: Operations;
		readonly recount: () => void;
		readonly keepTotals: () => void;
	},
	operations: readonly Operation[],
): Outcome[] {
	const runOne = ({ id, name, args }: Operation): Outcome => {
		const operation = doing.operations[name] as (...args: readonly unknown[]) => unknown;
		return { id, value: operation(...args) };
	};
	try {
		db.exec('BEGIN IMMEDIATE');
		const outcomes = operations.map(runOne);
		doing.keepTotals();
		db.exec('COMMIT');
		return outcomes;
	} catch (cause) {
		if (db.isTransaction) db.exec('ROLLBACK');
		doing.recount();
		const [only] = operations;
		if (operations.length === 1 && only !== undefined) {
			return [{ id: only.id, failure: textOf(cause) }];
		}
		return operations.flatMap((operation) => commitTogether(db, doing, [operation]));
	}
}
