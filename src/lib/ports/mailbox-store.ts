// Where a relay keeps its mailboxes. Every write resolves only after it is durable; an unknown outcome is an error.
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

export interface StoredMailbox {
	readonly mailbox: Bytes;
	readonly writeKey: Bytes;
	readonly ownerKey: Bytes;
	/** Default time to live of its packets, in seconds. */
	readonly ttl: number;
	readonly open: boolean;
	readonly tokenHashes: readonly Bytes[];
	/** The last number that a packet was given; grows only, even when a mailbox is forgotten and opened again. */
	readonly highest: number;
}

/** What a client says when it opens one. */
export type NewMailbox = Omit<StoredMailbox, 'open' | 'highest'>;

export interface StoredPacket {
	readonly number: number;
	readonly packet: Bytes;
	readonly size: number;
	/** Seconds since 1970. */
	readonly expiry: number;
}

/**
 * conflict: the id is taken with other keys. unknown-token: a recipient is not of this mailbox; nothing was kept. unknown-mailbox, closed, full: as said; full means nothing was kept and
 * nothing evicted. gone: the packet was already acknowledged by all or deleted; it is not kept again.
 */
export interface MailboxStoreError {
	readonly type:
		'conflict' | 'unknown-mailbox' | 'unknown-token' | 'closed' | 'full' | 'gone' | 'failed';
	readonly detail: string;
}

export interface PutPacket {
	readonly mailbox: Bytes;
	readonly packet: Bytes;
	readonly deleteHash: Bytes;
	readonly expiry: number;
	/** Recipients by token hash; null: every token of the mailbox at this moment. */
	readonly to: readonly Bytes[] | null;
	readonly block: Bytes;
}

export interface MailboxStore {
	/** Idempotent: the same keys again change nothing, not even the tokens. */
	open(mailbox: NewMailbox): Promise<Result<void, MailboxStoreError>>;
	mailbox(mailbox: Bytes): Promise<StoredMailbox | undefined>;
	addTokens(
		mailbox: Bytes,
		tokenHashes: readonly Bytes[],
	): Promise<Result<void, MailboxStoreError>>;
	/** Idempotent by packet id: a second put returns the first's number and expiry and is not fresh. */
	put(
		packet: PutPacket,
	): Promise<Result<StoredPacket & { readonly fresh: boolean }, MailboxStoreError>>;
	/** What waits for this token after the cursor, in order of number; at most `limit`. A cursor above `highest` is 0. */
	waiting(
		mailbox: Bytes,
		tokenHash: Bytes,
		cursor: number,
		limit: number,
	): Promise<readonly StoredPacket[]>;
	/** Blocks of those of these packets that still wait for this token. */
	fetch(
		mailbox: Bytes,
		tokenHash: Bytes,
		packets: readonly Bytes[],
	): Promise<readonly (StoredPacket & { readonly block: Bytes })[]>;
	/** Acknowledges; returns the ids of packets that nobody waits for any longer, now deleted. A cursor above `highest` is 0. */
	acknowledge(
		mailbox: Bytes,
		tokenHash: Bytes,
		cursor: number,
		packets: readonly Bytes[],
	): Promise<Result<readonly Bytes[], MailboxStoreError>>;
	/** The hash whose preimage deletes it; undefined when it is not (or no longer) there. */
	deleteHash(mailbox: Bytes, packet: Bytes): Promise<Bytes | undefined>;
	/** Deletes and remembers the id, so that a late retry does not revive it. */
	delete(mailbox: Bytes, packet: Bytes): Promise<Result<boolean, MailboxStoreError>>;
	/** No further puts; what waits stays until acknowledged or expired. */
	close(mailbox: Bytes): Promise<Result<void, MailboxStoreError>>;
	status(mailbox: Bytes): Promise<{ readonly packets: number; readonly bytes: number }>;
	/**
	 * Deletes what has expired by `now` (seconds), without remembering it: whoever still keeps it may put it again.
	 * Forgets mailboxes that have long been empty and unused. Returns how many packets went.
	 */
	expire(now: number): Promise<number>;
	shutdown(): Promise<void>;
}
