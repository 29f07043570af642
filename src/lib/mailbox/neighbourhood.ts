// A relay of several processes that is one relay to its clients: store, subscriptions and origins as a machine knows
// them, with what the other processes have added. Without neighbours all of this is left out. [MB7] [MB8] [MB9] [MB10] [RS7]
import { createElsewhere } from './elsewhere.ts';
import { createFollowing } from './following.ts';
import type { Origins } from './origins.ts';
import { HIDDEN, type PresenceChange, type Subscriptions } from './subscriptions.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { MailboxStore } from '#lib/ports/mailbox-store.ts';
import type { Neighbours, PushedPacket } from '#lib/ports/neighbours.ts';
import { encodeRelayFrame } from '#lib/protocol/mailbox.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

interface Subscriber {
	send(frame: Bytes): void;
}

export interface Neighbourhood<S extends object> {
	readonly store: MailboxStore;
	readonly subscriptions: Subscriptions<S>;
	readonly origins: Origins<S>;
	/** The tokens that a push reaches at other processes. */
	pushElsewhere(packet: PushedPacket): Promise<readonly Bytes[]>;
	end(): void;
}

export interface NeighbourhoodParts<S extends object> {
	readonly neighbours: Neighbours;
	readonly store: MailboxStore;
	readonly subscriptions: Subscriptions<S>;
	readonly origins: Origins<S>;
	readonly clock: Clock;
	/** In mailboxes with more tokens nobody is told who is connected. */
	readonly maxPresence: number;
	/** Tells whoever put this packet that it is deleted. */
	readonly deleted: (mailbox: Bytes, packet: Bytes) => void;
}

/** Milliseconds between two looks into the store, and mailboxes in each: for hints that were lost. */
const LOOK_EVERY = 1000;
const LOOK_AT = 1000;

