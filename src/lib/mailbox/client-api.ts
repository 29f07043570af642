// What a client can ask of a relay's mailboxes, and how that can fail. [MB19] [MB20]
import type { RequestError } from './requests.ts';
import type { SigningKey } from '#lib/ports/crypto.ts';
import type { Receipt, WaitingPacket } from '#lib/protocol/mailbox.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

/**
 * Beside what the relay answers: disconnected, timeout, busy as in requests; bad-receipt: the relay answered with a
 * receipt that its key did not sign, so nothing is known.
 */
export interface MailboxError {
	readonly type:
		| RequestError['type']
		| 'bad-receipt'
		| 'malformed'
		| 'unknown-mailbox'
		| 'denied'
		| 'full'
		| 'closed'
		| 'conflict'
		| 'unknown-packet'
		| 'failed'
		| 'gone'
		| 'unknown-token'
		| 'incomplete'
		| 'quota'
		| 'uninvited'
		| 'draining';
	readonly detail: string;
	/** Milliseconds after which the relay says that it may be tried again; only where it says so. */
	readonly retryAfter?: number;
}

/**
 * no-hello: nothing in 10 s. not-a-relay: something else answered. unproven: it did not sign with the key it claims.
 * unsupported: another version. refused: full, or too much from here.
 */
export interface HelloError {
	readonly type:
		'no-hello' | 'not-a-relay' | 'unproven' | 'unsupported' | 'refused' | 'disconnected';
	readonly detail: string;
	/** As in MailboxError. */
	readonly retryAfter?: number;
}

export interface Hello {
	/** The relay's identity, 32 bytes, proven. */
	readonly relayKey: Bytes;
	/** Seconds since 1970 by the relay's clock. */
	readonly time: number;
	/** UDP port of its STUN service, 0: none. */
	readonly stunPort: number;
	/**
	 * open: everybody makes mailboxes. invited: an invitation was shown that holds. guest: none was, and one is needed; what
	 * others have made can be used.
	 */
	readonly access: 'open' | 'invited' | 'guest';
	/** It takes nothing new, and will end. */
	readonly draining: boolean;
}

export interface OpenMailbox {
	readonly writeKey: SigningKey;
	/** Public. */
	readonly ownerKey: Bytes;
	readonly tokenHashes: readonly Bytes[];
	/** A mailbox to which write access is proven first: what stands behind that stands behind this one. [MB29] */
	readonly vouchedBy?: { readonly mailbox: Bytes; readonly writeKey: SigningKey };
}

export interface PacketToStore {
	readonly packet: Bytes;
	/** Seconds, above 0. */
	readonly ttl: number;
	/** Hash whose preimage deletes it. */
	readonly deleteHash: Bytes;
	/** Recipients by token hash, at most 256; null: all. */
	readonly to: readonly Bytes[] | null;
	/** Of a bucket size. */
	readonly block: Bytes;
}

export interface LongPacketToStore extends PacketToStore {
	/** How many will be brought, from 1 to 1,024. */
	readonly chunks: number;
}

export interface ChunksThere {
	readonly chunks: number;
	/** Indices, rising. */
	readonly there: readonly number[];
	readonly committed: boolean;
}

export interface Waiting {
	readonly packets: readonly WaitingPacket[];
	/** Where to go on: the last number told, or the cursor that counted (0 when the relay has started over). */
	readonly cursor: number;
	/** There are more: subscribe again from `cursor`. */
	readonly more: boolean;
	/** Who else is connected, by token hash; empty in mailboxes of more than 32 tokens. */
	readonly connected: readonly Bytes[];
}

export type Outcome<T = void> = Promise<Result<T, MailboxError>>;

