// Mailboxes and their tokens in PostgreSQL. [MB4] [MB15] [MB17] [MB25] [MB26] [MB29]
import { forgetTokens } from './acknowledging.ts';
import { BOX, keyOf } from './group.ts';
import { fail, LIVE, REMOVED, unknownMailbox } from '../shared.ts';
import type { Box, Group } from './group.ts';
import { columns } from './values.ts';
import type { MailboxStore, NewMailbox, TokenOf } from '#lib/ports/mailbox-store.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { ok } from '#lib/util/result.ts';

type Outcome<K extends keyof MailboxStore> = Awaited<ReturnType<MailboxStore[K]>>;

/** The first of these invitations that holds. A revocation waits for this transaction, or this one for it. */
async function firstOf({ db }: Group, hashes: readonly Bytes[]): Promise<Bytes | undefined> {
	const holding = await db.all<{ hash: Bytes }>(
		'SELECT hash FROM aegis_invitations WHERE hash = ANY($1::bytea[]) FOR SHARE',
		hashes,
	);
	return hashes.find((hash) => holding.some((each) => equal(each.hash, hash)));
}

export async function open(group: Group, m: NewMailbox): Promise<Outcome<'open'>> {
	const { db, limits, totals } = group;
	let known = group.boxOf(m.mailbox);
	if (known === undefined) {
		const invitation = m.invitations && (await firstOf(group, m.invitations));
		if (m.invitations !== undefined && invitation === undefined) {
			return fail('uninvited', 'no invitation that holds');
		}
		if (totals.mailboxes >= limits.mailboxes) return fail('full', 'relay');
		// Held until the commit: whoever forgets a mailbox meanwhile, and raises the floor, waits or has finished.
		const [relay] = await db.all<{ floor: number }>('SELECT floor FROM aegis_relay FOR SHARE');
		const [made] = await db.all<Box>(
			`INSERT INTO aegis_mailboxes (mailbox, write_key, owner_key, invitation, highest)
			VALUES ($1, $2, $3, $4, $5) ON CONFLICT (mailbox) DO NOTHING RETURNING ${BOX}`,
			m.mailbox,
			m.writeKey,
			m.ownerKey,
			invitation ?? null,
			relay?.floor ?? 0,
		);
		if (made !== undefined) {
			totals.mailboxes += 1;
			group.adopt(made);
			return ok({ fresh: true });
		}
		// Another process was faster.
		[known] = await db.all<Box>(
			`SELECT ${BOX} FROM aegis_mailboxes WHERE mailbox = $1 FOR UPDATE`,
			m.mailbox,
		);
		if (known === undefined) return fail('failed', 'the mailbox came and went');
		group.adopt(known);
	}
	const same = equal(known.write_key, m.writeKey) && equal(known.owner_key, m.ownerKey);
	if (!same) return fail('conflict', 'taken with other keys');
	known.idle_since = 0;
	return ok({ fresh: false });
}

export async function close(group: Group, mailbox: Bytes): Promise<Outcome<'close'>> {
	const box = group.boxOf(mailbox);
	if (box === undefined) return unknownMailbox();
	box.open = false;
	return ok();
}

export async function addTokens(
	group: Group,
	mailbox: Bytes,
	hashes: readonly Bytes[],
	now: number,
): Promise<Outcome<'addTokens'>> {
	const { db, limits } = group;
	const box = group.boxOf(mailbox);
	if (box === undefined) return unknownMailbox();
	if (!box.open) return fail('closed', 'takes no more');
	const fresh = new Map(hashes.map((hash) => [toHex(hash), hash]));
	const known = await db.all<{ hash: Bytes }>(
		'SELECT hash FROM aegis_tokens WHERE mailbox = $1 AND hash = ANY($2::bytea[])',
		box.id,
		hashes,
	);
	for (const { hash } of known) fresh.delete(toHex(hash));
	if (fresh.size === 0) return ok(box.tokens);
	const [counted] = await db.all<{ n: number }>(
		'SELECT count(*) AS n FROM aegis_tokens WHERE mailbox = $1',
		box.id,
	);
	if ((counted?.n ?? 0) + fresh.size > limits.tokensPerMailbox) return fail('full', 'tokens');
	await db.run(
		'INSERT INTO aegis_tokens (mailbox, hash, seen) SELECT $1, hash, $3 FROM unnest($2::bytea[]) AS n(hash)',
		box.id,
		[...fresh.values()],
		now,
	);
	box.tokens += fresh.size;
	return ok(box.tokens);
}

export async function removeToken(
	group: Group,
	mailbox: Bytes,
	tokenHash: Bytes,
): Promise<Outcome<'removeToken'>> {
	const box = group.boxOf(mailbox);
	if (box === undefined) return unknownMailbox();
	const token = (await group.tokens([{ box, of: tokenHash }])).get(keyOf(box.id, tokenHash));
	if (token === undefined) return fail('unknown-token', 'not a token of this mailbox');
	await group.db.run(`UPDATE aegis_tokens SET state = ${String(REMOVED)} WHERE id = $1`, token.id);
	box.tokens -= 1;
	return ok(await forgetTokens(group, [{ id: token.id, box }]));
}

export async function seen(
	group: Group,
	tokens: readonly TokenOf[],
	now: number,
): Promise<Outcome<'seen'>> {
	const keys = tokens.flatMap(({ mailbox, tokenHash }) => {
		const box = group.boxOf(mailbox);
		return box === undefined ? [] : [{ box, tokenHash }];
	});
	if (keys.length === 0) return;
	await group.db.run(
		`UPDATE aegis_tokens t SET state = ${String(LIVE)}, seen = $3
		FROM unnest($1::bigint[], $2::bytea[]) AS k(mailbox, hash)
		WHERE t.mailbox = k.mailbox AND t.hash = k.hash AND t.state <> ${String(REMOVED)}`,
		...columns(
			keys,
			({ box }) => box.id,
			({ tokenHash }) => tokenHash,
		),
		now,
	);
}
