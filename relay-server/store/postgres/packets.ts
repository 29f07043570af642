// Putting and deleting packets in PostgreSQL. [MB6] [MB10] [MB12] [MB15] [MB17] [MB21]
import { keyOf } from './group.ts';
import { fail, LIVE, publicOf, unknownMailbox } from '../shared.ts';
import type { Box, Group, Key } from './group.ts';
import { columns } from './values.ts';
import type { MailboxStore, MailboxStoreError, PutPacket } from '#lib/ports/mailbox-store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { ok, type Result } from '#lib/util/result.ts';

type Outcome<K extends keyof MailboxStore> = Awaited<ReturnType<MailboxStore[K]>>;

/** Whom a packet is for: token row ids, or all live tokens of the mailbox (null). */
export interface Recipients {
	readonly tokens: readonly number[] | null;
	readonly count: number;
}

export interface Wanted {
	readonly mailbox: Bytes;
	readonly to: readonly Bytes[] | null;
}

/** Recipients that are there now, one at least, in the order of what is wanted. */
export async function recipientsOf(
	group: Group,
	wanted: readonly Wanted[],
): Promise<readonly Result<Recipients, MailboxStoreError>[]> {
	const { db, boxOf } = group;
	const named = wanted.flatMap(({ mailbox, to }): readonly Key[] =>
		(to ?? []).map((of) => ({ box: boxOf(mailbox), of })),
	);
	const found = await group.tokens(named);
	const whole = new Set(
		wanted.flatMap(({ mailbox, to }) => (to === null ? [boxOf(mailbox)?.id ?? 0] : [])),
	);
	const counts =
		whole.size === 0
			? []
			: await db.all<{ mailbox: number; count: number }>(
					`SELECT mailbox, count(*) AS count FROM aegis_tokens
					WHERE mailbox = ANY($1::bigint[]) AND state = ${String(LIVE)} GROUP BY mailbox`,
					[...whole],
				);
	const live = new Map(counts.map(({ mailbox, count }) => [mailbox, count]));
	return wanted.map(({ mailbox, to }) => {
		const box = boxOf(mailbox)?.id ?? 0;
		const rows = to?.map((hash) => found.get(keyOf(box, hash)));
		const ids = new Set(rows?.flatMap((row) => (row?.state === LIVE ? [row.id] : [])));
		const tokens = rows === undefined ? null : rows.includes(undefined) ? [] : [...ids];
		const count = tokens === null ? (live.get(box) ?? 0) : tokens.length;
		return count === 0
			? fail('unknown-token', 'not a recipient of this mailbox')
			: ok({ tokens, count });
	});
}

/** Whether this mailbox may keep one more packet with so many deliveries. */
export function admit(
	{ limits, totals }: Group,
	box: Box,
	size: number,
	deliveries: number,
): Result<void, MailboxStoreError> {
	const full =
		box.packets >= limits.packetsPerMailbox ||
		box.bytes + size > limits.bytesPerMailbox ||
		box.deliveries + deliveries > limits.deliveriesPerMailbox;
	if (full) return fail('full', 'mailbox');
	return totals.bytes + size > limits.bytes ? fail('full', 'relay') : ok();
}

export interface NewRow {
	readonly box: Box;
	readonly put: PutPacket;
	/** 0: it follows with the commit. */
	readonly number: number;
	readonly due: number;
	readonly chunks: number;
}

/** Writes a packet that was admitted into the books. */
export function book({ totals }: Group, { box, put, number }: NewRow): void {
	box.packets += 1;
	box.bytes += put.block.length;
	box.idle_since = 0;
	if (number === 0) box.unfinished += 1;
	totals.bytes += put.block.length;
}

/** Keeps packets; returns the rows' ids by `keyOf`. */
export async function keep(group: Group, rows: readonly NewRow[]): Promise<Map<string, number>> {
	const kept = await group.db.all<{ id: number; mailbox: number; packet: Bytes }>(
		`INSERT INTO aegis_packets
		(mailbox, number, packet, delete_hash, expiry, due, size, bytes, chunks, recipients, block)
		SELECT mailbox, number, packet, delete_hash, expiry, due, size, size, chunks, recipients, block
		FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bigint[],
		$7::bigint[], $8::bigint[], $9::bytea[], $10::bytea[])
		AS n(mailbox, number, packet, delete_hash, expiry, due, size, chunks, recipients, block)
		RETURNING id, mailbox, packet`,
		...columns(
			rows,
			({ box }) => box.id,
			({ number }) => number,
			({ put }) => put.packet,
			({ put }) => put.deleteHash,
			({ put }) => put.expiry,
			({ due }) => due,
			({ put }) => put.block.length,
			({ chunks }) => chunks,
			({ put, chunks }) => (put.to === null || chunks === 0 ? null : Buffer.concat([...put.to])),
			({ put }) => put.block,
		),
	);
	return new Map(kept.map(({ id, mailbox, packet }) => [keyOf(mailbox, packet), id]));
}