export interface MailboxClient {
	/** The relay's greeting, or why there is none (then the connection is closed). Requests wait for it by themselves. */
	readonly ready: Promise<Result<Hello, HelloError>>;
	/** `number` 0: pushed, not stored. The same packet may come more than once. */
	onPacket: ((mailbox: Bytes, number: number, packet: Bytes, block: Bytes) => void) | undefined;
	onPresence: ((mailbox: Bytes, tokenHash: Bytes, connected: boolean) => void) | undefined;
	/** The relay signed that it deleted a packet put by this connection. */
	onDeleted: ((mailbox: Bytes, packet: Bytes, receipt: Receipt) => void) | undefined;
	/** The mailbox takes nothing more, and tells nobody any longer who is there. */
	onClosed: ((mailbox: Bytes) => void) | undefined;
	/** The relay takes nothing new from now on, and ends in so many ms at the latest. */
	onDraining: ((within: number) => void) | undefined;
	/** Once, whoever ended the connection; at once when it is set after the end. */
	onClose: ((reason: string) => void) | undefined;

	/** Makes it, unless it is there, and adds the tokens; any number. */
	open(mailbox: OpenMailbox): Outcome;
	/** Adds tokens; any number. */
	add(mailbox: Bytes, writeKey: SigningKey, tokenHashes: readonly Bytes[]): Outcome;
	/** Stores; the receipt is verified. */
	put(mailbox: Bytes, writeKey: SigningKey, packet: PacketToStore): Outcome<Receipt>;
	/** Hands it to those connected, stored nowhere; returns the token hashes that it was sent to. */
	push(
		mailbox: Bytes,
		writeKey: SigningKey,
		packet: Pick<PacketToStore, 'packet' | 'to' | 'block'>,
	): Outcome<readonly Bytes[]>;
	/** Begins a packet with chunks: nobody sees it before `commit`. */
	begin(mailbox: Bytes, writeKey: SigningKey, packet: LongPacketToStore): Outcome;
	putChunk(
		mailbox: Bytes,
		writeKey: SigningKey,
		packet: Bytes,
		index: number,
		/** At most MAX_CHUNK. */
		bytes: Bytes,
	): Outcome;
	/** Which chunks are there already: to go on from. */
	chunksThere(mailbox: Bytes, writeKey: SigningKey, packet: Bytes): Outcome<ChunksThere>;
	/** Stores it, with all chunks there; the receipt is verified. */
	commit(mailbox: Bytes, writeKey: SigningKey, packet: Bytes): Outcome<Receipt>;

	/**
	 * A `token` below is the seed of its key; it is proven to the relay by itself, once for each connection.
	 *
	 * Ids of what waits after the cursor; from then on packets come by themselves through `onPacket`. */
	subscribe(mailbox: Bytes, token: Bytes, cursor: number): Outcome<Waiting>;
	/** Asks for blocks; they come through `onPacket`, and when this resolves all that still waited have. */
	fetch(mailbox: Bytes, token: Bytes, packets: readonly Bytes[]): Outcome;
	/** Everything up to the cursor, and these; any number. */
	acknowledge(mailbox: Bytes, token: Bytes, cursor: number, packets: readonly Bytes[]): Outcome;
	fetchChunk(mailbox: Bytes, token: Bytes, packet: Bytes, index: number): Outcome<Bytes>;
	/** The contents of these packets; any number. */
	acknowledgeContents(mailbox: Bytes, token: Bytes, packets: readonly Bytes[]): Outcome;
	deletePacket(
		mailbox: Bytes,
		packet: Bytes,
		by: { readonly preimage: Bytes } | { readonly ownerKey: SigningKey },
	): Outcome;
	/** The mailbox takes no further packets. */
	closeMailbox(mailbox: Bytes, ownerKey: SigningKey): Outcome;
	/** Nothing waits for the token any longer, and it does not come back. */
	removeToken(mailbox: Bytes, ownerKey: SigningKey, tokenHash: Bytes): Outcome;
	stat(
		mailbox: Bytes,
		writeKey: SigningKey,
	): Outcome<{ readonly packets: number; readonly bytes: number; readonly open: boolean }>;

	/** The network may have changed: the relay is to answer soon, or the connection ends. */
	probe(): void;
	/** Last round trip in milliseconds. */
	roundTrip(): number | undefined;
	close(reason: string): void;
}
