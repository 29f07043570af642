// Packets whose content comes in chunks, in PostgreSQL. [MB23] [MB24]
import { keyOf } from './group.ts';
import { fail, publicOf, unknownMailbox } from '../shared.ts';
import type { Box, Group, PacketRow } from './group.ts';
import { admit, book, deliver, keep, recipientsOf } from './packets.ts';
import type { LongPacket, MailboxStore } from '#lib/ports/mailbox-store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { ok } from '#lib/util/result.ts';

type Outcome<K extends keyof MailboxStore> = Awaited<ReturnType<MailboxStore[K]>>;

const HASH = 32;
const hashesOf = (recipients: Bytes | null): readonly Bytes[] | null =>
	recipients === null
		? null
		: Array.from({ length: recipients.length / HASH }, (_, i) =>
				recipients.slice(i * HASH, (i + 1) * HASH),
			);

const rowOf = async (group: Group, box: Box, packet: Bytes): Promise<PacketRow | undefined> =>
	(await group.packets([{ box, of: packet }])).get(keyOf(box.id, packet));

export async function begin(group: Group, p: LongPacket): Promise<Outcome<'begin'>> {
	const box = group.boxOf(p.mailbox);
	if (box === undefined) return unknownMailbox();
	const row = await rowOf(group, box, p.packet);
	if (row !== undefined) {
		return row.chunks === p.chunks ? ok() : fail('conflict', 'taken with other chunks');
	}
	const buried = await group.tombstones([{ box, of: p.packet }]);
	if (buried.size > 0) return fail('gone', 'delivered or deleted before');
	if (!box.open) return fail('closed', 'takes no more');
	const room = admit(group, box, p.block.length, 0);
	if (!room.ok) return room;
	const [to] = await recipientsOf(group, [p]);
	if (to?.ok === false) return to;
	if (box.unfinished >= group.limits.unfinishedPerMailbox) {
		return fail('full', 'unfinished packets');
	}
	const fresh = { box, put: p, number: 0, due: Math.min(p.until, p.expiry), chunks: p.chunks };
	book(group, fresh);
	await keep(group, [fresh]);
	return ok();
}

export async function putChunk(
	group: Group,
	mailbox: Bytes,
	packet: Bytes,
	index: number,
	bytes: Bytes,
): Promise<Outcome<'putChunk'>> {
	const { db, limits, totals } = group;
	const box = group.boxOf(mailbox);
	if (box === undefined) return unknownMailbox();
	const row = await rowOf(group, box, packet);
	if (row === undefined || index >= row.chunks) return fail('unknown-packet', 'no such packet');
	const there = 'SELECT 1 AS there FROM aegis_chunks WHERE packet = $1 AND position = $2';
	if ((await db.all(there, row.id, index)).length > 0) return ok();
	if (!box.open) return fail('closed', 'takes no more');
	if (box.bytes + bytes.length > limits.bytesPerMailbox) return fail('full', 'mailbox');
	if (totals.bytes + bytes.length > limits.bytes) return fail('full', 'relay');
	await db.run(
		'INSERT INTO aegis_chunks (packet, position, bytes) VALUES ($1, $2, $3)',
		row.id,
		index,
		bytes,
	);
	await db.run('UPDATE aegis_packets SET bytes = bytes + $2 WHERE id = $1', row.id, bytes.length);
	box.bytes += bytes.length;
	totals.bytes += bytes.length;
	return ok();
}

export async function commit(
	group: Group,
	mailbox: Bytes,
	packet: Bytes,
): Promise<Outcome<'commit'>> {
	const { db, limits } = group;
	const box = group.boxOf(mailbox);
	if (box === undefined) return unknownMailbox();
	const row = await rowOf(group, box, packet);
	if (row === undefined || row.chunks === 0) {
		const buried = await group.tombstones([{ box, of: packet }]);
		return buried.size > 0
			? fail('gone', 'delivered or deleted')
			: fail('unknown-packet', 'no such packet');
	}
	const to = hashesOf(row.recipients);
	let { number } = row;
	if (number === 0) {
		if (!box.open) return fail('closed', 'takes no more');
		const [counted] = await db.all<{ n: number }>(
			'SELECT count(*) AS n FROM aegis_chunks WHERE packet = $1',
			row.id,
		);
		if (counted?.n !== row.chunks) return fail('incomplete', 'chunks are missing');
		const [tokens] = await recipientsOf(group, [{ mailbox, to }]);
		if (tokens?.ok !== true) return tokens ?? unknownMailbox();
		const waiting = 2 * tokens.value.count;
		if (box.deliveries + waiting > limits.deliveriesPerMailbox) return fail('full', 'mailbox');
		box.highest += 1;
		box.unfinished -= 1;
		box.deliveries += waiting;
		number = box.highest;
		await db.run(
			'UPDATE aegis_packets SET number = $2, due = expiry WHERE id = $1',
			row.id,
			number,
		);
		await deliver(group, [{ id: row.id, number, to: tokens.value }], true);
	}
	const [kept] = await db.all<{ block: Bytes }>(
		'SELECT block FROM aegis_packets WHERE id = $1',
		row.id,
	);
	if (kept === undefined) throw new Error('a packet has no block');
	return ok({ ...publicOf(row), number, fresh: row.number === 0, to, block: kept.block });
}
