// What the requests on one connection work with: what it shares with the others, what it has proven, and how it refuses.
import type { Backlog } from './backlog.ts';
import type { MailboxLimits } from './limits.ts';
import type { Origins } from './origins.ts';
import type { Here } from './proofs.ts';
import type { Buckets, Quotas, Wait } from './quotas.ts';
import type { ReceiptSigner } from './receipts.ts';
import type { PresenceChange, Subscriptions } from './subscriptions.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { CryptoProvider, SigningKey } from '#lib/ports/crypto.ts';
import type { MailboxStore, MailboxStoreError, TokenOf } from '#lib/ports/mailbox-store.ts';
import type { PushedPacket } from '#lib/ports/neighbours.ts';
import {
	encodeRelayFrame,
	ERROR_CODE,
	type ClientFrame,
	type ErrorCode,
	type RelayFrame,
} from '#lib/protocol/mailbox.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

/** What all connections of a relay share. */
export interface Shared {
	readonly store: MailboxStore;
	readonly crypto: CryptoProvider;
	readonly clock: Clock;
	readonly limits: MailboxLimits;
	readonly relayKey: SigningKey;
	readonly stunPort: number;
	/** Mailboxes are made only where an invitation stands behind them. */
	readonly invitedOnly: boolean;
	readonly receipts: ReceiptSigner;
	readonly subscriptions: Subscriptions<Connection>;
	readonly origins: Origins<Connection>;
	readonly quotas: Quotas;
	readonly backlog: Backlog<Connection>;
	/** True once nothing new is taken. */
	readonly isDraining: () => boolean;
	/** Something was not done. */
	readonly refused: (code: ErrorCode) => void;
	/** The tokens that a push reaches at the relay's other processes, where it has some. */
	readonly pushElsewhere: ((packet: PushedPacket) => Promise<readonly Bytes[]>) | undefined;
	readonly closed: (connection: Connection) => void;
}

export interface Connection {
	/** Sends one frame, encoded; closes the connection when its client does not read. */
	send(frame: Bytes): void;
	close(reason: string): void;
	/** Bytes that were sent to it and have not left. */
	waiting(): number;
	/** False once it has ended, however. */
	alive(): boolean;
	/** Resolves when what it has begun is finished. */
	settled(): Promise<void>;
}

/** A token that was named on this connection; it counts once it is proven. */
export interface NamedToken extends TokenOf {
	proven: boolean;
}

export interface Session {
	readonly shared: Shared;
	readonly self: Connection;
	/** Where the client comes from: a name for quotas. */
	readonly from: string;
	readonly here: Here;
	/** Mailboxes (hex) to which write access is proven. */
	readonly proven: Set<string>;
	/** By the numbers that the client gave them. */
	readonly tokens: Map<number, NamedToken>;
	/** Hashes, by hex, of the invitations that were shown, or stand behind mailboxes to which write access is proven. */
	readonly invitations: Map<string, Bytes>;
	readonly puts: Buckets;
	seconds(): number;
	tell(frame: RelayFrame): void;
	/** Counts a wrong proof, and ends the connection of somebody who keeps guessing. */
	wrongProof(): Refusal;
}

export type Request<T extends ClientFrame['type']> = Extract<ClientFrame, { type: T }>;

export interface Refusal {
	readonly type: 'refusal';
	readonly code: ErrorCode;
	/** Seconds; 0: not told. */
	readonly retryAfter: number;
	readonly words: string;
}
export type Answer = RelayFrame | Refusal;

export const refuse = (code: ErrorCode, words: string, retryAfter = 0): Refusal => ({
	type: 'refusal',
	code,
	retryAfter,
	words,
});

const STORE_CODE: Record<MailboxStoreError['type'], ErrorCode> = {
	conflict: ERROR_CODE.conflict,
	'unknown-mailbox': ERROR_CODE.unknownMailbox,
	'unknown-token': ERROR_CODE.unknownToken,
	'unknown-packet': ERROR_CODE.unknownPacket,
	incomplete: ERROR_CODE.incomplete,
	closed: ERROR_CODE.closed,
	full: ERROR_CODE.full,
	gone: ERROR_CODE.gone,
	uninvited: ERROR_CODE.uninvited,
	draining: ERROR_CODE.draining,
	failed: ERROR_CODE.failed,
};

export const refuseFor = (error: MailboxStoreError): Refusal =>
	refuse(STORE_CODE[error.type], error.type === 'failed' ? 'the store failed' : error.detail);
export const unknownMailbox = refuse(ERROR_CODE.unknownMailbox, 'no such mailbox');
export const unknownToken = refuse(ERROR_CODE.unknownToken, 'not a token of this mailbox');
export const denied = refuse(ERROR_CODE.denied, 'no write access');
export const tooMuch = (wait: Wait): Refusal => refuse(ERROR_CODE.quota, 'too much for now', wait);

export const done = (request: number): RelayFrame => ({ type: 'done', request });

/** Whether so much may be put now: counted for the connection, its address, the mailbox and the relay. [MB27] */
export function charge(
	{ shared, puts, from }: Session,
	mailbox: Bytes,
	stored: number,
): Refusal | undefined {
	const own = puts.take('', 1);
	const wait = own > 0 ? own : shared.quotas.put(from, toHex(mailbox), stored);
	return wait > 0 ? tooMuch(wait) : undefined;
}

export function tellPresence(change: PresenceChange<Connection>): void {
	if (change.others.length === 0) return;
	const { mailbox, tokenHash, connected } = change;
	const frame = encodeRelayFrame({ type: 'presence', mailbox, tokenHash, connected });
	for (const other of change.others) other.send(frame);
}

/** Tells the connections that put these packets that they are deleted. [MB10] */
export async function tellDeleted(
	{ origins, receipts }: Pick<Shared, 'origins' | 'receipts'>,
	mailbox: Bytes,
	packets: readonly Bytes[],
): Promise<void> {
	await Promise.all(
		packets.map(async (packet) => {
			const origin = origins.take(mailbox, packet);
			if (origin === undefined) return;
			const receipt = await receipts.sign(mailbox, packet, 0);
			origin.send(encodeRelayFrame({ type: 'deleted', mailbox, packet, receipt }));
		}),
	);
}
