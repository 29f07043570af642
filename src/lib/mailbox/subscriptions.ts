// Who is connected for which token of which mailbox. Knows nothing of stores and frames. [MB7] [MB8] [MB9]
import type { TokenOf } from '#lib/ports/mailbox-store.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

interface LiveToken<S> {
	readonly hash: Bytes;
	readonly subscribers: Set<S>;
}

interface LiveMailbox<S> {
	readonly id: Bytes;
	readonly tokens: Map<string, LiveToken<S>>;
	/** Tokens that the mailbox has, connected or not. */
	size: number;
}

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
	resize(mailbox: Bytes, size: number): void;
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
	const bySubscriber = new Map<S, Map<string, [mailbox: string, token: string]>>();

	const othersOf = (live: LiveMailbox<S>, subscriber: S | undefined): S[] => {
		if (live.size > maxPresence) return [];
		const others = new Set<S>();
		for (const token of live.tokens.values()) {
			for (const other of token.subscribers) if (other !== subscriber) others.add(other);
		}
		return [...others];
	};

	const forget = (subscriber: S, key: string): void => {
		const own = bySubscriber.get(subscriber);
		own?.delete(key);
		if (own?.size === 0) bySubscriber.delete(subscriber);
	};

	return {
		add: (subscriber, mailbox, size, tokenHash) => {
			const mailboxHex = toHex(mailbox);
			const tokenHex = toHex(tokenHash);
			let live = mailboxes.get(mailboxHex);
			if (live === undefined) {
				live = { id: mailbox, tokens: new Map(), size };
				mailboxes.set(mailboxHex, live);
			}
			live.size = size;
			let token = live.tokens.get(tokenHex);
			const first = token === undefined;
			if (token === undefined) {
				token = { hash: tokenHash, subscribers: new Set() };
				live.tokens.set(tokenHex, token);
			}
			token.subscribers.add(subscriber);
			let own = bySubscriber.get(subscriber);
			if (own === undefined) {
				own = new Map();
				bySubscriber.set(subscriber, own);
			}
			own.set(mailboxHex + tokenHex, [mailboxHex, tokenHex]);
			if (!first) return undefined;
			return { mailbox, tokenHash, connected: true, others: othersOf(live, subscriber) };
		},
		has: (subscriber, mailbox, tokenHash) =>
			bySubscriber.get(subscriber)?.has(toHex(mailbox) + toHex(tokenHash)) ?? false,
		remove: (subscriber) => {
			const changes: PresenceChange<S>[] = [];
			for (const [mailboxHex, tokenHex] of bySubscriber.get(subscriber)?.values() ?? []) {
				const live = mailboxes.get(mailboxHex);
				const token = live?.tokens.get(tokenHex);
				if (live === undefined || token === undefined) continue;
				token.subscribers.delete(subscriber);
				if (token.subscribers.size > 0) continue;
				live.tokens.delete(tokenHex);
				if (live.tokens.size === 0) mailboxes.delete(mailboxHex);
				changes.push({
					mailbox: live.id,
					tokenHash: token.hash,
					connected: false,
					others: othersOf(live, subscriber),
				});
			}
			bySubscriber.delete(subscriber);
			return changes;
		},
		of: (mailbox) => {
			const tokens = mailboxes.get(toHex(mailbox))?.tokens.values() ?? [];
			return new Set([...tokens].flatMap((token) => [...token.subscribers]));
		},
		removeToken: (mailbox, tokenHash) => {
			const [mailboxHex, tokenHex] = [toHex(mailbox), toHex(tokenHash)];
			const live = mailboxes.get(mailboxHex);
			const token = live?.tokens.get(tokenHex);
			if (live === undefined) return undefined;
			live.size -= 1;
			if (token === undefined) return undefined;
			for (const subscriber of token.subscribers) forget(subscriber, mailboxHex + tokenHex);
			live.tokens.delete(tokenHex);
			if (live.tokens.size === 0) mailboxes.delete(mailboxHex);
			return { mailbox, tokenHash, connected: false, others: othersOf(live, undefined) };
		},
		inLarge: (size) =>
			[...mailboxes.values()]
				.filter((live) => live.size > size)
				.flatMap((live) =>
					[...live.tokens.values()].map(({ hash }) => ({ mailbox: live.id, tokenHash: hash })),
				),
		resize: (mailbox, size) => {
			const live = mailboxes.get(toHex(mailbox));
			if (live !== undefined) live.size = size;
		},
		connected: (mailbox, except) => {
			const live = mailboxes.get(toHex(mailbox));
			if (live === undefined || live.size > maxPresence) return [];
			return [...live.tokens.values()]
				.filter((token) => [...token.subscribers].some((other) => other !== except))
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
				for (const subscriber of token?.subscribers ?? []) {
					if (subscriber === except) continue;
					subscribers.add(subscriber);
					reached = true;
				}
				if (reached && token !== undefined && live.size < HIDDEN) tokenHashes.push(token.hash);
			}
			return { subscribers, tokenHashes };
		},
		count: (subscriber) => bySubscriber.get(subscriber)?.size ?? 0,
	};
}
