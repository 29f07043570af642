// The invitations of a relay's operator: who shows one may make mailboxes where not everybody may. Only hashes are kept. [MB29]
import type { MailboxStoreError } from './mailbox-store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

export interface Invitation {
	/** Never given twice. */
	readonly number: number;
	/** What the operator calls it; may be empty. */
	readonly name: string;
	/** Seconds since 1970. */
	readonly made: number;
}

/** How many there are at most. */
export const MAX_INVITATIONS = 10_000;

export interface Invitations {
	/** Returns its number; `full` beyond MAX_INVITATIONS. */
	invite(hash: Bytes, name: string, now: number): Promise<Result<number, MailboxStoreError>>;
	/** Those that hold, oldest first. */
	invitations(): Promise<readonly Invitation[]>;
	/** It holds no longer, from this moment on; false where there is none of this number. */
	revoke(number: number): Promise<Result<boolean, MailboxStoreError>>;
}
