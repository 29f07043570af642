// The store's operations on packets that are one block. [MB6] [MB7] [MB10] [MB12] [MB15] [MB17] [MB21]
import { PACKET, type PacketRow } from './sqlite-rows.ts';
import { fail, LIVE, publicOf, unknownMailbox } from './shared.ts';
import type { MailboxRow, Tables } from './tables.ts';
import type { StoreOperations } from './operations.ts';
import type { StoreLimits } from '#lib/mailbox/limits.ts';
import type { MailboxStoreError, PutPacket } from '#lib/ports/mailbox-store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { ok, type Result } from '#lib/util/result.ts';

type PacketOperations = Pick<
	StoreOperations,
	'put' | 'waiting' | 'fetch' | 'acknowledge' | 'deleteHash' | 'delete'
>;

/** Whom a packet is for: token row ids, or all live tokens of the mailbox (null). */
export interface Recipients {
	readonly tokens: readonly number[] | null;
	readonly count: number;
}

/** Placing packets, for those with chunks too. */
export interface Placing {
	/** The mailbox, if it may take this packet, which it doesn't know yet, and the recipients. */
	admit(
		p: PutPacket,
		deliveriesEach: number,
	): Result<{ readonly box: MailboxRow; readonly to: Recipients }, MailboxStoreError>;
	/** Recipients that are there now: one at least. */
	recipients(box: MailboxRow, to: readonly Bytes[] | null): Result<Recipients, MailboxStoreError>;
	/** Keeps it, with number 0 until it is placed; returns the row's id. */
	keep(box: MailboxRow, p: PutPacket, chunks: number, due: number): number;
	/** Gives it the next number, and makes it wait for these; returns the number. */
	place(box: MailboxRow, id: number, to: Recipients, withContent: boolean): number;
	/** Both at once, for one without chunks. */
	keepPlaced(box: MailboxRow, p: PutPacket, to: Recipients): number;
}

const ALL_LIVE = `FROM tokens WHERE mailbox = ? AND state = ${LIVE}`;
const COUNT_ALL = `SELECT count(*) AS count ${ALL_LIVE}`;
const DELIVER_ALL = `INSERT INTO deliveries SELECT id, ?, ? ${ALL_LIVE}`;
const CONTENTS_ALL = `INSERT INTO contents SELECT id, ? ${ALL_LIVE}`;

