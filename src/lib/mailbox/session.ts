// One client's connection as its requests see it: what it shares with the others, what it has proven, what is under way,
// and how it refuses. One object of one shape, for a relay holds thousands of them: what most never need is made on first
// use, and what is done with them (access.ts, packets.ts, chunks.ts) is made once for all. [MB15] [MB16]
import type { Backlog } from './backlog.ts';
import type { MailboxLimits } from './limits.ts';
import type { Origins } from './origins.ts';
import type { Here } from './proofs.ts';
import { fullBucket, takeFrom, type Bucket, type Quotas, type Wait } from './quotas.ts';
import type { ReceiptSigner } from './receipts.ts';
import type { PresenceChange, Subscriptions } from './subscriptions.ts';
import type { FrameChannel } from '#lib/ports/channel.ts';
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
	readonly subscriptions: Subscriptions<Session>;
	readonly origins: Origins<Session>;
	readonly quotas: Quotas;
	readonly backlog: Backlog<Session>;
	/** True once nothing new is taken. */
	readonly isDraining: () => boolean;
	/** Something was not done. */
	readonly refused: (code: ErrorCode) => void;
	/** The tokens that a push reaches at the relay's other processes, where it has some. */
	readonly pushElsewhere: ((packet: PushedPacket) => Promise<readonly Bytes[]>) | undefined;
	readonly closed: (session: Session) => void;
}

/** A token that was named on this connection; it counts once it is proven. */
export interface NamedToken extends TokenOf {
	proven: boolean;
}

const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();

export class Session {
	readonly shared: Shared;
	readonly channel: FrameChannel;
	/** 32 bytes, fresh for each connection. */
	readonly challenge: Bytes;
	/** Where the client comes from: a name for quotas. */
	readonly from: string;
	state: 'new' | 'greeting' | 'served' | 'ended' = 'new';
	/** Requests that are being worked on, and the bytes of these. */
	running = 0;
	inProgress = 0;
	cancelGreeting: (() => void) | undefined = undefined;
	/** By mailbox (hex): what has to be done before its next request. */
	preparing: Map<string, Promise<void>> | undefined = undefined;
	/** By the numbers that the client gave them. */
	#tokens: Map<number, NamedToken> | undefined = undefined;
	/** Mailboxes (hex) to which write access is proven. */
	#proven: Set<string> | undefined = undefined;
	/** Hashes, by hex, of the invitations that were shown, or stand behind mailboxes to which write access is proven. */
	#invitations: Map<string, Bytes> | undefined = undefined;
	#puts: Bucket | undefined = undefined;
	#failedProofs = 0;
	#whenSettled: (() => void) | undefined = undefined;

	constructor(shared: Shared, channel: FrameChannel, challenge: Bytes, from: string) {
		this.shared = shared;
		this.channel = channel;
		this.challenge = challenge;
		this.from = from;
	}

	get here(): Here {
		return { relayKey: this.shared.relayKey.publicKey, challenge: this.challenge };
	}
	get seconds(): number {
		return Math.floor(this.shared.clock.now() / 1000);
	}

	/** False once it has ended, however. */
	alive(): boolean {
		return this.state !== 'ended';
	}
	/** Bytes that were sent to it and have not left. */
	waiting(): number {
		return this.channel.buffered();
	}
	/** Sends one frame, encoded; closes the connection when its client does not read. */
	send(frame: Bytes): void {
		if (this.state === 'ended') return;
		this.channel.send(frame);
		const { shared } = this;
		const waiting = this.channel.buffered();
		if (waiting > shared.limits.connection.sendBuffer) {
			this.close('too slow: the client does not read');
		} else {
			shared.backlog.note(this, waiting);
		}
	}
	tell(frame: RelayFrame): void {
		this.send(encodeRelayFrame(frame));
	}
	close(reason: string): void {
		if (this.state === 'ended') return;
		this.end();
		this.channel.close(reason);
	}
	/** Lets go of everything of a connection that is over. */
	end(): void {
		if (this.state === 'ended') return;
		this.state = 'ended';
		this.endGreeting();
		const { subscriptions, origins, backlog, closed } = this.shared;
		for (const change of subscriptions.remove(this)) tellPresence(change);
		origins.forget(this);
		backlog.forget(this);
		closed(this);
	}

	endGreeting(): void {
		this.cancelGreeting?.();
		this.cancelGreeting = undefined;
	}
	begin(size: number): void {
		this.running += 1;
		this.inProgress += size;
	}
	finish(size: number): void {
		this.running -= 1;
		this.inProgress -= size;
		if (this.running === 0) this.#whenSettled?.();
	}
	/** Resolves when what it has begun is finished, after its end. */
	settled(): Promise<void> {
		if (this.running === 0) return Promise.resolve();
		return new Promise((resolve) => {
			this.#whenSettled = resolve;
		});
	}

	get tokens(): ReadonlyMap<number, NamedToken> {
		return this.#tokens ?? (NOTHING as ReadonlyMap<never, never>);
	}
	nameToken(number: number, token: NamedToken): void {
		this.#tokens ??= new Map();
		this.#tokens.set(number, token);
	}
	forgetToken(number: number): void {
		this.#tokens?.delete(number);
	}
	hasProven(mailbox: Bytes): boolean {
		return this.#proven?.has(toHex(mailbox)) ?? false;
	}
	/** False when it is one too many. */
	prove(mailbox: Bytes): boolean {
		this.#proven ??= new Set();
		if (this.#proven.size >= this.shared.limits.connection.proven) return false;
		this.#proven.add(toHex(mailbox));
		return true;
	}
	get invitations(): ReadonlyMap<string, Bytes> {
		return this.#invitations ?? NOTHING;
	}
	standsBehind(invitation: Bytes): void {
		this.#invitations ??= new Map();
		if (this.#invitations.size >= this.shared.limits.connection.invitations) return;
		this.#invitations.set(toHex(invitation), invitation);
	}

	/** Counts a wrong proof, and ends the connection of somebody who keeps guessing. */
	wrongProof(): Refusal {
		this.#failedProofs += 1;
		this.shared.quotas.wrongProof(this.from);
		const most = this.shared.limits.connection.failedProofs;
		if (this.#failedProofs >= most) this.close('too many wrong proofs');
		return refuse(ERROR_CODE.denied, 'wrong proof');
	}
	/** Whether so much may be put now: counted for the connection, its address, the mailbox and the relay. [MB27] */
	charge(mailbox: Bytes, stored: number): Refusal | undefined {
		const { clock, limits, quotas } = this.shared;
		const now = clock.now();
		this.#puts ??= fullBucket(limits.connection.puts, now);
		const own = takeFrom(this.#puts, limits.connection.puts, now, 1);
		const wait = own > 0 ? own : quotas.put(this.from, toHex(mailbox), stored);
		return wait > 0 ? refuse(ERROR_CODE.quota, 'too much for now', wait) : undefined;
	}
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

export function tellPresence(change: PresenceChange<Session>): void {
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
