// The relay's mailboxes: serves any number of client connections over one store. Pure of sockets and files, so that a
// relay process and a simulated relay run the same code. [MB2]…[MB31]; what a connection does is in connection.ts.
import { createBacklog } from './backlog.ts';
import { createServing } from './connection.ts';
import type { MailboxLimits } from './limits.ts';
import { joinNeighbours } from './neighbourhood.ts';
import { createOrigins } from './origins.ts';
import { createQuotas } from './quotas.ts';
import { createReceiptSigner } from './receipts.ts';
import { tellDeleted, type Session, type Shared } from './session.ts';
import { createSubscriptions } from './subscriptions.ts';
import type { FrameChannel } from '#lib/ports/channel.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { CryptoProvider, SigningKey } from '#lib/ports/crypto.ts';
import type { MailboxStore } from '#lib/ports/mailbox-store.ts';
import type { Neighbours } from '#lib/ports/neighbours.ts';
import type { Random } from '#lib/ports/random.ts';
import {
	encodeRelayFrame,
	ERROR_CODE,
	MAX_PRESENCE,
	type ErrorCode,
} from '#lib/protocol/mailbox.ts';

/** Tokens noted as seen in one operation of the store. */
const SEEN_STEP = 500;

export interface MailboxMachineParts {
	readonly store: MailboxStore;
	readonly crypto: CryptoProvider;
	readonly clock: Clock;
	readonly random: Random;
	/** The relay's identity; signs greetings and receipts. */
	readonly relayKey: SigningKey;
	/** UDP port of the relay's STUN service; 0: none. */
	readonly stunPort: number;
	/** Mailboxes are made only where an invitation of the operator's stands behind them; else by everybody. */
	readonly invitedOnly?: boolean;
	readonly limits: MailboxLimits;
	/** The other processes on the same store; none where it has but one. */
	readonly neighbours?: Neighbours | undefined;
	/** Hears of whatever is refused. */
	readonly refused?: (code: ErrorCode) => void;
}

export interface MailboxMachine {
	/** Serves one client until its channel closes. `from`: where it comes from, a name that quotas are counted by. */
	connect(channel: FrameChannel, from: string): void;
	/** Connections served now. */
	connections(): number;
	/** Tells all clients, and those that come, that nothing new is taken: the relay ends in so many ms. The store refuses. */
	drain(within: number): void;
	/** Closes every connection and waits for what they have begun; the store stays open. */
	shutdown(reason?: string): Promise<void>;
}

export function createMailboxMachine(parts: MailboxMachineParts): MailboxMachine {
	const {
		crypto,
		clock,
		random,
		relayKey,
		stunPort,
		limits,
		neighbours,
		invitedOnly = false,
		refused = () => undefined,
	} = parts;
	const quotas = createQuotas(clock, limits.quotas);
	const connections = new Set<Session>();
	const settling = new Set<Promise<void>>();
	let stopped = false;
	let draining = false;

	const receipts = createReceiptSigner(crypto, relayKey);
	const here = {
		store: parts.store,
		subscriptions: createSubscriptions<Session>(MAX_PRESENCE),
		origins: createOrigins<Session>(limits.connection.origins),
	};
	const joined =
		neighbours &&
		joinNeighbours({
			...here,
			neighbours,
			clock,
			maxPresence: MAX_PRESENCE,
			deleted: (mailbox, packet) =>
				void tellDeleted({ origins: here.origins, receipts }, mailbox, [packet]),
		});
	const { store, subscriptions, origins } = joined ?? here;

	const shared: Shared = {
		store,
		crypto,
		clock,
		limits,
		relayKey,
		stunPort,
		invitedOnly,
		quotas,
		backlog: createBacklog(() => limits.sendBuffers),
		isDraining: () => draining,
		refused,
		receipts,
		subscriptions,
		origins,
		pushElsewhere: joined?.pushElsewhere,
		closed: (connection) => {
			if (connections.delete(connection)) quotas.left(connection.from);
			if (connection.running === 0) return;
			const settled = connection.settled();
			settling.add(settled);
			void settled.finally(() => settling.delete(settled));
		},
	};

	const serve = createServing(shared);

	/** Does it again and again, that long after it was done. */
	const every = (ms: number, work: () => Promise<unknown>): (() => void) => {
		let cancel = (): void => undefined;
		const later = (): void => {
			cancel = clock.after(ms, () => {
				const look = work()
					// A store that can't be written to says so to every request; the next look may succeed.
					.catch(() => undefined)
					.then(() => {
						if (!stopped) later();
					})
					.finally(() => settling.delete(look));
				settling.add(look);
			});
		};
		later();
		return () => {
			cancel();
		};
	};
	const seconds = (): number => Math.floor(clock.now() / 1000);
	const noteSeen = async (): Promise<void> => {
		const seen = shared.subscriptions.inLarge(limits.store.smallMailbox);
		for (let at = 0; at < seen.length; at += SEEN_STEP) {
			await store.seen(seen.slice(at, at + SEEN_STEP), seconds());
		}
	};
	const cancelExpiry = every(limits.expireEvery, () => store.expire(seconds()));
	const cancelSeen = every(limits.seenEvery, noteSeen);

	/** One frame that says why, and the end. */
	const turnAway = (channel: FrameChannel, code: ErrorCode, wait: number, words: string): void => {
		refused(code);
		channel.send(encodeRelayFrame({ type: 'error', request: 0, code, retryAfter: wait, words }));
		channel.close(words);
	};

	return {
		connect: (channel, from) => {
			if (stopped) {
				channel.close('the relay is shutting down');
				return;
			}
			if (connections.size >= limits.connections) {
				turnAway(
					channel,
					ERROR_CODE.busy,
					limits.quotas.address.retryConnection,
					'the relay is full',
				);
				return;
			}
			const wait = quotas.came(from);
			if (wait > 0) {
				turnAway(channel, ERROR_CODE.quota, wait, 'too many connections from there');
				return;
			}
			const connection = serve(channel, random.bytes(32), from);
			if (connection.alive()) connections.add(connection);
			else quotas.left(from);
		},
		connections: () => connections.size,
		drain: (within) => {
			draining = true;
			const frame = encodeRelayFrame({ type: 'draining', within: Math.ceil(within / 1000) });
			for (const connection of [...connections]) connection.send(frame);
		},
		shutdown: async (reason = 'the relay is shutting down') => {
			stopped = true;
			cancelExpiry();
			cancelSeen();
			joined?.end();
			for (const connection of [...connections]) connection.close(reason);
			await Promise.allSettled([...settling]);
		},
	};
}
