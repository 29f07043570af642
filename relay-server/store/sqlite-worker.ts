// The store's thread: owns the SQLite file, makes everything that waits one commit, and takes deleted ciphertext off
// the disk within seconds. [RS1] [RS2]
import { backup, DatabaseSync } from 'node:sqlite';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import {
	commitTogether,
	type Backup,
	type FromWorker,
	type Operation,
	type ToWorker,
	type WorkerData,
} from './group-commit.ts';
import { prepareSchema } from './schema.ts';
import { createSqliteCare } from './sqlite-care.ts';
import { createSqliteMailboxes } from './sqlite-mailboxes.ts';
import { ok } from '#lib/util/result.ts';

/** Operations in one transaction. */
const MAX_GROUP = 1024;
/** Pages that a backup copies without a pause. */
const BACKUP_PAGES = 256;
/** Milliseconds from a deletion to the cleaning of the file. */
const CLEAN_AFTER = 1000;

if (parentPort === null) throw new Error('runs as a worker thread only');
const port = parentPort;
const { path, limits } = workerData as WorkerData;
const post = (message: FromWorker): void => {
	port.postMessage(message);
};

const isOperations = (message: ToWorker | undefined): message is readonly Operation[] =>
	Array.isArray(message);

function serve(db: DatabaseSync): void {
	const mailboxes = createSqliteMailboxes(db, limits);
	const doing = {
		operations: { ...mailboxes.operations, ...createSqliteCare(db, limits, mailboxes.totals) },
		recount: mailboxes.recount,
		keepTotals: mailboxes.keepTotals,
	};
	let cleaning: NodeJS.Timeout | undefined;
	let closing = false;

	const clean = (): void => {
		clearTimeout(cleaning);
		cleaning = undefined;
		// Freed pages are overwritten already (secure_delete); this gives them back and empties the log of old ones.
		try {
			db.exec('PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);');
		} catch {
			// A full disk, for example: what is stored is safe, and the next look may succeed.
			if (!closing) cleaning = setTimeout(clean, 10 * CLEAN_AFTER);
		}
	};
	const copy = async ({ id, backup: path }: Backup): Promise<void> => {
		const outcome = await backup(db, path, { rate: BACKUP_PAGES }).then(
			() => ({ id, value: ok() }),
			(cause: unknown) => ({ id, failure: cause instanceof Error ? cause.message : 'unknown' }),
		);
		post({ type: 'outcomes', outcomes: [outcome] });
	};
	const shutdown = (): void => {
		closing = true;
		clean();
		db.close();
		port.close();
	};

	port.on('message', (first: ToWorker) => {
		let next: ToWorker | undefined = first;
		while (next !== undefined) {
			const group: Operation[] = [];
			while (isOperations(next) && group.length < MAX_GROUP) {
				group.push(...next);
				next = (receiveMessageOnPort(port) as { message: ToWorker } | undefined)?.message;
			}
			if (group.length > 0) {
				const started = performance.now();
				const outcomes = commitTogether(db, doing, group);
				post({ type: 'outcomes', outcomes, seconds: (performance.now() - started) / 1000 });
			}
			if (next === 'shutdown') {
				shutdown();
				return;
			}
			if (next !== undefined && !isOperations(next)) {
				void copy(next);
				next = undefined;
			}
		}
		if (mailboxes.takeDeleted()) cleaning ??= setTimeout(clean, CLEAN_AFTER);
	});

	// What a former run deleted and had no time to clean.
	clean();
	post({ type: 'ready' });
}

let db: DatabaseSync | undefined;
try {
	db = new DatabaseSync(path);
	const prepared = prepareSchema(db);
	if (prepared.ok) {
		serve(db);
	} else {
		db.close();
		post({ type: 'refused', error: prepared.error });
	}
} catch (cause) {
	const detail = cause instanceof Error ? cause.message : 'unknown';
	post({ type: 'refused', error: { type: 'failed', detail } });
}
