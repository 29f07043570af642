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
		| 'unknown-token';
	readonly detail: string;
}

/** no-hello: nothing in 10 s. not-a-relay: something else answered. unsupported: another version. */
export interface HelloError {
	readonly type: 'no-hello' | 'not-a-relay' | 'unsupported' | 'disconnected';
	readonly detail: string;
}

export interface Hello {
	/** The relay's identity, 32 bytes: what it claims; its receipts prove it. */
	readonly relayKey: Bytes;
	/** Seconds since 1970 by the relay's clock. */
	readonly time: number;
	/** UDP port of its STUN service, 0: none. */
	readonly stunPort: number;
}

export interface OpenMailbox {
	readonly mailbox: Bytes;
	readonly writeKey: SigningKey;
	/** Public. */
	readonly ownerKey: Bytes;
	readonly tokenHashes: readonly Bytes[];
	/** Seconds. */
	readonly ttl: number;
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
	/** Once, whoever ended the connection; at once when it is set after the end. */
	onClose: ((reason: string) => void) | undefined;

	/** Idempotent for the same keys, but then adds no tokens. Any number of tokens. */
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
	/** Ids of what waits after the cursor; from then on packets come by themselves through `onPacket`. */
	subscribe(mailbox: Bytes, token: Bytes, cursor: number): Outcome<Waiting>;
	/** Asks for blocks; they come through `onPacket`, and when this resolves all that still waited have. */
	fetch(mailbox: Bytes, token: Bytes, packets: readonly Bytes[]): Outcome;
	/** Everything up to the cursor, and these; any number. */
	acknowledge(mailbox: Bytes, token: Bytes, cursor: number, packets: readonly Bytes[]): Outcome;
	deletePacket(
		mailbox: Bytes,
		packet: Bytes,
		by: { readonly preimage: Bytes } | { readonly ownerKey: SigningKey },
	): Outcome;
	/** The mailbox takes no further packets. */
	closeMailbox(mailbox: Bytes, ownerKey: SigningKey): Outcome;
	stat(
		mailbox: Bytes,
		writeKey: SigningKey,
	): Outcome<{ readonly packets: number; readonly bytes: number; readonly open: boolean }>;

	/** Hash by which relays and members name a token. */
	tokenHash(token: Bytes): Bytes;
	/** Last round trip in milliseconds. */
	roundTrip(): number | undefined;
	close(reason: string): void;
}
