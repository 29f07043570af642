// The store's operations on packets whose content comes in chunks. [MB23] [MB24]
import { fail, publicOf, unknownMailbox } from './shared.ts';
import type { Tables } from './tables.ts';
import type { Placing } from './sqlite-packets.ts';
import type { StoreOperations } from './operations.ts';
import type { StoreLimits } from '#lib/mailbox/limits.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { ok } from '#lib/util/result.ts';

type ChunkOperations = Pick<
	StoreOperations,
	'begin' | 'putChunk' | 'chunks' | 'commit' | 'fetchChunk' | 'acknowledgeContents'
>;

const HASH = 32;
const hashesOf = (recipients: Bytes | null): readonly Bytes[] | null =>
	recipients === null
		? null
		: Array.from({ length: recipients.length / HASH }, (_, i) =>
				recipients.slice(i * HASH, (i + 1) * HASH),
			);

export function createChunkOperations(
	tables: Tables,
	placing: Placing,
	limits: StoreLimits,
): ChunkOperations {
	const { one, all, run, boxOf, tokenOf, packets } = tables;
	return {
		begin: (p) => {
			const known = boxOf(p.mailbox);
			const row = known && packets.of(known.id, p.packet);
			if (row !== undefined) {
				return row.chunks === p.chunks ? ok() : fail('conflict', 'taken with other chunks');
			}
			const admitted = placing.admit(p, 0);
			if (!admitted.ok) return admitted;
			const { box } = admitted.value;
			if (box.unfinished >= limits.unfinishedPerMailbox) {
				return fail('full', 'unfinished packets');
			}
			placing.keep(box, p, p.chunks, Math.min(p.until, p.expiry));
			return ok();
		},
		putChunk: (mailbox, packet, index, bytes) => {
			const box = boxOf(mailbox);
			if (box === undefined) return unknownMailbox();
			const row = packets.of(box.id, packet);
			if (row === undefined || index >= row.chunks) return fail('unknown-packet', 'no such packet');
			const there = 'SELECT 1 FROM chunks WHERE packet = ? AND position = ?';
			if (one(there, row.id, index)) return ok();
			if (box.open === 0) return fail('closed', 'takes no more');
			if (box.bytes + bytes.length > limits.bytesPerMailbox) return fail('full', 'mailbox');
			if (tables.totals().bytes + bytes.length > limits.bytes) return fail('full', 'relay');
			run('INSERT INTO chunks (packet, position, bytes) VALUES (?, ?, ?)', row.id, index, bytes);
			run('UPDATE packets SET bytes = bytes + ? WHERE id = ?', bytes.length, row.id);
			tables.grow(box, bytes.length);
			return ok();
		},
		chunks: (mailbox, packet) => {
			const box = boxOf(mailbox);
			const row = box && packets.of(box.id, packet);
			if (row === undefined || row.chunks === 0) return undefined;
			const there = all<{ position: number }>(
				'SELECT position FROM chunks WHERE packet = ? ORDER BY position',
				row.id,
			).map(({ position }) => position);
			return { chunks: row.chunks, there, committed: row.number > 0 };
		},
		commit: (mailbox, packet) => {
			const box = boxOf(mailbox);
			if (box === undefined) return unknownMailbox();
			const row = packets.of(box.id, packet);
			if (row === undefined || row.chunks === 0) {
				const gone = 'SELECT 1 FROM tombstones WHERE mailbox = ? AND packet = ?';
				return one(gone, box.id, packet)
					? fail('gone', 'delivered or deleted')
					: fail('unknown-packet', 'no such packet');
			}
			const to = hashesOf(row.recipients);
			let { number } = row;
			if (number === 0) {
				if (box.open === 0) return fail('closed', 'takes no more');
				const counted = one<{ n: number }>(
					'SELECT count(*) AS n FROM chunks WHERE packet = ?',
					row.id,
				);
				if (counted?.n !== row.chunks) return fail('incomplete', 'chunks are missing');
				const tokens = placing.recipients(box, to);
				if (!tokens.ok) return tokens;
				if (box.deliveries + 2 * tokens.value.count > limits.deliveriesPerMailbox) {
					return fail('full', 'mailbox');
				}
				number = placing.place(box, row.id, tokens.value, true);
			}
			const { block } =
				one<{ block: Bytes }>('SELECT block FROM blocks WHERE id = ?', row.id) ?? {};
			if (block === undefined) throw new Error('a packet has no block');
			return ok({ ...publicOf(row), number, fresh: row.number === 0, to, block });
		},
		fetchChunk: (mailbox, tokenHash, packet, index) => {
			const box = boxOf(mailbox);
			const token = box && tokenOf(box, tokenHash);
			if (box === undefined || token === undefined) return undefined;
			return one<{ bytes: Bytes }>(
				`SELECT c.bytes FROM packets p JOIN contents w ON w.token = ? AND w.packet = p.id
				JOIN chunks c ON c.packet = p.id AND c.position = ? WHERE p.mailbox = ? AND p.packet = ?`,
				token.id,
				index,
				box.id,
				packet,
			)?.bytes;
		},
		acknowledgeContents: (mailbox, tokenHash, ids) => {
			const box = boxOf(mailbox);
			if (box === undefined) return unknownMailbox();
			const token = tokenOf(box, tokenHash);
			if (token === undefined) return fail('unknown-token', 'not a token of this mailbox');
			const acknowledged = ids.flatMap((packet) => {
				const row = packets.of(box.id, packet);
				const waits = 'DELETE FROM contents WHERE token = ? AND packet = ?';
				return row !== undefined && run(waits, token.id, row.id) > 0 ? [row.id] : [];
			});
			return ok(tables.released(box, acknowledged));
		},
	};
}
