// The store's operations on mailboxes and their tokens, and what time does to them. [MB4] [MB15] [MB17] [MB18] [MB25] [MB26] [MB29]
import { isInvited } from './sqlite-invitations.ts';
import { PACKET, type PacketRow } from './sqlite-rows.ts';
import { fail, IDLE, LIVE, REMOVED, unknownMailbox } from './shared.ts';
import type { Tables, TokenRow } from './tables.ts';
import type { StoreOperations } from './operations.ts';
import type { StoreLimits } from '#lib/mailbox/limits.ts';
import { equal, toHex } from '#lib/util/bytes.ts';
import { ok } from '#lib/util/result.ts';

type BoxOperations = Pick<
	StoreOperations,
	| 'open'
	| 'mailbox'
	| 'close'
	| 'status'
	| 'addTokens'
	| 'hasToken'
	| 'removeToken'
	| 'seen'
	| 'expire'
>;

const EXPIRE_STEP = 500;
/** Mailboxes looked at for disuse in one go. */
const SWEEP = 20_000;

export function createBoxOperations(tables: Tables, limits: StoreLimits): BoxOperations {
	const { one, all, run, boxOf, tokenOf } = tables;

	/** The id up to which mailboxes were looked at for disuse. */
	let swept = 0;

	const expirePackets = (now: number): number => {
		let gone = 0;
		for (;;) {
			const rows = all<PacketRow>(
				`SELECT ${PACKET} FROM packets p WHERE due <= ? LIMIT ${EXPIRE_STEP}`,
				now,
			);
			for (const row of rows) tables.drop(tables.boxById(row.mailbox), row, false);
			gone += rows.length;
			if (rows.length < EXPIRE_STEP) return gone;
		}
	};

	const idleTokens = (now: number): number => {
		let gone = 0;
		const large = 'SELECT id FROM mailboxes WHERE tokens > ?';
		for (const box of all<{ id: number }>(large, limits.smallMailbox)) {
			const silent = `SELECT id FROM tokens WHERE mailbox = ? AND state = ${LIVE} AND seen <= ?`;
			for (const token of all<{ id: number }>(silent, box.id, now - limits.tokenIdle)) {
				run(`UPDATE tokens SET state = ${IDLE} WHERE id = ?`, token.id);
				gone += tables.forgetToken(tables.boxById(box.id), token.id).length;
			}
		}
		return gone;
	};

	const forgetUnused = (now: number): void => {
		tables.forgetBoxes();
		const from = swept;
		const last = one<{ id: number }>(
			`SELECT id FROM mailboxes WHERE id > ? ORDER BY id LIMIT 1 OFFSET ${SWEEP}`,
			from,
		);
		swept = last?.id ?? 0;
		const to = last?.id ?? Number.MAX_SAFE_INTEGER;
		const unused = 'packets = 0 AND idle_since > 0 AND idle_since <= ?';
		for (const { id, highest } of all<{ id: number; highest: number }>(
			`SELECT id, highest FROM mailboxes WHERE id > ? AND id <= ? AND ${unused}`,
			from,
			to,
			now - limits.idle,
		)) {
			run('UPDATE numbers SET floor = max(floor, ?)', highest);
			run('DELETE FROM tokens WHERE mailbox = ?', id);
			run('DELETE FROM tombstones WHERE mailbox = ?', id);
			run('DELETE FROM mailboxes WHERE id = ?', id);
			tables.totals().mailboxes -= 1;
		}
		run(
			`UPDATE mailboxes SET idle_since = ?
			WHERE id > ? AND id <= ? AND packets = 0 AND idle_since = 0`,
			now,
			from,
			to,
		);
	};

	return {
		open: (m) => {
			const known = boxOf(m.mailbox);
			if (known !== undefined) {
				const same = equal(known.write_key, m.writeKey) && equal(known.owner_key, m.ownerKey);
				if (!same) return fail('conflict', 'taken with other keys');
				if (known.idle_since > 0) tables.book(known, { idle_since: 0 });
				return ok({ fresh: false });
			}
			const invitation = m.invitations?.find((hash) => isInvited(tables, hash));
			if (m.invitations !== undefined && invitation === undefined) {
				return fail('uninvited', 'no invitation that holds');
			}
			if (tables.totals().mailboxes >= limits.mailboxes) return fail('full', 'relay');
			run(
				`INSERT INTO mailboxes (mailbox, write_key, owner_key, invitation, highest)
				VALUES (?, ?, ?, ?, (SELECT floor FROM numbers))`,
				m.mailbox,
				m.writeKey,
				m.ownerKey,
				invitation ?? null,
			);
			tables.totals().mailboxes += 1;
			return ok({ fresh: true });
		},
		mailbox: (mailbox) => {
			const box = boxOf(mailbox);
			if (box === undefined) return undefined;
			const { write_key: writeKey, owner_key: ownerKey, invitation, tokens, highest } = box;
			return { mailbox, writeKey, ownerKey, invitation, open: box.open !== 0, tokens, highest };
		},
		close: (mailbox) => {
			const box = boxOf(mailbox);
			if (box === undefined) return unknownMailbox();
			run('UPDATE mailboxes SET open = 0 WHERE id = ?', box.id);
			tables.forgetBox(box);
			return ok();
		},
		status: (mailbox) => {
			const box = boxOf(mailbox);
			return { packets: box?.packets ?? 0, bytes: box?.bytes ?? 0 };
		},
		addTokens: (mailbox, hashes, now) => {
			const box = boxOf(mailbox);
			if (box === undefined) return unknownMailbox();
			if (box.open === 0) return fail('closed', 'takes no more');
			const fresh = new Map(hashes.map((hash) => [toHex(hash), hash]));
			for (const [hex, hash] of fresh) {
				if (one('SELECT 1 FROM tokens WHERE mailbox = ? AND hash = ?', box.id, hash))
					fresh.delete(hex);
			}
			if (fresh.size === 0) return ok(box.tokens);
			const counted = one<{ n: number }>(
				'SELECT count(*) AS n FROM tokens WHERE mailbox = ?',
				box.id,
			);
			if ((counted?.n ?? 0) + fresh.size > limits.tokensPerMailbox) return fail('full', 'tokens');
			for (const hash of fresh.values()) {
				run('INSERT INTO tokens (mailbox, hash, seen) VALUES (?, ?, ?)', box.id, hash, now);
			}
			run('UPDATE mailboxes SET tokens = tokens + ? WHERE id = ?', fresh.size, box.id);
			tables.forgetBox(box);
			return ok(box.tokens + fresh.size);
		},
		hasToken: (mailbox, tokenHash) => {
			const box = boxOf(mailbox);
			return box !== undefined && tokenOf(box, tokenHash) !== undefined;
		},
		removeToken: (mailbox, tokenHash) => {
			const box = boxOf(mailbox);
			if (box === undefined) return unknownMailbox();
			const token = tokenOf(box, tokenHash);
			if (token === undefined) return fail('unknown-token', 'not a token of this mailbox');
			run(`UPDATE tokens SET state = ${REMOVED} WHERE id = ?`, token.id);
			run('UPDATE mailboxes SET tokens = tokens - 1 WHERE id = ?', box.id);
			const finished = tables.forgetToken(box, token.id);
			tables.forgetBox(box);
			return ok(finished);
		},
		seen: (tokens, now) => {
			for (const { mailbox, tokenHash } of tokens) {
				const box = boxOf(mailbox);
				const token: TokenRow | undefined = box && tokenOf(box, tokenHash);
				if (token === undefined) continue;
				run(`UPDATE tokens SET state = ${LIVE}, seen = ? WHERE id = ?`, now, token.id);
			}
		},
		expire: (now) => {
			const gone = expirePackets(now) + idleTokens(now);
			run('DELETE FROM tombstones WHERE expiry <= ?', now);
			forgetUnused(now);
			return gone;
		},
	};
}
