// What time does to mailboxes in PostgreSQL, in steps of bounded size; every process does it, and none is in the
// other's way. [MB18] [MB25]
import { forgetTokens } from './acknowledging.ts';
import { together, type Group, type Work } from './group.ts';
import { IDLE, LIVE } from '../shared.ts';

const STEP = 500;
/** Mailboxes looked at for disuse in one go. */
const SWEEP = 20_000;

export interface Expiry {
	/** Returns how many packets went. */
	expire(now: number): Promise<number>;
}

export function createExpiry(parts: Work): Expiry {
	const { line, limits } = parts;
	/** The id up to which mailboxes were looked at for disuse. */
	let swept = 0;

	/** Runs `work` on these mailboxes, locked. */
	const locked = <T>(ids: readonly number[], work: (group: Group) => Promise<T>): Promise<T> =>
		together(parts, { ids }, work);

	const expirePackets = async (now: number): Promise<number> => {
		for (let gone = 0; ;) {
			const due = await line.all<{ id: number; mailbox: number }>(
				`SELECT id, mailbox FROM aegis_packets WHERE due <= $1 ORDER BY due LIMIT ${String(STEP)}`,
				now,
			);
			if (due.length === 0) return gone;
			const mailboxes = [...new Set(due.map(({ mailbox }) => mailbox))];
			gone += await locked(mailboxes, async (group) => {
				// One that was committed meanwhile has more time.
				const still = await group.db.all<{ id: number }>(
					'SELECT id FROM aegis_packets WHERE id = ANY($1::bigint[]) AND due <= $2',
					due.map(({ id }) => id),
					now,
				);
				const ids = still.map(({ id }) => id);
				return (await group.drop(ids, false)).length;
			});
			if (due.length < STEP) return gone;
		}
	};

	const idleTokens = async (now: number): Promise<number> => {
		for (let gone = 0; ;) {
			const silent = await line.all<{ id: number; mailbox: number }>(
				`SELECT t.id, t.mailbox FROM aegis_mailboxes m JOIN aegis_tokens t ON t.mailbox = m.id
				WHERE m.tokens > $1 AND t.state = ${String(LIVE)} AND t.seen <= $2 LIMIT ${String(STEP)}`,
				limits.smallMailbox,
				now - limits.tokenIdle,
			);
			if (silent.length === 0) return gone;
			const mailboxes = [...new Set(silent.map(({ mailbox }) => mailbox))];
			gone += await locked(mailboxes, async (group) => {
				const idle = await group.db.all<{ id: number; mailbox: number }>(
					`UPDATE aegis_tokens SET state = ${String(IDLE)}
					WHERE id = ANY($1::bigint[]) AND state = ${String(LIVE)} AND seen <= $2
					RETURNING id, mailbox`,
					silent.map(({ id }) => id),
					now - limits.tokenIdle,
				);
				const tokens = idle.map(({ id, mailbox }) => ({ id, box: group.box(mailbox) }));
				return (await forgetTokens(group, tokens)).length;
			});
			if (silent.length < STEP) return gone;
		}
	};

	const forgetUnused = async (now: number): Promise<void> => {
		const seen = await line.all<{ id: number; idle: boolean; unused: boolean }>(
			`SELECT id, packets = 0 AND idle_since = 0 AS idle,
			packets = 0 AND idle_since > 0 AND idle_since <= $2 AS unused
			FROM aegis_mailboxes WHERE id > $1 ORDER BY id LIMIT ${String(SWEEP)}`,
			swept,
			now - limits.idle,
		);
		swept = seen.length < SWEEP ? 0 : (seen.at(-1)?.id ?? 0);
		const idle = seen.filter((one) => one.idle).map(({ id }) => id);
		for (let at = 0; at < idle.length; at += STEP) {
			await locked(idle.slice(at, at + STEP), async ({ db }) => {
				await db.run(
					`UPDATE aegis_mailboxes SET idle_since = $2
					WHERE id = ANY($1::bigint[]) AND packets = 0 AND idle_since = 0`,
					idle.slice(at, at + STEP),
					now,
				);
			});
		}
		const unused = seen.filter((one) => one.unused).map(({ id }) => id);
		for (let at = 0; at < unused.length; at += STEP) {
			await locked(unused.slice(at, at + STEP), async ({ db, totals }) => {
				const gone = await db.all<{ id: number; highest: number }>(
					`DELETE FROM aegis_mailboxes WHERE id = ANY($1::bigint[]) AND packets = 0
					AND idle_since > 0 AND idle_since <= $2 RETURNING id, highest`,
					unused.slice(at, at + STEP),
					now - limits.idle,
				);
				if (gone.length === 0) return;
				const ids = gone.map(({ id }) => id);
				const highest = Math.max(...gone.map((one) => one.highest));
				await db.run('UPDATE aegis_relay SET floor = greatest(floor, $1)', highest);
				await db.run('DELETE FROM aegis_tokens WHERE mailbox = ANY($1::bigint[])', ids);
				await db.run('DELETE FROM aegis_tombstones WHERE mailbox = ANY($1::bigint[])', ids);
				totals.mailboxes -= ids.length;
			});
		}
	};

	return {
		expire: async (now) => {
			const gone = (await expirePackets(now)) + (await idleTokens(now));
			await line.run('DELETE FROM aegis_tombstones WHERE expiry <= $1', now);
			await forgetUnused(now);
			return gone;
		},
	};
}
