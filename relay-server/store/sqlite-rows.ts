// Rows of packets as they stand in this transaction, those asked for last held in memory: what was stored a moment ago is
// acknowledged now, by one recipient after the other, and its count is written down once for each commit.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoredPacket } from '#lib/ports/mailbox-store.ts';
import type { Bytes } from '#lib/util/bytes.ts';

export interface PacketRow extends StoredPacket {
	readonly id: number;
	readonly mailbox: number;
	readonly bytes: number;
	readonly chunks: number;
	readonly recipients: Bytes | null;
	/** Acknowledgements that are still to come. */
	waiting: number;
}

export const PACKET =
	'p.id, p.mailbox, p.number, p.packet, p.size, p.expiry, p.bytes, p.chunks, p.recipients, p.waiting';

/** Rows held from one commit to the next: a few megabytes. */
const HELD = 8192;

/** Shorter to make, and to compare, than any other text of the same bytes. */
export const keyOf = (id: Bytes): string =>
	Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1');

export interface PacketRows {
	of(mailbox: number, packet: Bytes): PacketRow | undefined;
	byId(id: number): PacketRow | undefined;
	/** This one was inserted. */
	hold(row: PacketRow): void;
	/** One acknowledgement came; returns how many are still to come. */
	countDown(row: PacketRow): number;
	/** It is deleted. */
	forget(row: PacketRow): void;
	/** Writes down what was counted, as part of the transaction. */
	write(): void;
	/** Lets go of those not asked for lately; nothing may be unwritten. */
	trim(): void;
	/** To be called after a rollback. */
	clear(): void;
}

export function createPacketRows(db: DatabaseSync): PacketRows {
	const select = (condition: string): StatementSync =>
		db.prepare(`SELECT ${PACKET} FROM packets p WHERE ${condition}`);
	const byPacket = select('mailbox = ? AND packet = ?');
	const byId = select('id = ?');
	const countDown = db.prepare('UPDATE packets SET waiting = waiting - 1 WHERE id = ?');
	const setWaiting = db.prepare('UPDATE packets SET waiting = ? WHERE id = ?');

	const keys = new Map<number, string>();
	const rows = new Map<string, PacketRow>();
	const counted = new Set<PacketRow>();

	const hold = (key: string, row: PacketRow): void => {
		keys.set(row.id, key);
		rows.set(key, row);
	};
	const rowKey = (mailbox: number, packet: Bytes): string => String(mailbox) + keyOf(packet);
	/** Those with chunks change in other ways as well: they are read again each time. */
	const read = (row: PacketRow | undefined): PacketRow | undefined => {
		if (row?.chunks === 0) hold(rowKey(row.mailbox, row.packet), row);
		return row;
	};

	return {
		of: (mailbox, packet) =>
			rows.get(rowKey(mailbox, packet)) ??
			read(byPacket.get(mailbox, packet) as PacketRow | undefined),
		byId: (id) => rows.get(keys.get(id) ?? '') ?? read(byId.get(id) as PacketRow | undefined),
		hold: (row) => {
			hold(rowKey(row.mailbox, row.packet), row);
		},
		countDown: (row) => {
			row.waiting -= 1;
			if (keys.has(row.id)) counted.add(row);
			else countDown.run(row.id);
			return row.waiting;
		},
		forget: (row) => {
			const key = keys.get(row.id);
			if (key === undefined) return;
			const kept = rows.get(key);
			if (kept !== undefined) counted.delete(kept);
			rows.delete(key);
			keys.delete(row.id);
		},
		write: () => {
			for (const row of counted) setWaiting.run(row.waiting, row.id);
			counted.clear();
		},
		trim: () => {
			for (const [key, { id }] of rows) {
				if (rows.size <= HELD) break;
				rows.delete(key);
				keys.delete(id);
			}
		},
		clear: () => {
			keys.clear();
			rows.clear();
			counted.clear();
		},
	};
}
