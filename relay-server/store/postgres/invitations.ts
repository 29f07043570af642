// The operator's invitations in PostgreSQL: the same for all processes. [MB29]
import type { Line, Statements } from './line.ts';
import { MAX_INVITATIONS, type Invitation, type Invitations } from '#lib/ports/invitations.ts';
import type { MailboxStore, MailboxStoreError } from '#lib/ports/mailbox-store.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

type Stored<T> = Promise<Result<T, MailboxStoreError>>;

export function createInvitations(
	line: Line,
	reads: Statements,
): Invitations & Pick<MailboxStore, 'isInvited'> {
	const written = <T>(work: (db: Statements) => Stored<T>): Stored<T> =>
		line.transaction(work).catch((cause: unknown) => {
			const detail = cause instanceof Error ? cause.message : 'unknown';
			return err({ type: 'failed', detail });
		});
	return {
		isInvited: async (hash) =>
			(await reads.all('SELECT 1 AS there FROM aegis_invitations WHERE hash = $1', hash)).length >
			0,
		invite: (hash, name, now) =>
			written(async (db) => {
				const [counted] = await db.all<{ n: number }>(
					'SELECT count(*) AS n FROM aegis_invitations',
				);
				if ((counted?.n ?? 0) >= MAX_INVITATIONS) {
					return err({ type: 'full', detail: 'invitations' });
				}
				const [made] = await db.all<{ number: number }>(
					'INSERT INTO aegis_invitations (hash, name, made) VALUES ($1, $2, $3) RETURNING number',
					hash,
					name,
					now,
				);
				return ok(made?.number ?? 0);
			}),
		invitations: () =>
			reads.all<Invitation>('SELECT number, name, made FROM aegis_invitations ORDER BY number'),
		revoke: (number) =>
			written(async (db) =>
				ok((await db.run('DELETE FROM aegis_invitations WHERE number = $1', number)) > 0),
			),
	};
}
