// What the operations on the store's tables share: prepared statements, rows, and the books of a mailbox. Transactions
// are the caller's. [MB10] [MB11]
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { MailboxStoreError, StoredPacket } from '#lib/ports/mailbox-store.ts';
import { MAX_TTL_SECONDS } from '#lib/protocol/limits.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, type Result } from '#lib/util/result.ts';

export interface MailboxRow {
	readonly id: number;
	readonly write_key: Bytes;
	readonly owner_key: Bytes;
	readonly invitation: Bytes | null;
	readonly open: number;
	readonly tokens: number;
	readonly highest: number;
	readonly packets: number;
	readonly bytes: number;
	readonly deliveries: number;
	readonly unfinished: number;
}
export interface PacketRow extends StoredPacket {
	readonly id: number;
	readonly mailbox: number;
	readonly bytes: number;
	readonly chunks: number;
	readonly recipients: Bytes | null;
	readonly waiting: number;
}
export interface TokenRow {
	readonly id: number;
	readonly state: number;
}

export const LIVE = 0;
export const IDLE = 1;
export const REMOVED = 2;

export const PACKET =
	'p.id, p.mailbox, p.number, p.packet, p.size, p.expiry, p.bytes, p.chunks, p.recipients, p.waiting';

export const fail = (
	type: MailboxStoreError['type'],
	detail: string,
): Result<never, MailboxStoreError> => err({ type, detail });
export const unknownMailbox = (): Result<never, MailboxStoreError> =>
	fail('unknown-mailbox', 'no such mailbox');
export const publicOf = ({ number, packet, size, expiry }: PacketRow): StoredPacket => ({
	number,
	packet,
	size,
	expiry,
});

type Value = number | string | Uint8Array | null;

export interface Totals {
	mailboxes: number;
	packets: number;
	bytes: number;
}

export interface Tables {
	one<T>(text: string, ...values: Value[]): T | undefined;
	all<T>(text: string, ...values: Value[]): T[];
	/** Returns how many rows changed. */
	run(text: string, ...values: Value[]): number;
	/** Returns the new row's id. */
	insert(text: string, ...values: Value[]): number;
	boxOf(mailbox: Bytes): MailboxRow | undefined;
	/** Not of one that was removed. */
	tokenOf(box: MailboxRow, hash: Bytes): TokenRow | undefined;
	packetOf(box: MailboxRow, packet: Bytes): PacketRow | undefined;
	/** Books bytes that came. */
	grow(box: number, bytes: number): void;
	/** Deletes a packet with everything of it. */
	drop(row: PacketRow, remember: boolean): void;
	/** So many acknowledgements (rows already deleted) of these packets came; returns the ids of what is finished by them. */
	released(box: number, packets: readonly number[]): Bytes[];
	/** Nothing waits for this token any longer; returns the ids of what nobody else waits for. */
	forgetToken(box: number, token: number): Bytes[];
	/** Over all mailboxes, kept in step. */
	totals(): Totals;
	/** Writes them down, as part of the transaction. */
	keepTotals(): void;
	/** To be called after a rollback. */
	recount(): void;
	/** True when ciphertext was deleted since the last call. */
	takeDeleted(): boolean;
}

export function createTables(db: DatabaseSync): Tables {
	const statements = new Map<string, StatementSync>();
	const sql = (text: string): StatementSync => {
		let statement = statements.get(text);
		if (statement === undefined) {
			statement = db.prepare(text);
			statements.set(text, statement);
		}
		return statement;
	};
	const totals: Totals = { mailboxes: 0, packets: 0, bytes: 0 };
	let kept = { ...totals };
	let deleted = false;

	const tables: Tables = {
		one: <T>(text: string, ...values: Value[]) => sql(text).get(...values) as T | undefined,
		all: <T>(text: string, ...values: Value[]) => sql(text).all(...values) as T[],
		run: (text, ...values) => Number(sql(text).run(...values).changes),
		insert: (text, ...values) => Number(sql(text).run(...values).lastInsertRowid),
		boxOf: (mailbox) => tables.one('SELECT * FROM mailboxes WHERE mailbox = ?', mailbox),
		tokenOf: (box, hash) =>
			tables.one(
				`SELECT id, state FROM tokens WHERE mailbox = ? AND hash = ? AND state <> ${REMOVED}`,
				box.id,
				hash,
			),
		packetOf: (box, packet) =>
			tables.one(
				`SELECT ${PACKET} FROM packets p WHERE mailbox = ? AND packet = ?`,
				box.id,
				packet,
			),
		grow: (box, bytes) => {
			tables.run('UPDATE mailboxes SET bytes = bytes + ? WHERE id = ?', bytes, box);
			totals.bytes += bytes;
		},
		drop: (row, remember) => {
			const open =
				tables.run('DELETE FROM deliveries WHERE packet = ?', row.id) +
				tables.run('DELETE FROM contents WHERE packet = ?', row.id);
			tables.run('DELETE FROM blocks WHERE id = ?', row.id);
			if (row.chunks > 0) tables.run('DELETE FROM chunks WHERE packet = ?', row.id);
			tables.run('DELETE FROM packets WHERE id = ?', row.id);
			tables.run(
				`UPDATE mailboxes SET packets = packets - 1, bytes = bytes - ?, deliveries = deliveries - ?,
				unfinished = unfinished - ? WHERE id = ?`,
				row.bytes,
				open,
				row.number === 0 ? 1 : 0,
				row.mailbox,
			);
			if (remember) {
				tables.run(
					'INSERT INTO tombstones (mailbox, packet, expiry) VALUES (?, ?, ?)',
					row.mailbox,
					row.packet,
					row.expiry + MAX_TTL_SECONDS,
				);
			}
			totals.bytes -= row.bytes;
			totals.packets -= 1;
			deleted = true;
		},
		released: (box, packets) => {
			tables.run(
				'UPDATE mailboxes SET deliveries = deliveries - ? WHERE id = ?',
				packets.length,
				box,
			);
			const finished: Bytes[] = [];
			for (const id of packets) {
				tables.run('UPDATE packets SET waiting = waiting - 1 WHERE id = ?', id);
				const row = tables.one<PacketRow>(
					`SELECT ${PACKET} FROM packets p WHERE id = ? AND waiting = 0`,
					id,
				);
				if (row === undefined) continue;
				tables.drop(row, true);
				finished.push(row.packet);
			}
			return finished;
		},
		forgetToken: (box, token) => {
			const ids = ['deliveries', 'contents'].flatMap((table) =>
				tables.all<{ packet: number }>(
					`DELETE FROM ${table} WHERE token = ? RETURNING packet`,
					token,
				),
			);
			return tables.released(
				box,
				ids.map(({ packet }) => packet),
			);
		},
		totals: () => totals,
		keepTotals: () => {
			const { mailboxes, packets, bytes } = totals;
			if (mailboxes === kept.mailboxes && packets === kept.packets && bytes === kept.bytes) return;
			tables.run(
				'UPDATE numbers SET mailboxes = ?, packets = ?, bytes = ?',
				mailboxes,
				packets,
				bytes,
			);
			kept = { ...totals };
		},
		recount: () => {
			kept = tables.one<Totals>('SELECT mailboxes, packets, bytes FROM numbers') ?? kept;
			Object.assign(totals, kept);
		},
		takeDeleted: () => {
			const had = deleted;
			deleted = false;
			return had;
		},
	};
	tables.recount();
	return tables;
}
