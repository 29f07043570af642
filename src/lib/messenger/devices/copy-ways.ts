// What the two sides of a copy of the history have in common. [HC2]
import type { CopyMessage } from '#lib/protocol/history-copy.ts';

/** open: not yet at its end. partial: but for spaces that the one who gets it was not let into. */
export type CopyPhase = 'open' | 'done' | 'stopped' | 'failed' | 'partial';

export interface CopyState {
	/** The other one, hex. */
	readonly device: string;
	/** This device has the history, and the other one gets it. */
	readonly gives: boolean;
	readonly phase: CopyPhase;
	readonly linked: boolean;
	/** What is left is of spaces that the one who gets it is not in yet. */
	readonly arriving: boolean;
	/** Messages. */
	readonly done: number;
	readonly of: number;
}

/** How the two sides of a copy reach each other. */
export interface CopyWays {
	/** Other active devices (hex) of this person. */
	others(): readonly string[];
	/** A direct link carries the account space to it. */
	linked(device: string): boolean;
	say(device: string, message: CopyMessage): void;
	onChange(): void;
}
