// The other processes of a relay, which share its store. What they tell each other may get lost, and nothing that the
// store keeps depends on it.
import type { StoredPacket } from './mailbox-store.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** stored: packets up to this number are there. deleted: so is this packet, no longer. closed: the mailbox, to everything new. removed: this token, for good. presence: a token's first connection to this process came, or its last one went; `asks`: so tell me who is with you. */
export type Hint =
	| { readonly type: 'stored'; readonly mailbox: Bytes; readonly number: number }
	| { readonly type: 'deleted'; readonly mailbox: Bytes; readonly packet: Bytes }
	| { readonly type: 'closed'; readonly mailbox: Bytes }
	| { readonly type: 'removed'; readonly mailbox: Bytes; readonly tokenHash: Bytes }
	| {
			readonly type: 'presence';
			readonly mailbox: Bytes;
			readonly tokenHash: Bytes;
			readonly connected: boolean;
			readonly asks: boolean;
	  };

/** What is pushed to those connected and stored nowhere. */
export interface PushedPacket {
	readonly mailbox: Bytes;
	readonly packet: Bytes;
	readonly to: readonly Bytes[] | null;
	readonly block: Bytes;
}

export interface News extends StoredPacket {
	readonly block: Bytes;
	/** Of those asked for. */
	readonly tokenHashes: readonly Bytes[];
}

export interface Neighbours {
	/** To all of them. */
	tell(hint: Hint): void;
	/** To all of them; resolves with the tokens they reached, as far as they answer in time. */
	push(packet: PushedPacket): Promise<readonly Bytes[]>;
	/** `from`: the process that says so. */
	onHint: ((hint: Hint, from: string) => void) | undefined;
	/** Pushes it here; returns the tokens reached. */
	onPush: ((packet: PushedPacket) => readonly Bytes[]) | undefined;
	/** A process is there no longer. */
	onGone: ((process: string) => void) | undefined;
	/** Hints may have been missed, or a process came that knows none of ours. */
	onGap: (() => void) | undefined;

	/** From the store: the packets numbered from `after`+1 to `upTo` that wait for these tokens, in order; at most `limit`. */
	news(
		mailbox: Bytes,
		after: number,
		upTo: number,
		tokenHashes: readonly Bytes[],
		limit: number,
	): Promise<readonly News[]>;
	/** From the store: the last number given in each of these mailboxes. */
	highest(
		mailboxes: readonly Bytes[],
	): Promise<readonly { readonly mailbox: Bytes; readonly highest: number }[]>;
}
