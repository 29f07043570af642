// The relay's mailboxes: serves any number of client connections over one store. Pure of sockets and files, so that a
// relay process and a simulated relay run the same code. [MB2]…[MB18]; what a request does is in connection.ts.
import { createConnection, tellDeleted, type Connection, type Shared } from './connection.ts';
import type { MailboxLimits } from './limits.ts';
import { joinNeighbours } from './neighbourhood.ts';
import { createOrigins } from './origins.ts';
import { createReceiptSigner } from './receipts.ts';
import { createSubscriptions } from './subscriptions.ts';
import type { FrameChannel } from '#lib/ports/channel.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { CryptoProvider, SigningKey } from '#lib/ports/crypto.ts';
import type { MailboxStore } from '#lib/ports/mailbox-store.ts';
import type { Neighbours } from '#lib/ports/neighbours.ts';
import type { Random } from '#lib/ports/random.ts';
import { MAX_PRESENCE } from '#lib/protocol/mailbox.ts';

export interface MailboxMachineParts {
	readonly store: MailboxStore;
	readonly crypto: CryptoProvider;
	readonly clock: Clock;
	readonly random: Random;
	/** The relay's identity; signs receipts. */
	readonly relayKey: SigningKey;
	/** UDP port of the relay's STUN service; 0: none. */
	readonly stunPort: number;
	readonly limits: MailboxLimits;
	/** The other processes on the same store; none where it has but one. */
	readonly neighbours?: Neighbours | undefined;
}

export interface MailboxMachine {
	/** Serves one client until its channel closes. */
	connect(channel: FrameChannel): void;
	/** Connections served now. */
	connections(): number;
	/** Closes every connection and waits for what they have begun; the store stays open. */
	shutdown(reason?: string): Promise<void>;
}

export function createMailboxMachine(parts: MailboxMachineParts): MailboxMachine {
	const { crypto, clock, random, relayKey, stunPort, limits, neighbours } = parts;
	const connections = new Set<Connection>();
	const settling = new Set<Promise<void>>();
	let stopped = false;

	const receipts = createReceiptSigner(crypto, relayKey);
	const here = {
		store: parts.store,
		subscriptions: createSubscriptions<Connection>(MAX_PRESENCE),
		origins: createOrigins<Connection>(limits.connection.origins),
	};
	const joined =
		neighbours &&
		joinNeighbours({
			...here,
			neighbours,
			clock,
			maxPresence: MAX_PRESENCE,
			deleted: (mailbox, packet) => void tellDeleted(here.origins, receipts, mailbox, packet),
		});
	const { store, subscriptions, origins } = joined ?? here;

	const shared: Shared = {
		store,
		crypto,
		clock,
		limits,
		relayKey: relayKey.publicKey,
		stunPort,
		receipts,
		subscriptions,
		origins,
		pushElsewhere: joined?.pushElsewhere,
		closed: (connection) => {
			connections.delete(connection);
			const settled = connection.settled();
			settling.add(settled);
			void settled.finally(() => settling.delete(settled));
		},
	};

	let cancelExpiry = (): void => undefined;
	const expireLater = (): void => {
		cancelExpiry = clock.after(limits.expireEvery, () => {
			const look = store
				.expire(Math.floor(clock.now() / 1000))
				// A store that can't be written to says so to every request; the next look may succeed.
				.catch(() => 0)
				.then(() => {
					if (!stopped) expireLater();
				})
				.finally(() => settling.delete(look));
			settling.add(look);
		});
	};
	expireLater();

	return {
		connect: (channel) => {
			if (stopped || connections.size >= limits.connections) {
				channel.close(stopped ? 'the relay is shutting down' : 'the relay is full');
				return;
			}
			const connection = createConnection(shared, channel, random.bytes(32));
			if (connection.alive()) connections.add(connection);
		},
		connections: () => connections.size,
		shutdown: async (reason = 'the relay is shutting down') => {
			stopped = true;
			cancelExpiry();
			joined?.end();
			for (const connection of [...connections]) connection.close(reason);
			await Promise.allSettled([...settling]);
		},
	};
}
