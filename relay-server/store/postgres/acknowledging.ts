// Acknowledging blocks and contents in PostgreSQL. Its mailbox is locked, so of two last acknowledgements one comes
// after the other, and sees it. [MB10] [MB17] [MB24]
import { keyOf } from './group.ts';
import { fail, unknownMailbox } from '../shared.ts';
import type { Box, Group } from './group.ts';
import { columns } from './values.ts';
import type { MailboxStoreError } from '#lib/ports/mailbox-store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { ok, type Result } from '#lib/util/result.ts';

export interface Acknowledgement {
	readonly mailbox: Bytes;
	readonly tokenHash: Bytes;
	readonly cursor: number;
	readonly packets: readonly Bytes[];
}
type Outcomes = readonly Result<readonly Bytes[], MailboxStoreError>[];

interface Valid extends Acknowledgement {
	readonly at: number;
	readonly box: Box;
	readonly token: number;
}
interface Released {
	readonly token: number;
	readonly packet: number;
}

export const acknowledge = (group: Group, calls: readonly Acknowledgement[]): Promise<Outcomes> =>
	release(group, calls, async (valid) => {
		const { db } = group;
		const upTo = valid
			.map((call) => ({ ...call, cursor: call.cursor > call.box.highest ? 0 : call.cursor }))
			.filter(({ cursor }) => cursor > 0);
		const released: Released[] = [];
		if (upTo.length > 0) {
			released.push(
				...(await db.all<Released>(
					`DELETE FROM aegis_deliveries d USING unnest($1::bigint[], $2::bigint[]) AS k(token, number)
					WHERE d.token = k.token AND d.number <= k.number RETURNING d.token, d.packet`,
					...columns(
						upTo,
						({ token }) => token,
						({ cursor }) => cursor,
					),
				)),
			);
		}
		return [
			...released,
			...(await named(
				group,
				valid,
				`DELETE FROM aegis_deliveries d
				USING unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS k(token, mailbox, packet)
				JOIN aegis_packets p ON p.mailbox = k.mailbox AND p.packet = k.packet
				WHERE d.token = k.token AND d.number = p.number RETURNING d.token, d.packet`,
			)),
		];
	});

export const acknowledgeContents = (
	group: Group,
	calls: readonly Acknowledgement[],
): Promise<Outcomes> =>
	release(group, calls, (valid) =>
		named(
			group,
			valid,
			`DELETE FROM aegis_contents d
			USING unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS k(token, mailbox, packet)
			JOIN aegis_packets p ON p.mailbox = k.mailbox AND p.packet = k.packet
			WHERE d.token = k.token AND d.packet = p.id RETURNING d.token, d.packet`,
		),
	);

async function named(
	{ db }: Group,
	valid: readonly Valid[],
	text: string,
): Promise<readonly Released[]> {
	const keys = valid.flatMap(({ token, box, packets }) =>
		packets.map((packet) => ({ token, box, packet })),
	);
	if (keys.length === 0) return [];
	return db.all<Released>(
		text,
		...columns(
			keys,
			({ token }) => token,
			({ box }) => box.id,
			({ packet }) => packet,
		),
	);
}

/** Runs `remove` for the calls that may; tells each call what it finished. */
async function release(
	group: Group,
	calls: readonly Acknowledgement[],
	remove: (valid: readonly Valid[]) => Promise<readonly Released[]>,
): Promise<Outcomes> {
	const tokens = await group.tokens(
		calls.map(({ mailbox, tokenHash }) => ({ box: group.boxOf(mailbox), of: tokenHash })),
	);
	const valid = calls.flatMap((call, at): readonly Valid[] => {
		const box = group.boxOf(call.mailbox);
		const token = box && tokens.get(keyOf(box.id, call.tokenHash));
		return box === undefined || token === undefined ? [] : [{ ...call, at, box, token: token.id }];
	});
	const byToken = new Map(valid.map((call) => [call.token, call]));
	const released = valid.length === 0 ? [] : await remove(valid);
	const lastOf = new Map<number, number>();
	for (const { token, packet } of released) {
		const call = byToken.get(token);
		if (call === undefined) continue;
		call.box.deliveries -= 1;
		lastOf.set(packet, call.at);
	}
	const finished = calls.map((): Bytes[] => []);
	for (const row of await group.finish([...lastOf.keys()])) {
		finished[lastOf.get(row.id) ?? 0]?.push(row.packet);
	}
	const isValid = new Set(valid.map(({ at }) => at));
	return calls.map(({ mailbox }, at) => {
		if (isValid.has(at)) return ok(finished[at] ?? []);
		return group.boxOf(mailbox) === undefined
			? unknownMailbox()
			: fail('unknown-token', 'not a token of this mailbox');
	});
}

/** Nothing waits for these tokens any longer; returns what nobody else waits for, now deleted. */
export async function forgetTokens(
	group: Group,
	tokens: readonly { readonly id: number; readonly box: Box }[],
): Promise<readonly Bytes[]> {
	const boxes = new Map(tokens.map(({ id, box }) => [id, box]));
	const packets = new Set<number>();
	for (const table of ['aegis_deliveries', 'aegis_contents']) {
		const released = await group.db.all<Released>(
			`DELETE FROM ${table} WHERE token = ANY($1::bigint[]) RETURNING token, packet`,
			[...boxes.keys()],
		);
		for (const { token, packet } of released) {
			const box = boxes.get(token);
			if (box !== undefined) box.deliveries -= 1;
			packets.add(packet);
		}
	}
	return (await group.finish([...packets])).map(({ packet }) => packet);
}
