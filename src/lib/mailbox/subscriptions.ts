// Who is connected for which token of which mailbox. Knows nothing of stores and frames. [MB7] [MB8] [MB9]
import type { TokenOf } from '#lib/ports/mailbox-store.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

/** Most tokens have one subscriber, and most subscribers one token: only more than one need a set. */
type OneOrMore<T extends object> = T | Set<T>;

interface LiveToken<S extends object> {
	readonly hash: Bytes;
	readonly mailbox: LiveMailbox<S>;
	subscribers: OneOrMore<S>;
}

interface LiveMailbox<S extends object> {
	readonly id: Bytes;
	readonly tokens: Map<string, LiveToken<S>>;
	/** Tokens that the mailbox has, connected or not. */
	size: number;
}

const members = <T extends object>(of: OneOrMore<T> | undefined): Iterable<T> =>
	of instanceof Set ? of : of === undefined ? [] : [of];
const holds = <T extends object>(of: OneOrMore<T> | undefined, one: T): boolean =>
	of instanceof Set ? of.has(one) : of === one;
const withOne = <T extends object>(of: OneOrMore<T> | undefined, one: T): OneOrMore<T> => {
	if (of === undefined || of === one) return one;
	return of instanceof Set ? of.add(one) : new Set([of, one]);
};
/** Undefined when nothing is left. */
const without = <T extends object>(
	of: OneOrMore<T> | undefined,
	one: T,
): OneOrMore<T> | undefined => {
	if (!(of instanceof Set)) return of === one ? undefined : of;
	of.delete(one);
	return of.size > 0 ? of : undefined;
};

/** A token's first subscriber came, or its last one went; `others` are to be told. */
export interface PresenceChange<S> {
	readonly mailbox: Bytes;
	readonly tokenHash: Bytes;
	readonly connected: boolean;
	readonly others: readonly S[];
}

/** Size of a mailbox in which nobody is told who is connected, however few there are: it is closed. [MB22] */
export const HIDDEN = Number.POSITIVE_INFINITY;

export interface Subscriptions<S> {
	/** Adds one; `size` is the number of the mailbox's tokens, or HIDDEN; `highest` its last number. */
	add(
		subscriber: S,
		mailbox: Bytes,
		size: number,
		tokenHash: Bytes,
		highest: number,
	): PresenceChange<S> | undefined;
	has(subscriber: S, mailbox: Bytes, tokenHash: Bytes): boolean;
	/** Ends all of a subscriber's; returns what others are to be told. */
	remove(subscriber: S): readonly PresenceChange<S>[];
	/** All who are connected for any of a mailbox's tokens. */
	of(mailbox: Bytes): ReadonlySet<S>;
	/** Ends all of a token's; returns what others are to be told. */
	removeToken(mailbox: Bytes, tokenHash: Bytes): PresenceChange<S> | undefined;
	/** HIDDEN is for good, as long as somebody is connected. */
	resize(mailbox: Bytes, size: number): void;
	/** How often any mailbox was hidden: what was read of one before the last time may not be true any longer. */
	hidings(): number;
	/** Connected tokens of mailboxes with more than `size` tokens. */
	inLarge(size: number): readonly TokenOf[];
	/** Token hashes with a subscriber other than this one. */
	connected(mailbox: Bytes, except: S): readonly Bytes[];
	/** Who is to get a packet for these tokens (null: all), and the tokens that reaches, unless HIDDEN; never `except`. */
	reach(
		mailbox: Bytes,
		to: readonly Bytes[] | null,
		except: S | undefined,
	): { readonly subscribers: ReadonlySet<S>; readonly tokenHashes: readonly Bytes[] };
	count(subscriber: S): number;
}