/** Makes these packets, with their numbers, wait for their recipients. */
export async function deliver(
	{ db }: Group,
	placed: readonly { readonly id: number; readonly number: number; readonly to: Recipients }[],
	withContent: boolean,
): Promise<void> {
	const whole = placed.filter(({ to }) => to.tokens === null).map(({ id }) => id);
	const single = placed.flatMap(({ id, number, to }) =>
		(to.tokens ?? []).map((token) => ({ id, number, token })),
	);
	const live = `FROM aegis_packets p JOIN aegis_tokens t
		ON t.mailbox = p.mailbox AND t.state = ${String(LIVE)} WHERE p.id = ANY($1::bigint[])`;
	const lists = columns(
		single,
		({ token }) => token,
		({ id }) => id,
	);
	if (whole.length > 0) {
		await db.run(
			`INSERT INTO aegis_deliveries (token, number, packet) SELECT t.id, p.number, p.id ${live}`,
			whole,
		);
	}
	if (single.length > 0) {
		await db.run(
			`INSERT INTO aegis_deliveries (token, packet, number)
			SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])`,
			...lists,
			single.map(({ number }) => number),
		);
	}
	if (!withContent) return;
	if (whole.length > 0) {
		await db.run(`INSERT INTO aegis_contents (token, packet) SELECT t.id, p.id ${live}`, whole);
	}
	if (single.length > 0) {
		await db.run(
			`INSERT INTO aegis_contents (token, packet) SELECT * FROM unnest($1::bigint[], $2::bigint[])`,
			...lists,
		);
	}
}

export async function put(
	group: Group,
	calls: readonly PutPacket[],
): Promise<readonly Outcome<'put'>[]> {
	const keys = calls.map((p): Key => ({ box: group.boxOf(p.mailbox), of: p.packet }));
	const known = await group.packets(keys);
	const buried = await group.tombstones(keys);
	const recipients = await recipientsOf(group, calls);
	const fresh: (NewRow & { readonly to: Recipients })[] = [];
	const mine = new Map<string, NewRow>();

	const outcomes = calls.map((p, at): Outcome<'put'> => {
		const box = group.boxOf(p.mailbox);
		const to = recipients[at];
		if (box === undefined || to === undefined) return unknownMailbox();
		const key = keyOf(box.id, p.packet);
		const before = known.get(key);
		if (before !== undefined) {
			if (before.chunks > 0) return fail('conflict', 'taken with chunks');
			return ok({ ...publicOf(before), fresh: false });
		}
		const size = p.block.length;
		const twin = mine.get(key);
		if (twin !== undefined) {
			const { expiry, block } = twin.put;
			return ok({
				number: twin.number,
				packet: p.packet,
				size: block.length,
				expiry,
				fresh: false,
			});
		}
		if (buried.has(key)) return fail('gone', 'delivered or deleted before');
		if (!box.open) return fail('closed', 'takes no more');
		if (!to.ok) return to;
		const room = admit(group, box, size, to.value.count);
		if (!room.ok) return room;
		box.highest += 1;
		box.deliveries += to.value.count;
		const row = { box, put: p, number: box.highest, due: p.expiry, chunks: 0, to: to.value };
		book(group, row);
		fresh.push(row);
		mine.set(key, row);
		return ok({ number: row.number, packet: p.packet, size, expiry: p.expiry, fresh: true });
	});
	if (fresh.length === 0) return outcomes;
	const ids = await keep(group, fresh);
	await deliver(
		group,
		fresh.map(({ box, put: p, number, to }) => ({
			id: idOf(ids, box, p.packet),
			number,
			to,
		})),
		false,
	);
	return outcomes;
}

export const idOf = (ids: ReadonlyMap<string, number>, box: Box, packet: Bytes): number => {
	const id = ids.get(keyOf(box.id, packet));
	if (id === undefined) throw new Error('a packet got no row');
	return id;
};

export async function deletePacket(
	group: Group,
	mailbox: Bytes,
	packet: Bytes,
): Promise<Outcome<'delete'>> {
	const box = group.boxOf(mailbox);
	if (box === undefined) return unknownMailbox();
	const row = (await group.packets([{ box, of: packet }])).get(keyOf(box.id, packet));
	if (row !== undefined) await group.drop([row.id], true);
	return ok(row !== undefined);
}