export function createPlacing(tables: Tables, limits: StoreLimits): Placing {
	const { one, run, insert, book, boxOf, tokenOf } = tables;

	const insertPacket = (
		box: MailboxRow,
		p: PutPacket,
		row: {
			readonly number: number;
			readonly due: number;
			readonly chunks: number;
			readonly to: Uint8Array | null;
			readonly waiting: number;
		},
	): number => {
		const size = p.block.length;
		const id = insert(
			`INSERT INTO packets
			(mailbox, number, packet, delete_hash, expiry, due, size, bytes, chunks, recipients, waiting)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			box.id,
			row.number,
			p.packet,
			p.deleteHash,
			p.expiry,
			row.due,
			size,
			size,
			row.chunks,
			row.to,
			row.waiting,
		);
		run('INSERT INTO blocks (id, block) VALUES (?, ?)', id, p.block);
		book(box, { packets: box.packets + 1, idle_since: 0 });
		tables.grow(box, size);
		tables.totals().packets += 1;
		return id;
	};

	/** The packet of this number waits for these; returns for how many acknowledgements. */
	const deliver = (
		box: MailboxRow,
		id: number,
		number: number,
		{ tokens, count }: Recipients,
		withContent: boolean,
	): number => {
		if (tokens === null) {
			run(DELIVER_ALL, number, id, box.id);
			if (withContent) run(CONTENTS_ALL, id, box.id);
		}
		for (const token of tokens ?? []) {
			run('INSERT INTO deliveries (token, number, packet) VALUES (?, ?, ?)', token, number, id);
			if (withContent) run('INSERT INTO contents (token, packet) VALUES (?, ?)', token, id);
		}
		const waiting = count * (withContent ? 2 : 1);
		book(box, { highest: number, deliveries: box.deliveries + waiting });
		return waiting;
	};

	const recipients: Placing['recipients'] = (box, to) => {
		let found: Recipients;
		if (to === null) {
			found = { tokens: null, count: one<{ count: number }>(COUNT_ALL, box.id)?.count ?? 0 };
		} else {
			const named = to.map((hash) => tokenOf(box, hash));
			const live = named.flatMap((row) => (row?.state === LIVE ? [row.id] : []));
			const tokens = named.includes(undefined) ? [] : [...new Set(live)];
			found = { tokens, count: tokens.length };
		}
		return found.count === 0 ? fail('unknown-token', 'not a recipient of this mailbox') : ok(found);
	};

	return {
		recipients,
		admit: (p, deliveriesEach) => {
			const box = boxOf(p.mailbox);
			if (box === undefined) return unknownMailbox();
			if (one('SELECT 1 FROM tombstones WHERE mailbox = ? AND packet = ?', box.id, p.packet)) {
				return fail('gone', 'delivered or deleted before');
			}
			if (box.open === 0) return fail('closed', 'takes no more');
			const size = p.block.length;
			if (box.packets >= limits.packetsPerMailbox || box.bytes + size > limits.bytesPerMailbox) {
				return fail('full', 'mailbox');
			}
			const to = recipients(box, p.to);
			if (!to.ok) return to;
			if (box.deliveries + to.value.count * deliveriesEach > limits.deliveriesPerMailbox) {
				return fail('full', 'mailbox');
			}
			if (tables.totals().bytes + size > limits.bytes) return fail('full', 'relay');
			return ok({ box, to: to.value });
		},
		keep: (box, p, chunks, due) => {
			const to = p.to === null || chunks === 0 ? null : Buffer.concat([...p.to]);
			const id = insertPacket(box, p, { number: 0, due, chunks, to, waiting: 0 });
			book(box, { unfinished: box.unfinished + 1 });
			return id;
		},
		place: (box, id, to, withContent) => {
			const number = box.highest + 1;
			const waiting = deliver(box, id, number, to, withContent);
			run(
				'UPDATE packets SET number = ?, due = expiry, waiting = ? WHERE id = ?',
				number,
				waiting,
				id,
			);
			book(box, { unfinished: box.unfinished - 1 });
			return number;
		},
		keepPlaced: (box, p, to) => {
			const number = box.highest + 1;
			const row = { number, due: p.expiry, chunks: 0, to: null, waiting: to.count };
			const id = insertPacket(box, p, row);
			deliver(box, id, number, to, false);
			const { expiry } = p;
			const size = p.block.length;
			const { chunks, waiting } = row;
			// Of what came with the packet only its id is kept.
			const packet = p.packet.slice();
			const rest = { recipients: null, chunks, waiting, bytes: size, size, expiry };
			tables.packets.hold({ id, mailbox: box.id, number, packet, ...rest });
			return number;
		},
	};
}

export function createPacketOperations(tables: Tables, placing: Placing): PacketOperations {
	const { one, all, run, boxOf, tokenOf, packets } = tables;
	return {
		put: (p) => {
			const known = boxOf(p.mailbox);
			const row = known && packets.of(known.id, p.packet);
			if (row !== undefined) {
				if (row.chunks > 0) return fail('conflict', 'taken with chunks');
				const { number, size, expiry } = row;
				return ok({ number, size, expiry, fresh: false });
			}
			const admitted = placing.admit(p, 1);
			if (!admitted.ok) return admitted;
			const { box, to } = admitted.value;
			const number = placing.keepPlaced(box, p, to);
			return ok({ number, size: p.block.length, expiry: p.expiry, fresh: true });
		},
		waiting: (mailbox, tokenHash, cursor, limit) => {
			const box = boxOf(mailbox);
			const token = box && tokenOf(box, tokenHash);
			if (box === undefined || token === undefined) return [];
			return all<PacketRow>(
				`SELECT ${PACKET} FROM deliveries d JOIN packets p ON p.id = d.packet
				WHERE d.token = ? AND d.number > ? ORDER BY d.number LIMIT ?`,
				token.id,
				cursor > box.highest ? 0 : cursor,
				limit,
			).map(publicOf);
		},
		fetch: (mailbox, tokenHash, ids) => {
			const box = boxOf(mailbox);
			const token = box && tokenOf(box, tokenHash);
			if (box === undefined || token === undefined) return [];
			return ids.flatMap((packet) => {
				const row = one<PacketRow & { block: Bytes }>(
					`SELECT ${PACKET}, b.block FROM packets p
					JOIN deliveries d ON d.token = ? AND d.number = p.number
					JOIN blocks b ON b.id = p.id WHERE p.mailbox = ? AND p.packet = ?`,
					token.id,
					box.id,
					packet,
				);
				return row === undefined ? [] : [{ ...publicOf(row), block: row.block }];
			});
		},
		acknowledge: (mailbox, tokenHash, cursor, ids) => {
			const box = boxOf(mailbox);
			if (box === undefined) return unknownMailbox();
			const token = tokenOf(box, tokenHash);
			if (token === undefined) return fail('unknown-token', 'not a token of this mailbox');
			const upTo = cursor > box.highest ? 0 : cursor;
			const range = 'DELETE FROM deliveries WHERE token = ? AND number <= ? RETURNING packet';
			const rows = upTo === 0 ? [] : all<{ packet: number }>(range, token.id, upTo);
			const acknowledged = rows.map((row) => row.packet);
			for (const packet of ids) {
				const row = packets.of(box.id, packet);
				if (row === undefined) continue;
				const one = 'DELETE FROM deliveries WHERE token = ? AND number = ?';
				if (run(one, token.id, row.number) > 0) acknowledged.push(row.id);
			}
			return ok(tables.released(box, acknowledged));
		},
		deleteHash: (mailbox, packet) =>
			one<{ hash: Bytes }>(
				`SELECT p.delete_hash AS hash FROM packets p JOIN mailboxes m ON m.id = p.mailbox
				WHERE m.mailbox = ? AND p.packet = ?`,
				mailbox,
				packet,
			)?.hash,
		delete: (mailbox, packet) => {
			const box = boxOf(mailbox);
			if (box === undefined) return unknownMailbox();
			const row = packets.of(box.id, packet);
			if (row !== undefined) tables.drop(box, row, true);
			return ok(row !== undefined);
		},
	};
}