/** `maxPresence`: in mailboxes with more tokens nobody is told who is connected. */
export function createSubscriptions<S extends object>(maxPresence: number): Subscriptions<S> {
	const mailboxes = new Map<string, LiveMailbox<S>>();
	const bySubscriber = new Map<S, OneOrMore<LiveToken<S>>>();
	let hidings = 0;

	const tokenOf = (mailbox: Bytes, tokenHash: Bytes): LiveToken<S> | undefined =>
		mailboxes.get(toHex(mailbox))?.tokens.get(toHex(tokenHash));
	const othersOf = (live: LiveMailbox<S>, subscriber: S | undefined): S[] => {
		if (live.size > maxPresence) return [];
		const others = new Set<S>();
		for (const token of live.tokens.values()) {
			for (const other of members(token.subscribers)) if (other !== subscriber) others.add(other);
		}
		return [...others];
	};
	const forget = (subscriber: S, token: LiveToken<S>): void => {
		const left = without(bySubscriber.get(subscriber), token);
		if (left === undefined) bySubscriber.delete(subscriber);
	};
	/** Nobody is connected for this token any longer. */
	const gone = ({ hash, mailbox: live }: LiveToken<S>, except?: S): PresenceChange<S> => {
		live.tokens.delete(toHex(hash));
		if (live.tokens.size === 0) mailboxes.delete(toHex(live.id));
		const { id: mailbox } = live;
		return { mailbox, tokenHash: hash, connected: false, others: othersOf(live, except) };
	};

	return {
		add: (subscriber, mailbox, size, tokenHash) => {
			const key = toHex(mailbox);
			let live = mailboxes.get(key);
			if (live === undefined) {
				live = { id: mailbox, tokens: new Map(), size };
				mailboxes.set(key, live);
			}
			live.size = size;
			const tokenKey = toHex(tokenHash);
			const known = live.tokens.get(tokenKey);
			const token = known ?? { hash: tokenHash, mailbox: live, subscribers: subscriber };
			token.subscribers = withOne(token.subscribers, subscriber);
			bySubscriber.set(subscriber, withOne(bySubscriber.get(subscriber), token));
			if (known !== undefined) return undefined;
			live.tokens.set(tokenKey, token);
			return { mailbox, tokenHash, connected: true, others: othersOf(live, subscriber) };
		},
		has: (subscriber, mailbox, tokenHash) =>
			holds(tokenOf(mailbox, tokenHash)?.subscribers, subscriber),
		remove: (subscriber) => {
			const changes: PresenceChange<S>[] = [];
			for (const token of members(bySubscriber.get(subscriber))) {
				const left = without(token.subscribers, subscriber);
				if (left === undefined) changes.push(gone(token, subscriber));
			}
			bySubscriber.delete(subscriber);
			return changes;
		},
		of: (mailbox) => {
			const tokens = mailboxes.get(toHex(mailbox))?.tokens.values() ?? [];
			return new Set([...tokens].flatMap((token) => [...members(token.subscribers)]));
		},
		removeToken: (mailbox, tokenHash) => {
			const live = mailboxes.get(toHex(mailbox));
			if (live === undefined) return undefined;
			live.size -= 1;
			const token = live.tokens.get(toHex(tokenHash));
			if (token === undefined) return undefined;
			for (const subscriber of members(token.subscribers)) forget(subscriber, token);
			return gone(token);
		},
		inLarge: (size) =>
			[...mailboxes.values()]
				.filter((live) => live.size > size)
				.flatMap((live) =>
					[...live.tokens.values()].map(({ hash }) => ({ mailbox: live.id, tokenHash: hash })),
				),
		resize: (mailbox, size) => {
			if (size === HIDDEN) hidings += 1;
			const live = mailboxes.get(toHex(mailbox));
			if (live !== undefined && live.size !== HIDDEN) live.size = size;
		},
		hidings: () => hidings,
		connected: (mailbox, except) => {
			const live = mailboxes.get(toHex(mailbox));
			if (live === undefined || live.size > maxPresence) return [];
			return [...live.tokens.values()]
				.filter(({ subscribers }) => [...members(subscribers)].some((other) => other !== except))
				.map((token) => token.hash);
		},
		reach: (mailbox, to, except) => {
			const live = mailboxes.get(toHex(mailbox));
			const subscribers = new Set<S>();
			const tokenHashes: Bytes[] = [];
			if (live === undefined) return { subscribers, tokenHashes };
			const tokens =
				to === null ? live.tokens.values() : to.map((hash) => live.tokens.get(toHex(hash)));
			for (const token of tokens) {
				let reached = false;
				for (const subscriber of members(token?.subscribers)) {
					if (subscriber === except) continue;
					subscribers.add(subscriber);
					reached = true;
				}
				if (reached && token !== undefined && live.size < HIDDEN) tokenHashes.push(token.hash);
			}
			return { subscribers, tokenHashes };
		},
		count: (subscriber) => [...members(bySubscriber.get(subscriber))].length,
	};
}
