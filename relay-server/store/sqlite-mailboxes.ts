// The mailbox store's operations on one SQLite database, synchronous; transactions are the caller's.
// [MB4] [MB6] [MB10] [MB11] [MB15] [MB17] [MB18]
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoreLimits } from '#lib/mailbox/limits.ts';
import type {
	MailboxStore,
	MailboxStoreError,
	NewMailbox,
	PutPacket,
	StoredMailbox,
	StoredPacket,
} from '#lib/ports/mailbox-store.ts';
import { MAX_TTL_SECONDS } from '#lib/protocol/limits.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

/** The port's operations without the waiting. */
export type StoreOperations = {
	[K in Exclude<keyof MailboxStore, 'shutdown'>]: (
		...args: Parameters<MailboxStore[K]>
	) => Awaited<ReturnType<MailboxStore[K]>>;
};

export interface SqliteMailboxes {
	readonly operations: StoreOperations;
	/** True when ciphertext was deleted since the last call. */
	takeDeleted(): boolean;
	/** To be called after a rollback. */
	recount(): void;
}

interface MailboxRow {
	readonly id: number;
	readonly write_key: Bytes;
	readonly owner_key: Bytes;
	readonly ttl: number;
	readonly open: number;
	readonly tokens: number;
	readonly highest: number;
	readonly packets: number;
	readonly bytes: number;
	readonly deliveries: number;
}
interface PacketRow extends StoredPacket {
	readonly id: number;
	readonly mailbox: number;
	readonly waiting: number;
}

const PACKET = 'p.id, p.mailbox, p.number, p.packet, p.size, p.expiry, p.waiting';
const EXPIRE_STEP = 500;

const fail = (type: MailboxStoreError['type'], detail: string): Result<never, MailboxStoreError> =>
	err({ type, detail });
const unknown = (): Result<never, MailboxStoreError> => fail('unknown-mailbox', 'no such mailbox');
const publicOf = ({ number, packet, size, expiry }: PacketRow): StoredPacket => ({
	number,
	packet,
	size,
	expiry,
});

