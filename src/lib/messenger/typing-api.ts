// What the interface sees of who is writing, and says of it.
import type { Readable } from '#lib/util/signal.ts';

/** Somebody who writes in a channel. */
export interface TypingView {
	readonly space: string;
	readonly channel: string;
	readonly rootHash: string;
	readonly name: string;
}

export interface TypingSigns {
	readonly view: Readable<readonly TypingView[]>;
	/** The person has changed what they are about to send there. */
	type(space: string, channel: string): void;
}
