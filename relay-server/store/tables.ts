// What the operations on the store's tables share: prepared statements, rows, and the books of a mailbox. Transactions
// are the caller's. [MB10] [MB11]
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoreTotals } from './relay-store.ts';
import { REMOVED, type Books } from './shared.ts';
import { createPacketRows, keyOf, type PacketRow, type PacketRows } from './sqlite-rows.ts';
import { MAX_TTL_SECONDS } from '#lib/protocol/limits.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** A mailbox with its books, which change here first and are written down before the commit. */
export interface MailboxRow extends Books {
	readonly id: number;
	readonly write_key: Bytes;
	readonly owner_key: Bytes;
	readonly invitation: Bytes | null;
	readonly open: number;
	readonly tokens: number;
}
export interface TokenRow {
	readonly id: number;
	readonly state: number;
}

/** Mailboxes held in memory from one commit to the next: about a megabyte. */
const BOXES_HELD = 2048;

type Value = number | string | Uint8Array | null;

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
	readonly packets: PacketRows;
	boxById(id: number): MailboxRow;
	/** To be called when columns other than its books were changed. */
	forgetBox(box: MailboxRow): void;
	/** And when those of any may have been. */
	forgetBoxes(): void;
	/** Changes a mailbox's books. */
	book(box: MailboxRow, change: Partial<Books>): void;
	/** Books bytes that came. */
	grow(box: MailboxRow, bytes: number): void;
	/** Deletes a packet with everything of it. */
	drop(box: MailboxRow, row: PacketRow, remember: boolean): void;
	/** So many acknowledgements (rows already deleted) of these packets came; returns the ids of what is finished by them. */
	released(box: MailboxRow, packets: readonly number[]): Bytes[];
	/** Nothing waits for this token any longer; returns the ids of what nobody else waits for. */
	forgetToken(box: MailboxRow, token: number): Bytes[];
	/** Writes the books down, as part of the transaction. */
	keepBooks(): void;
	/** Over all mailboxes; whoever writes counts on here. */
	totals(): { -readonly [K in keyof StoreTotals]: StoreTotals[K] };
	/** Writes them down, as part of the transaction. */
	keepTotals(): void;
	/** To be called after a rollback: nothing that was read or booked before counts. */
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
	const totals = { mailboxes: 0, packets: 0, bytes: 0 };
	let kept = { ...totals };
	let deleted = false;
	/** Mailboxes as they stand in this transaction, those read first at the beginning. */
	const boxes = new Map<string, MailboxRow>();
	const boxesById = new Map<number, string>();
	const booked = new Set<MailboxRow>();

	const rows = createPacketRows(db);

	const forget = (key: string, { id }: MailboxRow): void => {
		boxes.delete(key);
		boxesById.delete(id);
	};
	const remember = (key: string, box: MailboxRow): MailboxRow => {
		boxes.set(key, box);
		boxesById.set(box.id, key);
		return box;
	};

	const tables: Tables = {
		one: <T>(text: string, ...values: Value[]) => sql(text).get(...values) as T | undefined,
		all: <T>(text: string, ...values: Value[]) => sql(text).all(...values) as T[],
		run: (text, ...values) => Number(sql(text).run(...values).changes),
		insert: (text, ...values) => Number(sql(text).run(...values).lastInsertRowid),
		boxOf: (mailbox) => {
			const key = keyOf(mailbox);
			const known = boxes.get(key);
			if (known !== undefined) return known;
			const found = tables.one<MailboxRow>('SELECT * FROM mailboxes WHERE mailbox = ?', mailbox);
			return found && remember(key, found);
		},
		boxById: (id) => {
			const known = boxes.get(boxesById.get(id) ?? '');
			if (known !== undefined) return known;
			const found = tables.one<MailboxRow & { mailbox: Bytes }>(
				'SELECT * FROM mailboxes WHERE id = ?',
				id,
			);
			if (found === undefined) throw new Error('a packet has no mailbox');
			return remember(keyOf(found.mailbox), found);
		},
		forgetBox: (box) => {
			tables.keepBooks();
			const key = boxesById.get(box.id);
			if (key !== undefined) forget(key, box);
		},
		forgetBoxes: () => {
			tables.keepBooks();
			boxes.clear();
			boxesById.clear();
		},
		book: (box, change) => {
			Object.assign(box, change);
			booked.add(box);
		},
		tokenOf: (box, hash) =>
			tables.one(
				`SELECT id, state FROM tokens WHERE mailbox = ? AND hash = ? AND state <> ${REMOVED}`,
				box.id,
				hash,
			),
		packets: rows,
		grow: (box, bytes) => {
			tables.book(box, { bytes: box.bytes + bytes });
			totals.bytes += bytes;
		},
		drop: (box, row, isRemembered) => {
			let open = 0;
			// Once nobody waits there is nothing to look for.
			if (row.waiting > 0) {
				open += tables.run('DELETE FROM deliveries WHERE packet = ?', row.id);
				open += tables.run('DELETE FROM contents WHERE packet = ?', row.id);
			}
			tables.run('DELETE FROM blocks WHERE id = ?', row.id);
			if (row.chunks > 0) tables.run('DELETE FROM chunks WHERE packet = ?', row.id);
			tables.run('DELETE FROM packets WHERE id = ?', row.id);
			rows.forget(row);
			tables.book(box, {
				packets: box.packets - 1,
				bytes: box.bytes - row.bytes,
				deliveries: box.deliveries - open,
				unfinished: box.unfinished - (row.number === 0 ? 1 : 0),
			});
			if (isRemembered) {
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
			if (packets.length > 0) tables.book(box, { deliveries: box.deliveries - packets.length });
			const finished: Bytes[] = [];
			for (const id of packets) {
				const row = rows.byId(id);
				if (row === undefined || rows.countDown(row) > 0) continue;
				tables.drop(box, row, true);
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
		keepBooks: () => {
			for (const box of booked) {
				tables.run(
					`UPDATE mailboxes SET highest = ?, packets = ?, bytes = ?, deliveries = ?,
					unfinished = ?, idle_since = ? WHERE id = ?`,
					box.highest,
					box.packets,
					box.bytes,
					box.deliveries,
					box.unfinished,
					box.idle_since,
					box.id,
				);
			}
			booked.clear();
		},
		totals: () => totals,
		keepTotals: () => {
			tables.keepBooks();
			rows.write();
			rows.trim();
			// What is asked of in one commit is soon asked of again; for longer nothing is held.
			for (const [key, box] of boxes) {
				if (boxes.size <= BOXES_HELD) break;
				forget(key, box);
			}
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
			booked.clear();
			boxes.clear();
			boxesById.clear();
			rows.clear();
			kept = tables.one<StoreTotals>('SELECT mailboxes, packets, bytes FROM numbers') ?? kept;
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
