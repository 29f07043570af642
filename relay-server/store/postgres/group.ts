// One transaction's view of the mailboxes that it works on: their rows are locked first, in order of id, so nobody else
// changes anything of them until the commit; their books are written back in the end. [RS5]
import { REMOVED, type Books } from '../shared.ts';
import { columns } from './values.ts';
import type { Line, Statements } from './line.ts';
import type { StoreLimits } from '#lib/mailbox/limits.ts';
import type { StoredPacket } from '#lib/ports/mailbox-store.ts';
import { MAX_TTL_SECONDS } from '#lib/protocol/limits.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

/** A mailbox's row; what is changed here is written back. */
export interface Box extends Books {
	readonly id: number;
	readonly mailbox: Bytes;
	readonly write_key: Bytes;
	readonly owner_key: Bytes;
	open: boolean;
	tokens: number;
}

export interface PacketRow extends StoredPacket {
	readonly id: number;
	readonly mailbox: number;
	readonly bytes: number;
	readonly chunks: number;
	readonly recipients: Bytes | null;
}

export interface TokenRow {
	readonly id: number;
	readonly mailbox: number;
	readonly hash: Bytes;
	readonly state: number;
}

/** A packet or a token of a mailbox. */
export interface Key {
	readonly box: Box | undefined;
	readonly of: Bytes;
}

/** What all mailboxes hold together, as far as this process knows. */
export interface Totals {
	bytes: number;
	mailboxes: number;
}

export const PACKET =
	'p.id, p.mailbox, p.number, p.packet, p.size, p.expiry, p.bytes, p.chunks, p.recipients';
export const BOX =
	'id, mailbox, write_key, owner_key, open, tokens, highest, packets, bytes, deliveries, unfinished, idle_since';

export const keyOf = (mailbox: number, of: Bytes): string => `${String(mailbox)} ${toHex(of)}`;

export interface Group {
	readonly db: Statements;
	readonly limits: StoreLimits;
	/** Counts what this transaction does, on top of what was there before. */
	readonly totals: Totals;
	boxOf(mailbox: Bytes): Box | undefined;
	box(id: number): Box;
	/** Takes a mailbox into the group that this transaction has made. */
	adopt(box: Box): void;
	/** By `keyOf`. */
	packets(keys: readonly Key[]): Promise<Map<string, PacketRow>>;
	tombstones(keys: readonly Key[]): Promise<Set<string>>;
	/** By `keyOf`; not those that were removed. */
	tokens(keys: readonly Key[]): Promise<Map<string, TokenRow>>;
	/** Deletes packets with everything of them. */
	drop(ids: readonly number[], remember: boolean): Promise<readonly PacketRow[]>;
	/** Deletes and remembers those of these packets that nobody waits for any longer. */
	finish(ids: readonly number[]): Promise<readonly PacketRow[]>;
	/** Writes the books back. */
	flush(): Promise<void>;
}

/** What a transaction is done with. */
export interface Work {
	readonly line: Line;
	readonly limits: StoreLimits;
	readonly totals: Totals;
}
export type Which = { readonly mailboxes: readonly Bytes[] } | { readonly ids: readonly number[] };

const LOCK = {
	ids: `SELECT ${BOX} FROM aegis_mailboxes WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE`,
	mailboxes: `SELECT ${BOX} FROM aegis_mailboxes WHERE mailbox = ANY($1::bytea[]) ORDER BY id FOR UPDATE`,
};

/** Runs `work` on these mailboxes as one transaction; when it resolves, all of it is durable. */
export async function together<T>(
	{ line, limits, totals }: Work,
	which: Which,
	work: (group: Group) => Promise<T>,
): Promise<T> {
	const { value, grown } = await line.transaction(async (db) => {
		const locked =
			'ids' in which
				? await db.all<Box>(LOCK.ids, which.ids)
				: await db.all<Box>(LOCK.mailboxes, which.mailboxes);
		const counted: Totals = { ...totals };
		const before: Totals = { ...totals };
		const group = createGroup(db, limits, counted, locked);
		const done = await work(group);
		await group.flush();
		return {
			value: done,
			grown: {
				bytes: counted.bytes - before.bytes,
				mailboxes: counted.mailboxes - before.mailboxes,
			},
		};
	});
	totals.bytes += grown.bytes;
	totals.mailboxes += grown.mailboxes;
	return value;
}

