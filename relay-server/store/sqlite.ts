// The mailbox store on SQLite, in a thread of its own so that no commit holds up the sockets. [RS1]
import { Worker } from 'node:worker_threads';
import type {
	FromWorker,
	Operation,
	OperationName,
	Operations,
	ToWorker,
	WorkerData,
} from './group-commit.ts';
import type { RelayStore } from './relay-store.ts';
import type { OpenStoreError } from './schema.ts';
import type { StoreLimits } from '#lib/mailbox/limits.ts';
import type { MailboxStoreError } from '#lib/ports/mailbox-store.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export interface SqliteStore extends RelayStore {
	/** Copies the file as it is at one moment to this path, while everything goes on. */
	backup(path: string): Promise<Result<void, MailboxStoreError>>;
}

interface Pending {
	readonly resolve: (value: unknown) => void;
	readonly fail: (detail: string) => void;
}

/** Opens or creates the file at `path`. Every result comes after its commit is on disk. */
export function openSqliteStore(
	path: string,
	limits: StoreLimits,
): Promise<Result<SqliteStore, OpenStoreError>> {
	const workerData: WorkerData = { path, limits };
	const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), { workerData });
	const pending = new Map<number, Pending>();
	let batch: Operation[] = [];
	let last = 0;
	let broken: string | undefined;
	let stopping = false;

	const send = (message: ToWorker): void => {
		worker.postMessage(message);
	};
	const flush = (): void => {
		const full = batch;
		batch = [];
		if (full.length > 0) send(full);
	};
	const call = (
		name: OperationName,
		args: readonly unknown[],
		asResult: boolean,
	): Promise<unknown> =>
		new Promise((resolve, reject) => {
			const fail = (detail: string): void => {
				if (asResult) resolve(err({ type: 'failed', detail }));
				else reject(new Error(detail));
			};
			if (broken !== undefined || stopping) {
				fail(broken ?? 'the store is shut down');
				return;
			}
			last += 1;
			pending.set(last, { resolve, fail });
			batch.push({ id: last, name, args });
			// One message for everything that this turn asks.
			if (batch.length === 1) queueMicrotask(flush);
		});
	const result =
		<K extends OperationName>(name: K) =>
		(...args: Parameters<Operations[K]>): ReturnType<RelayStore[K]> =>
			call(name, args, true) as ReturnType<RelayStore[K]>;
	const value =
		<K extends OperationName>(name: K) =>
		(...args: Parameters<Operations[K]>): ReturnType<RelayStore[K]> =>
			call(name, args, false) as ReturnType<RelayStore[K]>;

	const exited = new Promise<void>((resolve) => {
		worker.once('exit', () => {
			resolve();
		});
	});
	const store: SqliteStore = {
		onBroken: undefined,
		onCommit: undefined,
		open: result('open'),
		mailbox: value('mailbox'),
		close: result('close'),
		status: value('status'),
		addTokens: result('addTokens'),
		hasToken: value('hasToken'),
		removeToken: result('removeToken'),
		seen: value('seen'),
		put: result('put'),
		waiting: value('waiting'),
		fetch: value('fetch'),
		acknowledge: result('acknowledge'),
		deleteHash: value('deleteHash'),
		delete: result('delete'),
		begin: result('begin'),
		putChunk: result('putChunk'),
		chunks: value('chunks'),
		commit: result('commit'),
		fetchChunk: value('fetchChunk'),
		acknowledgeContents: result('acknowledgeContents'),
		expire: value('expire'),
		probe: result('probe'),
		totals: value('totals'),
		bound: result('bound'),
		isInvited: value('isInvited'),
		invite: result('invite'),
		invitations: value('invitations'),
		revoke: result('revoke'),
		backup: (path) =>
			new Promise((resolve) => {
				const fail = (detail: string): void => resolve(err({ type: 'failed', detail }));
				if (broken !== undefined || stopping) {
					fail(broken ?? 'the store is shut down');
					return;
				}
				last += 1;
				pending.set(last, { resolve: resolve as Pending['resolve'], fail });
				send({ id: last, backup: path });
			}),
		shutdown: async () => {
			if (!stopping) {
				flush();
				stopping = true;
				send('shutdown');
			}
			await exited;
		},
	};

	return new Promise((resolve) => {
		const breakDown = (detail: string): void => {
			if (broken !== undefined) return;
			broken = detail;
			for (const one of pending.values()) one.fail(detail);
			pending.clear();
			resolve(err({ type: 'failed', detail }));
			if (!stopping) store.onBroken?.(detail);
		};
		worker.on('error', (cause) => {
			breakDown(cause instanceof Error ? cause.message : 'the store broke down');
		});
		worker.on('exit', () => {
			breakDown('the store ended');
		});
		worker.on('message', (message: FromWorker) => {
			if (message.type === 'ready') {
				resolve(ok(store));
			} else if (message.type === 'refused') {
				resolve(err(message.error));
				void worker.terminate();
			} else {
				const { outcomes, seconds } = message;
				if (seconds !== undefined) store.onCommit?.(seconds, outcomes.length);
				for (const outcome of outcomes) {
					const one = pending.get(outcome.id);
					pending.delete(outcome.id);
					if ('failure' in outcome) one?.fail(outcome.failure);
					else one?.resolve(outcome.value);
				}
			}
		});
	});
}