export function createSqliteMailboxes(db: DatabaseSync, limits: StoreLimits): SqliteMailboxes {
	const statements = new Map<string, StatementSync>();
	const sql = (text: string): StatementSync => {
		let statement = statements.get(text);
		if (statement === undefined) {
			statement = db.prepare(text);
			statements.set(text, statement);
		}
		return statement;
	};
	const one = <T>(text: string, ...values: (number | Uint8Array)[]): T | undefined =>
		sql(text).get(...values) as T | undefined;
	const all = <T>(text: string, ...values: (number | Uint8Array)[]): T[] =>
		sql(text).all(...values) as T[];
	const run = (text: string, ...values: (number | Uint8Array)[]): number =>
		Number(sql(text).run(...values).changes);

	let totals = { bytes: 0, mailboxes: 0 };
	const recount = (): void => {
		totals = one(
			'SELECT coalesce(sum(bytes), 0) AS bytes, count(*) AS mailboxes FROM mailboxes',
		) ?? { bytes: 0, mailboxes: 0 };
		totals = { ...totals };
	};
	recount();
	let deleted = false;

	const boxOf = (mailbox: Bytes): MailboxRow | undefined =>
		one('SELECT * FROM mailboxes WHERE mailbox = ?', mailbox);
	const tokenOf = (box: MailboxRow, hash: Bytes): number | undefined =>
		one<{ id: number }>('SELECT id FROM tokens WHERE mailbox = ? AND hash = ?', box.id, hash)?.id;
	const packetOf = (box: MailboxRow, packet: Bytes): PacketRow | undefined =>
		one(`SELECT ${PACKET} FROM packets p WHERE mailbox = ? AND packet = ?`, box.id, packet);

	const addTokens = (
		box: Pick<MailboxRow, 'id' | 'tokens'>,
		hashes: readonly Bytes[],
	): Result<void, MailboxStoreError> => {
		const fresh = new Map(hashes.map((hash) => [toHex(hash), hash]));
		for (const [hex, hash] of fresh) {
			if (one('SELECT 1 FROM tokens WHERE mailbox = ? AND hash = ?', box.id, hash))
				fresh.delete(hex);
		}
		if (box.tokens + fresh.size > limits.tokensPerMailbox) return fail('full', 'tokens');
		for (const hash of fresh.values()) {
			run('INSERT INTO tokens (mailbox, hash) VALUES (?, ?)', box.id, hash);
		}
		run('UPDATE mailboxes SET tokens = tokens + ? WHERE id = ?', fresh.size, box.id);
		return ok();
	};

	const open = (m: NewMailbox): Result<void, MailboxStoreError> => {
		const known = boxOf(m.mailbox);
		if (known !== undefined) {
			const same = equal(known.write_key, m.writeKey) && equal(known.owner_key, m.ownerKey);
			if (!same) return fail('conflict', 'taken with other keys');
			run('UPDATE mailboxes SET idle_since = 0 WHERE id = ? AND idle_since > 0', known.id);
			return ok();
		}
		if (totals.mailboxes >= limits.mailboxes) return fail('full', 'relay');
		if (new Set(m.tokenHashes.map(toHex)).size > limits.tokensPerMailbox) {
			return fail('full', 'tokens');
		}
		run(
			`INSERT INTO mailboxes (mailbox, write_key, owner_key, ttl, highest)
			VALUES (?, ?, ?, ?, (SELECT floor FROM numbers))`,
			m.mailbox,
			m.writeKey,
			m.ownerKey,
			m.ttl,
		);
		totals.mailboxes += 1;
		const made = boxOf(m.mailbox);
		return made === undefined ? unknown() : addTokens(made, m.tokenHashes);
	};

	/** Token row ids of the recipients; undefined when one is not of this mailbox. */
	const recipients = (box: MailboxRow, to: readonly Bytes[]): ReadonlySet<number> | undefined => {
		const found = new Set<number>();
		for (const hash of to) {
			const token = tokenOf(box, hash);
			if (token === undefined) return undefined;
			found.add(token);
		}
		return found;
	};

	const put = (
		p: PutPacket,
	): Result<StoredPacket & { readonly fresh: boolean }, MailboxStoreError> => {
		const box = boxOf(p.mailbox);
		if (box === undefined) return unknown();
		const known = packetOf(box, p.packet);
		if (known !== undefined) return ok({ ...publicOf(known), fresh: false });
		if (one('SELECT 1 FROM tombstones WHERE mailbox = ? AND packet = ?', box.id, p.packet)) {
			return fail('gone', 'delivered or deleted before');
		}
		if (box.open === 0) return fail('closed', 'takes no more');
		const to = p.to === null ? null : recipients(box, p.to);
		const count = to === null ? box.tokens : (to?.size ?? 0);
		if (count === 0) return fail('unknown-token', 'not a recipient of this mailbox');
		const size = p.block.length;
		if (
			box.packets >= limits.packetsPerMailbox ||
			box.bytes + size > limits.bytesPerMailbox ||
			box.deliveries + count > limits.deliveriesPerMailbox
		) {
			return fail('full', 'mailbox');
		}
		if (totals.bytes + size > limits.bytes) return fail('full', 'relay');

		const number = box.highest + 1;
		const id = Number(
			sql(
				`INSERT INTO packets (mailbox, number, packet, delete_hash, expiry, size, waiting)
				VALUES (?, ?, ?, ?, ?, ?, ?)`,
			).run(box.id, number, p.packet, p.deleteHash, p.expiry, size, count).lastInsertRowid,
		);
		run('INSERT INTO blocks (id, block) VALUES (?, ?)', id, p.block);
		if (to === null || to === undefined) {
			const insert = 'INSERT INTO deliveries SELECT id, ?, ? FROM tokens WHERE mailbox = ?';
			run(insert, number, id, box.id);
		} else {
			for (const token of to) {
				run('INSERT INTO deliveries (token, number, packet) VALUES (?, ?, ?)', token, number, id);
			}
		}
		run(
			`UPDATE mailboxes SET highest = ?, packets = packets + 1, bytes = bytes + ?,
			deliveries = deliveries + ?, idle_since = 0 WHERE id = ?`,
			number,
			size,
			count,
			box.id,
		);
		totals.bytes += size;
		return ok({ number, packet: p.packet, size, expiry: p.expiry, fresh: true });
	};

	const drop = (row: PacketRow, remember: boolean): void => {
		const open = run('DELETE FROM deliveries WHERE packet = ?', row.id);
		run('DELETE FROM blocks WHERE id = ?', row.id);
		run('DELETE FROM packets WHERE id = ?', row.id);
		run(
			`UPDATE mailboxes SET packets = packets - 1, bytes = bytes - ?, deliveries = deliveries - ?
			WHERE id = ?`,
			row.size,
			open,
			row.mailbox,
		);
		if (remember) {
			run(
				'INSERT INTO tombstones (mailbox, packet, expiry) VALUES (?, ?, ?)',
				row.mailbox,
				row.packet,
				row.expiry + MAX_TTL_SECONDS,
			);
		}
		totals.bytes -= row.size;
		deleted = true;
	};

	const acknowledge = (
		mailbox: Bytes,
		tokenHash: Bytes,
		cursor: number,
		packets: readonly Bytes[],
	): Result<readonly Bytes[], MailboxStoreError> => {
		const box = boxOf(mailbox);
		if (box === undefined) return unknown();
		const token = tokenOf(box, tokenHash);
		if (token === undefined) return fail('unknown-token', 'not a token of this mailbox');
		const upTo = cursor > box.highest ? 0 : cursor;
		const acknowledged = all<{ packet: number }>(
			'DELETE FROM deliveries WHERE token = ? AND number <= ? RETURNING packet',
			token,
			upTo,
		).map((row) => row.packet);
		for (const packet of packets) {
			const row = packetOf(box, packet);
			if (row === undefined) continue;
			const gone = run('DELETE FROM deliveries WHERE token = ? AND number = ?', token, row.number);
			if (gone > 0) acknowledged.push(row.id);
		}
		run(
			'UPDATE mailboxes SET deliveries = deliveries - ? WHERE id = ?',
			acknowledged.length,
			box.id,
		);
		const finished: Bytes[] = [];
		for (const id of acknowledged) {
			run('UPDATE packets SET waiting = waiting - 1 WHERE id = ?', id);
			const row = one<PacketRow>(
				`SELECT ${PACKET} FROM packets p WHERE id = ? AND waiting = 0`,
				id,
			);
			if (row === undefined) continue;
			drop(row, true);
			finished.push(row.packet);
		}
		return ok(finished);
	};

	const expirePackets = (now: number): number => {
		let gone = 0;
		for (;;) {
			const rows = all<PacketRow>(
				`SELECT ${PACKET} FROM packets p WHERE expiry <= ? LIMIT ${String(EXPIRE_STEP)}`,
				now,
			);
			for (const row of rows) drop(row, false);
			gone += rows.length;
			if (rows.length < EXPIRE_STEP) return gone;
		}
	};

	const forgetIdle = (now: number): void => {
		run('UPDATE mailboxes SET idle_since = 0 WHERE packets > 0 AND idle_since > 0');
		const idle = 'packets = 0 AND idle_since > 0 AND idle_since <= ?';
		for (const { id, highest } of all<{ id: number; highest: number }>(
			`SELECT id, highest FROM mailboxes WHERE ${idle}`,
			now - limits.idle,
		)) {
			run('UPDATE numbers SET floor = max(floor, ?)', highest);
			run('DELETE FROM tokens WHERE mailbox = ?', id);
			run('DELETE FROM tombstones WHERE mailbox = ?', id);
			run('DELETE FROM mailboxes WHERE id = ?', id);
			totals.mailboxes -= 1;
		}
		run('UPDATE mailboxes SET idle_since = ? WHERE packets = 0 AND idle_since = 0', now);
	};

	const viewOf = (mailbox: Bytes, box: MailboxRow): StoredMailbox => ({
		mailbox,
		writeKey: box.write_key,
		ownerKey: box.owner_key,
		ttl: box.ttl,
		open: box.open !== 0,
		tokenHashes: all<{ hash: Bytes }>(
			'SELECT hash FROM tokens WHERE mailbox = ? ORDER BY id',
			box.id,
		).map((row) => row.hash),
		highest: box.highest,
	});

	const operations: StoreOperations = {
		open,
		mailbox: (mailbox) => {
			const box = boxOf(mailbox);
			return box === undefined ? undefined : viewOf(mailbox, box);
		},
		addTokens: (mailbox, tokenHashes) => {
			const box = boxOf(mailbox);
			if (box === undefined) return unknown();
			return box.open === 0 ? fail('closed', 'takes no more') : addTokens(box, tokenHashes);
		},
		put,
		waiting: (mailbox, tokenHash, cursor, limit) => {
			const box = boxOf(mailbox);
			const token = box === undefined ? undefined : tokenOf(box, tokenHash);
			if (box === undefined || token === undefined) return [];
			return all<PacketRow>(
				`SELECT ${PACKET} FROM deliveries d JOIN packets p ON p.id = d.packet
				WHERE d.token = ? AND d.number > ? ORDER BY d.number LIMIT ?`,
				token,
				cursor > box.highest ? 0 : cursor,
				limit,
			).map(publicOf);
		},
		fetch: (mailbox, tokenHash, packets) => {
			const box = boxOf(mailbox);
			const token = box === undefined ? undefined : tokenOf(box, tokenHash);
			if (box === undefined || token === undefined) return [];
			return packets.flatMap((packet) => {
				const row = one<PacketRow & { block: Bytes }>(
					`SELECT ${PACKET}, b.block FROM packets p
					JOIN deliveries d ON d.token = ? AND d.number = p.number
					JOIN blocks b ON b.id = p.id WHERE p.mailbox = ? AND p.packet = ?`,
					token,
					box.id,
					packet,
				);
				return row === undefined ? [] : [{ ...publicOf(row), block: row.block }];
			});
		},
		acknowledge,
		deleteHash: (mailbox, packet) =>
			one<{ hash: Bytes }>(
				`SELECT p.delete_hash AS hash FROM packets p JOIN mailboxes m ON m.id = p.mailbox
				WHERE m.mailbox = ? AND p.packet = ?`,
				mailbox,
				packet,
			)?.hash,
		delete: (mailbox, packet) => {
			const box = boxOf(mailbox);
			if (box === undefined) return unknown();
			const row = packetOf(box, packet);
			if (row !== undefined) drop(row, true);
			return ok(row !== undefined);
		},
		close: (mailbox) =>
			run('UPDATE mailboxes SET open = 0 WHERE mailbox = ?', mailbox) > 0 ? ok() : unknown(),
		status: (mailbox) => {
			const box = boxOf(mailbox);
			return { packets: box?.packets ?? 0, bytes: box?.bytes ?? 0 };
		},
		expire: (now) => {
			const gone = expirePackets(now);
			run('DELETE FROM tombstones WHERE expiry <= ?', now);
			forgetIdle(now);
			return gone;
		},
	};

	return {
		operations,
		takeDeleted: () => {
			const had = deleted;
			deleted = false;
			return had;
		},
		recount,
	};
}
