// A recording that lasts as long as the microphone is pressed: sent when it is let go, discarded when it was slid away from.
// A short press begins one that goes on by itself. Pure.

/**
 * none: nothing is recorded. free: it goes on by itself. held: as long as it is pressed. away: too, but the finger is
 * elsewhere. let-go: it is over, and to be sent.
 */
export type Holding = 'none' | 'free' | 'held' | 'away' | 'let-go';

export interface Press {
	readonly pointer: number;
	/** Pixels. */
	readonly x: number;
	readonly y: number;
	/** ms. */
	readonly at: number;
}

/** Pixels. */
const AWAY = 72;
/** A shorter press is no holding, ms. */
const SHORT = 400;

const isPressed = (holding: Holding): boolean => holding === 'held' || holding === 'away';

/** Whoever has come back hasn't gone away. */
export function moved(holding: Holding, from: Press, to: Press): Holding {
	if (!isPressed(holding) || from.pointer !== to.pointer) return holding;
	return Math.hypot(to.x - from.x, to.y - from.y) > AWAY ? 'away' : 'held';
}

export function released(holding: Holding, from: Press, to: Press): Holding {
	if (!isPressed(holding) || from.pointer !== to.pointer) return holding;
	if (holding === 'away') return 'none';
	return to.at - from.at < SHORT ? 'free' : 'let-go';
}

/** The browser took the pointer for something else: nothing that was said is lost. */
export const taken = (holding: Holding): Holding => (isPressed(holding) ? 'free' : holding);
