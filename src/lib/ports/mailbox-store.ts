// Where a relay keeps its mailboxes. Every write resolves only after it is durable; an unknown outcome is an error.
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

/** What a client says when it opens one. */
export interface NewMailbox {
	readonly mailbox: Bytes;
	readonly writeKey: Bytes;
	readonly ownerKey: Bytes;
	/** Hashes of invitations of which one has to hold if the mailbox isn't there yet; absent: none is needed. */
	readonly invitations?: readonly Bytes[];
}

export interface StoredMailbox {
	readonly mailbox: Bytes;
	readonly writeKey: Bytes;
	readonly ownerKey: Bytes;
	/** Hash of the invitation that stands behind it, whether it still holds or not. */
	readonly invitation: Bytes | null;
	readonly open: boolean;
	/** How many tokens it has. */
	readonly tokens: number;
	/** The last number that a packet was given; grows only, even when a mailbox is forgotten and opened again. */
	readonly highest: number;
}

export interface StoredPacket {
	readonly number: number;
	readonly packet: Bytes;
	/** Of the header block, in bytes. */
	readonly size: number;
	/** Seconds since 1970. */
	readonly expiry: number;
}

/**
 * conflict: the id is taken with other keys, or by a packet with other chunks. unknown-token: a recipient is not (or no
 * longer) of this mailbox, or none is left; nothing was kept. unknown-mailbox, unknown-packet, closed, full: as said; full
 * means nothing was kept and nothing evicted. gone: the packet was already acknowledged by all or deleted; it is not kept
 * again. incomplete: chunks are missing. uninvited: none of the invitations holds. draining: the relay takes nothing new.
 */
export interface MailboxStoreError {
	readonly type:
		| 'conflict'
		| 'unknown-mailbox'
		| 'unknown-token'
		| 'unknown-packet'
		| 'incomplete'
		| 'closed'
		| 'full'
		| 'gone'
		| 'uninvited'
		| 'draining'
		| 'failed';
	readonly detail: string;
}

export interface PutPacket {
	readonly mailbox: Bytes;
	readonly packet: Bytes;
	readonly deleteHash: Bytes;
	readonly expiry: number;
	/** Recipients by token hash; null: every token of the mailbox that is not idle, at this moment. */
	readonly to: readonly Bytes[] | null;
	readonly block: Bytes;
}

/** Where a packet stands that was put, or had been put before. */
export interface PlacedPacket extends Omit<StoredPacket, 'packet'> {
	readonly fresh: boolean;
}

/** A packet whose content follows in chunks; nobody sees it before its commit. */
export interface LongPacket extends PutPacket {
	/** How many, at least 1. */
	readonly chunks: number;
	/** Seconds since 1970 when it is given up if it was not committed. */
	readonly until: number;
}

export interface ChunksKept {
	readonly chunks: number;
	/** Indices, rising. */
	readonly there: readonly number[];
	readonly committed: boolean;
}

export interface CommittedPacket extends StoredPacket {
	/** False when it had been committed before. */
	readonly fresh: boolean;
	/** Token hashes as they were named when it was begun; null: all. */
	readonly to: readonly Bytes[] | null;
	readonly block: Bytes;
}

export interface TokenOf {
	readonly mailbox: Bytes;
	readonly tokenHash: Bytes;
}

type Stored<T = void> = Promise<Result<T, MailboxStoreError>>;

export interface MailboxStore {
	/** Idempotent: the same keys again change nothing and are not fresh. */
	open(mailbox: NewMailbox): Stored<{ readonly fresh: boolean }>;
	mailbox(mailbox: Bytes): Promise<StoredMailbox | undefined>;
	/** Whether there is an invitation with this hash that was not revoked. */
	isInvited(invitation: Bytes): Promise<boolean>;
	/** No further puts, chunks and tokens; what waits stays until acknowledged or expired. */
	close(mailbox: Bytes): Stored;
	/** Everything that is kept, chunks included. */
	status(mailbox: Bytes): Promise<{ readonly packets: number; readonly bytes: number }>;

	/** For packets put from then on; counts as seen at `now` (seconds). Those that were removed stay so. Returns how many there are. */
	addTokens(mailbox: Bytes, tokenHashes: readonly Bytes[], now: number): Stored<number>;
	hasToken(mailbox: Bytes, tokenHash: Bytes): Promise<boolean>;
	/** For good: nothing waits for it any longer. Returns the ids of packets that nobody else waits for, now deleted. */
	removeToken(mailbox: Bytes, tokenHash: Bytes): Stored<readonly Bytes[]>;
	/** Their devices are there: they are idle no longer. Unknown ones are passed over. */
	seen(tokens: readonly TokenOf[], now: number): Promise<void>;

	/** Idempotent by packet id: a second put returns the first's number and expiry and is not fresh. */
	put(packet: PutPacket): Stored<PlacedPacket>;
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
	/**
	 * Acknowledges blocks; returns the ids of packets of which nobody waits for anything any longer, now deleted. A cursor
	 * above `highest` is 0.
	 */
	acknowledge(
		mailbox: Bytes,
		tokenHash: Bytes,
		cursor: number,
		packets: readonly Bytes[],
	): Stored<readonly Bytes[]>;
	/** The hash whose preimage deletes it; undefined when it is not (or no longer) there. */
	deleteHash(mailbox: Bytes, packet: Bytes): Promise<Bytes | undefined>;
	/** Deletes with all chunks and remembers the id, so that a late retry does not revive it. */
	delete(mailbox: Bytes, packet: Bytes): Stored<boolean>;

	/** Idempotent by packet id and number of chunks, also when it is committed already. */
	begin(packet: LongPacket): Stored;
	/** Idempotent by index: the first one stays. */
	putChunk(mailbox: Bytes, packet: Bytes, index: number, bytes: Bytes): Stored;
	/** Which chunks are there; undefined when there is no such packet, or it has none. */
	chunks(mailbox: Bytes, packet: Bytes): Promise<ChunksKept | undefined>;
	/** Makes a packet visible, all of whose chunks are there. */
	commit(mailbox: Bytes, packet: Bytes): Stored<CommittedPacket>;
	/** A chunk of a committed packet whose content still waits for this token. */
	fetchChunk(
		mailbox: Bytes,
		tokenHash: Bytes,
		packet: Bytes,
		index: number,
	): Promise<Bytes | undefined>;
	/** As acknowledge, for contents. */
	acknowledgeContents(
		mailbox: Bytes,
		tokenHash: Bytes,
		packets: readonly Bytes[],
	): Stored<readonly Bytes[]>;

	/**
	 * Deletes what has expired by `now` (seconds), without remembering it: whoever still keeps it may put it again. In large
	 * mailboxes, tokens that were not seen for long become idle: nothing waits for them any longer. Forgets mailboxes that
	 * have long been empty and unused. Returns how many packets went.
	 */
	expire(now: number): Promise<number>;
	shutdown(): Promise<void>;
}
