// The bounds of a relay, in one place: nothing that a client sends makes it grow without one of these. [MB15]
import { DAY } from '#lib/protocol/limits.ts';

export interface ConnectionLimits {
	/** Requests being worked on at once; more are answered `busy`. */
	readonly requests: number;
	/** Bytes of these; the frames are in memory meanwhile. */
	readonly inProgress: number;
	readonly subscriptions: number;
	/** Tokens that one connection has proven. */
	readonly tokens: number;
	/** Mailboxes that one connection has proven write access to. */
	readonly proven: number;
	/** Invitations that stand behind what one connection makes. */
	readonly invitations: number;
	/** Wrong proofs after which a connection is closed. */
	readonly failedProofs: number;
	/** Bytes waiting for a client that does not read; beyond them it is closed. */
	readonly sendBuffer: number;
	/** Packets of which one connection hears when they are deleted; the oldest are forgotten first. */
	readonly origins: number;
	/** Packets, chunks and pushes put. */
	readonly puts: Rate;
	/** Milliseconds in which a client has to greet. */
	readonly greeting: number;
}

/** A token bucket: so much at once, refilled so fast. */
export interface Rate {
	readonly burst: number;
	readonly perSecond: number;
}

/** What counts together, whoever asks: how much comes from one address, into one mailbox, and in all. [MB27] */
export interface QuotaLimits {
	readonly address: {
		/** At once; over that, seconds after which it may be tried again. */
		readonly connections: number;
		readonly retryConnection: number;
		readonly connects: Rate;
		/** Mailboxes that did not exist before. */
		readonly opens: Rate;
		readonly puts: Rate;
		/** Bytes of blocks and chunks kept. */
		readonly bytes: Rate;
		readonly wrongProofs: Rate;
	};
	readonly mailbox: { readonly puts: Rate };
	readonly relay: { readonly puts: Rate; readonly opens: Rate };
	/** Addresses, and mailboxes, whose buckets are remembered. */
	readonly remembered: number;
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
	/** Bytes waiting for all clients together; beyond them the slowest are closed. */
	readonly sendBuffers: number;
	readonly connection: ConnectionLimits;
	readonly store: StoreLimits;
	readonly quotas: QuotaLimits;
	/** Milliseconds between two times that the tokens of those connected are noted as seen. */
	readonly seenEvery: number;
	/** Milliseconds between two looks for what has expired. */
	readonly expireEvery: number;
}

export const DEFAULT_LIMITS: MailboxLimits = {
	connections: 10_000,
	sendBuffers: 256 * 2 ** 20,
	connection: {
		requests: 256,
		inProgress: 2 ** 20,
		subscriptions: 1024,
		tokens: 1024,
		proven: 1024,
		invitations: 16,
		failedProofs: 16,
		sendBuffer: 2 ** 20,
		origins: 4096,
		puts: { burst: 4000, perSecond: 100 },
		greeting: 10_000,
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
	quotas: {
		address: {
			connections: 256,
			retryConnection: 30,
			connects: { burst: 500, perSecond: 5 },
			opens: { burst: 4000, perSecond: 1 },
			puts: { burst: 10_000, perSecond: 200 },
			bytes: { burst: 2 ** 30, perSecond: 2 ** 30 / 86_400 },
			wrongProofs: { burst: 64, perSecond: 0.1 },
		},
		mailbox: { puts: { burst: 10_000, perSecond: 200 } },
		relay: {
			puts: { burst: 50_000, perSecond: 5000 },
			opens: { burst: 20_000, perSecond: 100 },
		},
		remembered: 50_000,
	},
	seenEvery: 3_600_000,
	expireEvery: 60_000,
};
