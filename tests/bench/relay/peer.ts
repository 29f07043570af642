// What every server does in the bench of the relay, whatever its protocol calls it.

/** Messages go to all the recipients of one mailbox, and each mailbox has recipients of its own. */
export interface Shape {
	readonly mailboxes: number;
	/** Of each mailbox. */
	readonly recipients: number;
	readonly publishers: number;
	/** Messages that each publisher has under way at once. */
	readonly window: number;
}

/** Bytes of a message. Its number comes first (u32), and fits into a word of four bytes everywhere. */
export const BODY = 1024;

export interface Peer {
	/** The server's processes; what they start counts too. */
	readonly pids: readonly number[];
	/**
	 * Connects everybody. `acknowledged` is told the number of a message when one of its recipients has acknowledged it
	 * (and heard so, where the protocol says it). Returns how a publisher's message is published: it resolves at the
	 * server's OK.
	 */
	connect(shape: Shape, acknowledged: (message: number) => void): Promise<Publish>;
	/** Messages that the server still keeps; undefined where it can't be asked. */
	left(): Promise<number | undefined>;
	end(): Promise<void>;
}

/** `slot`: which of the publisher's messages under way this is. */
export type Publish = (
	publisher: number,
	mailbox: number,
	body: Uint8Array,
	slot: number,
) => Promise<void>;

/** `folder`: an empty one, for all that the server keeps. */
export type StartPeer = (folder: string) => Promise<Peer>;
