// Which tokens are connected to a relay's other processes, of the mailboxes that somebody is connected for here. [MB9] [RS7]
import { toHex, type Bytes } from '#lib/util/bytes.ts';

interface RemoteToken {
	readonly hash: Bytes;
	/** Processes that it is connected to. */
	readonly at: Set<string>;
}

export interface Elsewhere {
	has(mailbox: Bytes, tokenHash: Bytes): boolean;
	tokens(mailbox: Bytes): readonly Bytes[];
	/** True when it is the first connection, or the last one that went. */
	note(mailbox: Bytes, tokenHash: Bytes, process: string, connected: boolean): boolean;
	/** Nobody here asks any longer. */
	forget(mailbox: Bytes): void;
	/** Ends what was with a process; returns the tokens that are gone by that. */
	gone(process: string): readonly { readonly mailbox: Bytes; readonly tokenHash: Bytes }[];
}

/** At most `limit` tokens of one mailbox; more are passed over. */
export function createElsewhere(limit: number): Elsewhere {
	const mailboxes = new Map<
		string,
		{ readonly id: Bytes; readonly tokens: Map<string, RemoteToken> }
	>();

	const note: Elsewhere['note'] = (mailbox, tokenHash, process, connected) => {
		const [box, key] = [toHex(mailbox), toHex(tokenHash)];
		let remote = mailboxes.get(box);
		const token = remote?.tokens.get(key);
		if (!connected) {
			if (token?.at.delete(process) !== true || token.at.size > 0) return false;
			remote?.tokens.delete(key);
			if (remote?.tokens.size === 0) mailboxes.delete(box);
			return true;
		}
		if (token !== undefined) {
			token.at.add(process);
			return false;
		}
		if (remote === undefined) {
			remote = { id: mailbox, tokens: new Map() };
			mailboxes.set(box, remote);
		}
		if (remote.tokens.size >= limit) return false;
		remote.tokens.set(key, { hash: tokenHash, at: new Set([process]) });
		return true;
	};

	return {
		has: (mailbox, tokenHash) =>
			mailboxes.get(toHex(mailbox))?.tokens.has(toHex(tokenHash)) ?? false,
		tokens: (mailbox) =>
			[...(mailboxes.get(toHex(mailbox))?.tokens.values() ?? [])].map(({ hash }) => hash),
		note,
		forget: (mailbox) => {
			mailboxes.delete(toHex(mailbox));
		},
		gone: (process) =>
			[...mailboxes.values()].flatMap(({ id, tokens }) =>
				[...tokens.values()]
					.filter(({ hash }) => note(id, hash, process, false))
					.map(({ hash }) => ({ mailbox: id, tokenHash: hash })),
			),
	};
}
