// What both stores say and count alike.
import type { MailboxStoreError, StoredPacket } from '#lib/ports/mailbox-store.ts';
import { err, type Result } from '#lib/util/result.ts';

/** What a token is to its mailbox: one that packets are held for, one that none are held for any more, one that is gone. */
export const LIVE = 0;
export const IDLE = 1;
export const REMOVED = 2;

/** The books of a mailbox. */
export interface Books {
	highest: number;
	packets: number;
	bytes: number;
	deliveries: number;
	unfinished: number;
	idle_since: number;
}

export const fail = (
	type: MailboxStoreError['type'],
	detail: string,
): Result<never, MailboxStoreError> => err({ type, detail });
export const unknownMailbox = (): Result<never, MailboxStoreError> =>
	fail('unknown-mailbox', 'no such mailbox');

/** A packet's row, less what only the store knows of it. */
export const publicOf = ({ number, packet, size, expiry }: StoredPacket): StoredPacket => ({
	number,
	packet,
	size,
	expiry,
});