export function joinNeighbours<S extends Subscriber>(
	parts: NeighbourhoodParts<S>,
): Neighbourhood<S> {
	const { neighbours, store, subscriptions: here, origins, clock, maxPresence } = parts;
	const elsewhere = createElsewhere(maxPresence);
	/** Of mailboxes with somebody connected here: their size, and the tokens. */
	const live = new Map<
		string,
		{ readonly id: Bytes; size: number; readonly tokens: Map<string, Bytes> }
	>();
	let ended = false;
	let cancel = (): void => undefined;

	const push = (packet: PushedPacket, number: number): readonly Bytes[] => {
		const { mailbox, packet: id, block } = packet;
		const { subscribers, tokenHashes } = here.reach(mailbox, packet.to, undefined);
		if (subscribers.size > 0) {
			const frame = encodeRelayFrame({ type: 'packet', mailbox, number, packet: id, block });
			for (const subscriber of subscribers) subscriber.send(frame);
		}
		return tokenHashes;
	};
	const following = createFollowing(
		neighbours,
		(mailbox) => [...(live.get(toHex(mailbox))?.tokens.values() ?? [])],
		(mailbox, { number, packet, block, tokenHashes }) => {
			push({ mailbox, packet, block, to: tokenHashes }, number);
		},
	);

	const later = (): void => {
		cancel = clock.after(LOOK_EVERY, () => {
			void following
				.look(LOOK_AT)
				.catch(() => undefined)
				.then(() => {
					if (!ended) later();
				});
		});
	};
	const lookAtAll = async (): Promise<void> => {
		while (!ended && !(await following.look(LOOK_AT)));
	};
	const showPresence = (mailbox: Bytes, tokenHash: Bytes, connected: boolean): void => {
		const { subscribers } = here.reach(mailbox, null, undefined);
		const frame = encodeRelayFrame({ type: 'presence', mailbox, tokenHash, connected });
		for (const subscriber of subscribers) subscriber.send(frame);
	};
	const tellPresence = (
		mailbox: Bytes,
		tokenHash: Bytes,
		connected: boolean,
		asks: boolean,
	): void => {
		neighbours.tell({ type: 'presence', mailbox, tokenHash, connected, asks });
	};
	const forget = (mailbox: Bytes): void => {
		live.delete(toHex(mailbox));
		following.end(mailbox);
		elsewhere.forget(mailbox);
	};
	/** A token has nobody here any longer. */
	const left = (mailbox: Bytes, tokenHash: Bytes): void => {
		const key = toHex(mailbox);
		const box = live.get(key);
		if (box === undefined) return;
		if (box.size <= maxPresence) tellPresence(mailbox, tokenHash, false, false);
		box.tokens.delete(toHex(tokenHash));
		if (box.tokens.size === 0) forget(mailbox);
	};
	const resize = (mailbox: Bytes, size: number): void => {
		here.resize(mailbox, size);
		const box = live.get(toHex(mailbox));
		if (box !== undefined && box.size !== HIDDEN) box.size = size;
	};
	const removeHere = (mailbox: Bytes, tokenHash: Bytes): PresenceChange<S> | undefined => {
		const change = here.removeToken(mailbox, tokenHash);
		left(mailbox, tokenHash);
		return change;
	};

	neighbours.onHint = (hint, from) => {
		const { mailbox } = hint;
		if (hint.type === 'stored') {
			following.catchUp(mailbox, hint.number);
			return;
		}
		if (hint.type === 'deleted') {
			parts.deleted(mailbox, hint.packet);
			return;
		}
		if (hint.type === 'closed') {
			resize(mailbox, HIDDEN);
			elsewhere.forget(mailbox);
			const frame = encodeRelayFrame({ type: 'closed', mailbox });
			for (const subscriber of here.of(mailbox)) subscriber.send(frame);
			return;
		}
		if (hint.type === 'removed') {
			if (removeHere(mailbox, hint.tokenHash)) showPresence(mailbox, hint.tokenHash, false);
			return;
		}
		const box = live.get(toHex(mailbox));
		if (box === undefined || box.size > maxPresence) return;
		const { tokenHash, connected } = hint;
		const changed = elsewhere.note(mailbox, tokenHash, from, connected);
		if (changed && !box.tokens.has(toHex(tokenHash))) showPresence(mailbox, tokenHash, connected);
		if (!hint.asks) return;
		for (const own of box.tokens.values()) tellPresence(mailbox, own, true, false);
	};
	neighbours.onPush = (packet) => push(packet, 0);
	neighbours.onGone = (process) => {
		for (const { mailbox, tokenHash } of elsewhere.gone(process)) {
			const isHere = live.get(toHex(mailbox))?.tokens.has(toHex(tokenHash)) ?? false;
			if (!isHere) showPresence(mailbox, tokenHash, false);
		}
	};
	neighbours.onGap = () => {
		void lookAtAll().catch(() => undefined);
		for (const { id, size, tokens } of live.values()) {
			if (size > maxPresence) continue;
			let asks = true;
			for (const token of tokens.values()) {
				tellPresence(id, token, true, asks);
				asks = false;
			}
		}
	};
	later();

	return {
		store: {
			...store,
			put: async (packet) => {
				const put = await store.put(packet);
				if (!put.ok || !put.value.fresh) return put;
				const { number } = put.value;
				neighbours.tell({ type: 'stored', mailbox: packet.mailbox, number });
				const fresh = await following.mine(packet.mailbox, number);
				return { ok: true, value: { ...put.value, fresh } };
			},
			commit: async (mailbox, packet) => {
				const committed = await store.commit(mailbox, packet);
				if (!committed.ok || !committed.value.fresh) return committed;
				const { number } = committed.value;
				neighbours.tell({ type: 'stored', mailbox, number });
				const fresh = await following.mine(mailbox, number);
				return { ok: true, value: { ...committed.value, fresh } };
			},
			async close(mailbox) {
				const closed = await store.close(mailbox);
				if (closed.ok) neighbours.tell({ type: 'closed', mailbox });
				return closed;
			},
		},
		subscriptions: {
			...here,
			add: (subscriber, mailbox, size, tokenHash, highest) => {
				const change = here.add(subscriber, mailbox, size, tokenHash, highest);
				const key = toHex(mailbox);
				const isNew = !live.has(key);
				const box = live.get(key) ?? { id: mailbox, size, tokens: new Map<string, Bytes>() };
				live.set(key, box);
				box.size = size;
				box.tokens.set(toHex(tokenHash), tokenHash);
				following.begin(mailbox, highest);
				if (change === undefined) return undefined;
				if (size <= maxPresence) tellPresence(mailbox, tokenHash, true, isNew);
				return elsewhere.has(mailbox, tokenHash) ? { ...change, others: [] } : change;
			},
			remove: (subscriber) =>
				here.remove(subscriber).map((change) => {
					const stays = elsewhere.has(change.mailbox, change.tokenHash);
					left(change.mailbox, change.tokenHash);
					return stays ? { ...change, others: [] } : change;
				}),
			removeToken: (mailbox, tokenHash) => {
				neighbours.tell({ type: 'removed', mailbox, tokenHash });
				return removeHere(mailbox, tokenHash);
			},
			resize,
			connected: (mailbox, except) => {
				const connected = new Map(
					here.connected(mailbox, except).map((hash) => [toHex(hash), hash]),
				);
				const { size } = live.get(toHex(mailbox)) ?? { size: 0 };
				const others = size > maxPresence ? [] : elsewhere.tokens(mailbox);
				for (const hash of others) connected.set(toHex(hash), hash);
				return [...connected.values()];
			},
		},
		origins: {
			...origins,
			take: (mailbox, packet) => {
				const origin = origins.take(mailbox, packet);
				if (origin === undefined) neighbours.tell({ type: 'deleted', mailbox, packet });
				return origin;
			},
		},
		pushElsewhere: (packet) => neighbours.push(packet),
		end: () => {
			ended = true;
			cancel();
		},
	};
}
