// What the page asks of the thread that runs the simulated world, and what it is told.
import type { Place, RecordedStep } from './recording.ts';
import type { Action } from './scenario.ts';

/** A chapter before it is run. */
export interface Outline {
	/** Empty in free play: nobody knows who will come. */
	readonly places: Readonly<Record<string, Place>>;
	readonly steps: readonly string[];
}

export interface Listener {
	onOutline(outline: Outline): void;
	/** In order, as they are run. */
	onStep(step: RecordedStep): void;
	onFailed(detail: string): void;
}

export interface Explaining {
	/** Runs a chapter from its beginning, in place of what ran before. */
	record(chapter: string, listener: Listener): void;
	/** Begins free play, in place of what ran before; each action gives a step. */
	play(seed: number, listener: Listener): void;
	act(action: Action): void;
	stop(): void;
}

export type Question =
	| { readonly type: 'record'; readonly chapter: string }
	| { readonly type: 'play'; readonly seed: number }
	| { readonly type: 'act'; readonly action: Action };

export type Answer =
	| { readonly type: 'outline'; readonly outline: Outline }
	| { readonly type: 'step'; readonly step: RecordedStep }
	| { readonly type: 'failed'; readonly detail: string };
