// The mailbox store on PostgreSQL: writes in groups on lines of their own, reads beside them. Any number of processes
// share one database; none of them keeps anything that the database doesn't. [RS1] [RS3] [RS5] [RS6]
import type { RelayStore, StoreTotals } from '../relay-store.ts';
import type { OpenStoreError } from '../schema.ts';
import { createExpiry } from './expiry.ts';
import { createGroups } from './groups.ts';
import { createInvitations } from './invitations.ts';
import type { Totals, Work } from './group.ts';
import { codeOf, createLine, type Line, type Statements } from './line.ts';
import { createNeighbours } from './neighbours.ts';
import { createReads } from './reads.ts';
import { prepareSchema } from './schema.ts';
import type { Args, Outcome, WriteName } from './writes.ts';
import type { StoreLimits } from '#lib/mailbox/limits.ts';
import type { MailboxStore, MailboxStoreError } from '#lib/ports/mailbox-store.ts';
import type { Neighbours } from '#lib/ports/neighbours.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

const WRITE_LINES = 3;
const READ_LINES = 3;
/** Milliseconds between two looks at what all mailboxes hold together. */
const RECOUNT_EVERY = 60_000;
/** duplicate_table, unique_violation: two processes made the tables at the same moment. */
const MADE_MEANWHILE = ['42P07', '23505'];
const TRIES = 3;

export interface PostgresStore extends RelayStore {
	/** The relay's seed (32 bytes): the same for all processes; `proposed` where there was none. */
	seed(proposed: Bytes): Promise<Bytes>;
	readonly neighbours: Neighbours;
}

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : 'unknown');
const failedAs = (cause: unknown): Result<never, MailboxStoreError> =>
	err({ type: 'failed', detail: textOf(cause) });

async function prepare(line: Line): Promise<Result<void, OpenStoreError>> {
	for (let tries = 1; ; tries++) {
		try {
			return await line.transaction(prepareSchema);
		} catch (cause) {
			if (tries < TRIES && MADE_MEANWHILE.includes(codeOf(cause))) continue;
			return err({ type: 'failed', detail: textOf(cause) });
		}
	}
}

/** `urls`: where the database is, a primary and its standbys in any order. */
export async function openPostgresStore(
	urls: readonly string[],
	given: StoreLimits,
): Promise<Result<PostgresStore, OpenStoreError>> {
	const limits = { ...given };
	const care = createLine(urls);
	const prepared = await prepare(care);
	if (!prepared.ok) {
		await care.end();
		return prepared;
	}
	const totals: Totals = { bytes: 0, mailboxes: 0 };
	const recount = async (): Promise<void> => {
		const [counted] = await care.all<Totals>(
			'SELECT coalesce(sum(bytes), 0)::bigint AS bytes, count(*) AS mailboxes FROM aegis_mailboxes',
		);
		Object.assign(totals, counted);
	};
	// A million mailboxes take seconds to count; until then the bounds over all of them are as if there were none.
	const recountLater = (): void => void recount().catch(() => undefined);
	recountLater();
	const recounting = setInterval(recountLater, RECOUNT_EVERY);
	recounting.unref();

	const lanes = Array.from({ length: WRITE_LINES }, (): Work => ({
		line: createLine(urls),
		limits,
		totals,
	}));
	const readers = Array.from({ length: READ_LINES }, () => createLine(urls));
	let turn = 0;
	const reader = (): Line => {
		turn = (turn + 1) % READ_LINES;
		return readers[turn] ?? care;
	};
	const reads: Statements = {
		all: (text, ...values) => reader().all(text, ...values),
		run: (text, ...values) => reader().run(text, ...values),
	};
	const neighbours = createNeighbours(urls, reads);
	const groups = createGroups(lanes, (seconds, operations) => {
		store.onCommit?.(seconds, operations);
	});
	const expiry = createExpiry({ line: care, limits, totals });

	const result =
		<K extends Exclude<WriteName, 'seen'>>(name: K) =>
		(...args: Args<K>): ReturnType<MailboxStore[K]> =>
			groups
				.call(name, args)
				.catch((cause: unknown) => err({ type: 'failed', detail: textOf(cause) })) as ReturnType<
				MailboxStore[K]
			>;

	let ended: Promise<void> | undefined;
	const end = async (): Promise<void> => {
		clearInterval(recounting);
		await groups.idle();
		await neighbours.end();
		await Promise.all([care, ...readers, ...lanes.map(({ line }) => line)].map((l) => l.end()));
	};
	const store: PostgresStore = {
		// A database that is away may come back: nothing is broken for good.
		onBroken: undefined,
		onCommit: undefined,
		neighbours,
		...createReads(reads),
		...createInvitations(care, reads),
		open: result('open'),
		close: result('close'),
		addTokens: result('addTokens'),
		removeToken: result('removeToken'),
		seen: (...args): Promise<Outcome<'seen'>> => groups.call('seen', args),
		put: result('put'),
		acknowledge: result('acknowledge'),
		delete: result('delete'),
		begin: result('begin'),
		putChunk: result('putChunk'),
		commit: result('commit'),
		acknowledgeContents: result('acknowledgeContents'),
		expire: (now) => expiry.expire(now),
		probe: () =>
			care
				.transaction((db) => db.run('UPDATE aegis_relay SET probed = probed + 1'))
				.then(() => ok(), failedAs),
		totals: async () => {
			const [counted] = await care.all<StoreTotals>(
				`SELECT count(*) AS mailboxes, coalesce(sum(packets), 0)::bigint AS packets,
				coalesce(sum(bytes), 0)::bigint AS bytes FROM aegis_mailboxes`,
			);
			return counted ?? { mailboxes: 0, packets: 0, bytes: 0 };
		},
		bound: async (next) => {
			Object.assign(limits, next);
			return ok();
		},
		seed: (proposed) =>
			care.transaction(async (db) => {
				await db.run('UPDATE aegis_relay SET seed = $1 WHERE seed IS NULL', proposed);
				const [row] = await db.all<{ seed: Bytes }>('SELECT seed FROM aegis_relay');
				return row?.seed ?? proposed;
			}),
		shutdown: () => (ended ??= end()),
	};
	return ok(store);
}
