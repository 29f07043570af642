// The bounds of a relay, in one place: nothing that a client sends makes it grow without one of these. [MB15]
import { DAY } from '#lib/protocol/limits.ts';

export interface ConnectionLimits {
	/** Requests being worked on at once; more are answered `busy`. */
	readonly requests: number;
	readonly subscriptions: number;
	/** Mailboxes that one connection has proven write access to. */
	readonly proven: number;
	/** Wrong proofs after which a connection is closed. */
	readonly failedProofs: number;
	/** Bytes waiting for a client that does not read; beyond them it is closed. */
	readonly sendBuffer: number;
	/** Packets of which one connection hears when they are deleted; the oldest are forgotten first. */
	readonly origins: number;
}

export interface StoreLimits {
	readonly mailboxes: number;
	readonly tokensPerMailbox: number;
	readonly packetsPerMailbox: number;
	readonly bytesPerMailbox: number;
	/** Packets times recipients that wait in one mailbox. */
	readonly deliveriesPerMailbox: number;
	/** Block and chunk bytes in all mailboxes together. */
	readonly bytes: number;
	/** Packets in one mailbox whose chunks are still coming. */
	readonly unfinishedPerMailbox: number;
	/** In mailboxes with more tokens, those not seen for `tokenIdle` seconds hold nothing any longer. */
	readonly smallMailbox: number;
	readonly tokenIdle: number;
	/** Seconds after which an empty, unused mailbox is forgotten. */
	readonly idle: number;
}

export interface MailboxLimits {
	readonly connections: number;
	readonly connection: ConnectionLimits;
	readonly store: StoreLimits;
	/** Milliseconds between two looks for what has expired. */
	readonly expireEvery: number;
}

export const DEFAULT_LIMITS: MailboxLimits = {
	connections: 10_000,
	connection: {
		requests: 256,
		subscriptions: 1024,
		proven: 1024,
		failedProofs: 16,
		sendBuffer: 4 * 2 ** 20,
		origins: 4096,
	},
	store: {
		mailboxes: 200_000,
		tokensPerMailbox: 4096,
		packetsPerMailbox: 50_000,
		bytesPerMailbox: 128 * 2 ** 20,
		deliveriesPerMailbox: 1_000_000,
		bytes: 8 * 2 ** 30,
		unfinishedPerMailbox: 64,
		smallMailbox: 32,
		tokenIdle: (7 * DAY) / 1000,
		idle: (90 * DAY) / 1000,
	},
	expireEvery: 60_000,
};
