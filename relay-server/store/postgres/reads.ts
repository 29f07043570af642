// What is read from PostgreSQL without locks: single statements, each of one moment. [MB7] [MB17] [MB23]
import { PACKET } from './group.ts';
import { publicOf, REMOVED } from '../shared.ts';
import type { Box, PacketRow } from './group.ts';
import type { Statements } from './line.ts';
import type { MailboxStore } from '#lib/ports/mailbox-store.ts';
import type { Bytes } from '#lib/util/bytes.ts';

type Reads = Pick<
	MailboxStore,
	'mailbox' | 'status' | 'hasToken' | 'waiting' | 'fetch' | 'deleteHash' | 'chunks' | 'fetchChunk'
>;

/** Of the token `$2` of the mailbox `$1`. */
const TOKEN = `aegis_mailboxes m JOIN aegis_tokens t
	ON t.mailbox = m.id AND t.hash = $2 AND t.state <> ${String(REMOVED)}`;

export function createReads({ all }: Statements): Reads {
	return {
		mailbox: async (mailbox) => {
			const [box] = await all<Box & { readonly invitation: Bytes | null }>(
				`SELECT write_key, owner_key, invitation, open, tokens, highest FROM aegis_mailboxes WHERE mailbox = $1`,
				mailbox,
			);
			if (box === undefined) return undefined;
			const { write_key: writeKey, owner_key: ownerKey, invitation, open, tokens, highest } = box;
			return { mailbox, writeKey, ownerKey, invitation, open, tokens, highest };
		},
		status: async (mailbox) => {
			const [box] = await all<{ packets: number; bytes: number }>(
				'SELECT packets, bytes FROM aegis_mailboxes WHERE mailbox = $1',
				mailbox,
			);
			return { packets: box?.packets ?? 0, bytes: box?.bytes ?? 0 };
		},
		hasToken: async (mailbox, tokenHash) =>
			(await all(`SELECT 1 AS there FROM ${TOKEN} WHERE m.mailbox = $1`, mailbox, tokenHash))
				.length > 0,
		waiting: async (mailbox, tokenHash, cursor, limit) => {
			const rows = await all<PacketRow>(
				`SELECT ${PACKET} FROM ${TOKEN}
				JOIN aegis_deliveries d ON d.token = t.id
				AND d.number > CASE WHEN $3::bigint > m.highest THEN 0 ELSE $3::bigint END
				JOIN aegis_packets p ON p.id = d.packet
				WHERE m.mailbox = $1 ORDER BY d.number LIMIT $4`,
				mailbox,
				tokenHash,
				cursor,
				limit,
			);
			return rows.map(publicOf);
		},
		fetch: async (mailbox, tokenHash, packets) => {
			const rows = await all<PacketRow & { block: Bytes }>(
				`SELECT ${PACKET}, p.block FROM ${TOKEN}
				JOIN aegis_packets p ON p.mailbox = m.id AND p.packet = ANY($3::bytea[])
				JOIN aegis_deliveries d ON d.token = t.id AND d.number = p.number
				WHERE m.mailbox = $1 ORDER BY p.number`,
				mailbox,
				tokenHash,
				packets,
			);
			return rows.map((row) => ({ ...publicOf(row), block: row.block }));
		},
		deleteHash: async (mailbox, packet) => {
			const [row] = await all<{ hash: Bytes }>(
				`SELECT p.delete_hash AS hash FROM aegis_mailboxes m
				JOIN aegis_packets p ON p.mailbox = m.id AND p.packet = $2 WHERE m.mailbox = $1`,
				mailbox,
				packet,
			);
			return row?.hash;
		},
		chunks: async (mailbox, packet) => {
			const rows = await all<{ chunks: number; number: number; position: number | null }>(
				`SELECT p.chunks, p.number, c.position FROM aegis_mailboxes m
				JOIN aegis_packets p ON p.mailbox = m.id AND p.packet = $2
				LEFT JOIN aegis_chunks c ON c.packet = p.id
				WHERE m.mailbox = $1 AND p.chunks > 0 ORDER BY c.position`,
				mailbox,
				packet,
			);
			const [first] = rows;
			if (first === undefined) return undefined;
			const there = rows.flatMap(({ position }) => (position === null ? [] : [position]));
			return { chunks: first.chunks, there, committed: first.number > 0 };
		},
		fetchChunk: async (mailbox, tokenHash, packet, index) => {
			const [chunk] = await all<{ bytes: Bytes }>(
				`SELECT c.bytes FROM ${TOKEN}
				JOIN aegis_packets p ON p.mailbox = m.id AND p.packet = $3
				JOIN aegis_contents w ON w.token = t.id AND w.packet = p.id
				JOIN aegis_chunks c ON c.packet = p.id AND c.position = $4
				WHERE m.mailbox = $1`,
				mailbox,
				tokenHash,
				packet,
				index,
			);
			return chunk?.bytes;
		},
	};
}