function createGroup(
	db: Statements,
	limits: StoreLimits,
	totals: Totals,
	locked: readonly Box[],
): Group {
	const byMailbox = new Map(locked.map((box) => [toHex(box.mailbox), box]));
	const byId = new Map(locked.map((box) => [box.id, box]));
	const before = new Map(locked.map((box) => [box.id, JSON.stringify(booksOf(box))]));

	const lists = (keys: readonly Key[]): unknown[][] => {
		const known = keys.filter(({ box }) => box !== undefined);
		return columns(
			known,
			({ box }) => box?.id,
			({ of }) => of,
		);
	};
	const select = async <T extends { mailbox: number }>(
		text: string,
		keys: readonly Key[],
		of: (row: T) => Bytes,
	): Promise<Map<string, T>> => {
		if (keys.every(({ box }) => box === undefined)) return new Map();
		const rows = await db.all<T>(text, ...lists(keys));
		return new Map(rows.map((row) => [keyOf(row.mailbox, of(row)), row]));
	};
	/** Deletes what hangs on packets that are gone, and books it. */
	const clear = async (rows: readonly PacketRow[], remember: boolean): Promise<void> => {
		const chunked = rows.filter(({ chunks }) => chunks > 0).map(({ id }) => id);
		if (chunked.length > 0) {
			await db.run('DELETE FROM aegis_chunks WHERE packet = ANY($1::bigint[])', chunked);
		}
		for (const row of rows) {
			const box = group.box(row.mailbox);
			box.packets -= 1;
			box.bytes -= row.bytes;
			if (row.number === 0) box.unfinished -= 1;
			totals.bytes -= row.bytes;
		}
		if (!remember || rows.length === 0) return;
		await db.run(
			`INSERT INTO aegis_tombstones (mailbox, packet, expiry)
			SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) ON CONFLICT DO NOTHING`,
			...columns(
				rows,
				(row) => row.mailbox,
				(row) => row.packet,
				(row) => row.expiry + MAX_TTL_SECONDS,
			),
		);
	};

	const group: Group = {
		db,
		limits,
		totals,
		boxOf: (mailbox) => byMailbox.get(toHex(mailbox)),
		box: (id) => {
			const box = byId.get(id);
			if (box === undefined) throw new Error('a mailbox that is not locked');
			return box;
		},
		adopt: (box) => {
			byMailbox.set(toHex(box.mailbox), box);
			byId.set(box.id, box);
			before.set(box.id, JSON.stringify(booksOf(box)));
		},
		packets: (keys) =>
			select<PacketRow>(
				`SELECT ${PACKET} FROM unnest($1::bigint[], $2::bytea[]) AS k(mailbox, packet)
				JOIN aegis_packets p ON p.mailbox = k.mailbox AND p.packet = k.packet`,
				keys,
				(row) => row.packet,
			),
		tombstones: async (keys) => {
			const found = await select<{ mailbox: number; packet: Bytes }>(
				`SELECT t.mailbox, t.packet FROM unnest($1::bigint[], $2::bytea[]) AS k(mailbox, packet)
				JOIN aegis_tombstones t ON t.mailbox = k.mailbox AND t.packet = k.packet`,
				keys,
				(row) => row.packet,
			);
			return new Set(found.keys());
		},
		tokens: (keys) =>
			select<TokenRow>(
				`SELECT t.id, t.mailbox, t.hash, t.state
				FROM unnest($1::bigint[], $2::bytea[]) AS k(mailbox, hash)
				JOIN aegis_tokens t ON t.mailbox = k.mailbox AND t.hash = k.hash AND t.state <> ${REMOVED}`,
				keys,
				(row) => row.hash,
			),
		drop: async (ids, remember) => {
			if (ids.length === 0) return [];
			const counted = `SELECT p.mailbox, count(*) AS open FROM gone
				JOIN aegis_packets p ON p.id = gone.packet GROUP BY p.mailbox`;
			for (const table of ['aegis_deliveries', 'aegis_contents']) {
				const gone = await db.all<{ mailbox: number; open: number }>(
					`WITH gone AS (DELETE FROM ${table} WHERE packet = ANY($1::bigint[]) RETURNING packet)
					${counted}`,
					ids,
				);
				for (const { mailbox, open } of gone) group.box(mailbox).deliveries -= open;
			}
			const rows = await db.all<PacketRow>(
				`DELETE FROM aegis_packets p WHERE p.id = ANY($1::bigint[]) RETURNING ${PACKET}`,
				ids,
			);
			await clear(rows, remember);
			return rows;
		},
		finish: async (ids) => {
			if (ids.length === 0) return [];
			const rows = await db.all<PacketRow>(
				`DELETE FROM aegis_packets p WHERE p.id = ANY($1::bigint[])
				AND NOT EXISTS (SELECT 1 FROM aegis_deliveries d WHERE d.packet = p.id)
				AND NOT EXISTS (SELECT 1 FROM aegis_contents c WHERE c.packet = p.id) RETURNING ${PACKET}`,
				ids,
			);
			await clear(rows, true);
			return rows;
		},
		flush: async () => {
			const changed = [...byId.values()].filter(
				(box) => before.get(box.id) !== JSON.stringify(booksOf(box)),
			);
			if (changed.length === 0) return;
			await db.run(
				`UPDATE aegis_mailboxes m SET open = c.open, tokens = c.tokens, highest = c.highest,
				packets = c.packets, bytes = c.bytes, deliveries = c.deliveries, unfinished = c.unfinished,
				idle_since = c.idle_since
				FROM unnest($1::bigint[], $2::boolean[], $3::bigint[], $4::bigint[], $5::bigint[],
				$6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
				AS c(id, open, tokens, highest, packets, bytes, deliveries, unfinished, idle_since)
				WHERE m.id = c.id`,
				...columns(
					changed,
					(box) => box.id,
					(box) => box.open,
					(box) => box.tokens,
					(box) => box.highest,
					(box) => box.packets,
					(box) => box.bytes,
					(box) => box.deliveries,
					(box) => box.unfinished,
					(box) => box.idle_since,
				),
			);
		},
	};
	return group;
}

const booksOf = (box: Box): readonly unknown[] => [
	box.open,
	box.tokens,
	box.highest,
	box.packets,
	box.bytes,
	box.deliveries,
	box.unfinished,
	box.idle_since,
];
