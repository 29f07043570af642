// The operator's invitations in SQLite, synchronous. [MB29]
import { type Tables } from './tables.ts';
import { fail } from './shared.ts';
import { MAX_INVITATIONS, type Invitation, type Invitations } from '#lib/ports/invitations.ts';
import type { MailboxStore } from '#lib/ports/mailbox-store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { ok } from '#lib/util/result.ts';

type Port = Invitations & Pick<MailboxStore, 'isInvited'>;
/** The port's operations without the waiting. */
export type InvitationOperations = {
	[K in keyof Port]: (...args: Parameters<Port[K]>) => Awaited<ReturnType<Port[K]>>;
};

export const isInvited = ({ one }: Tables, hash: Bytes): boolean =>
	one('SELECT 1 FROM invitations WHERE hash = ?', hash) !== undefined;

export function createInvitationOperations(tables: Tables): InvitationOperations {
	return {
		isInvited: (hash) => isInvited(tables, hash),
		invite: (hash, name, now) => {
			const counted = tables.one<{ n: number }>('SELECT count(*) AS n FROM invitations');
			if ((counted?.n ?? 0) >= MAX_INVITATIONS) return fail('full', 'invitations');
			const made = 'INSERT INTO invitations (hash, name, made) VALUES (?, ?, ?)';
			return ok(tables.insert(made, hash, name, now));
		},
		invitations: () =>
			tables.all<Invitation>('SELECT number, name, made FROM invitations ORDER BY number'),
		revoke: (number) => ok(tables.run('DELETE FROM invitations WHERE number = ?', number) > 0),
	};
}
