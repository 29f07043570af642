// Hybrid logical time: close to the wall clock, and always after everything seen. [FD2] [FD5]
import { compareTime, type Time } from '#lib/protocol/entry.ts';
import { MAX_CLOCK_AHEAD } from '#lib/protocol/limits.ts';
import type { Clock } from '#lib/ports/clock.ts';

const MAX_COUNTER = 65_535;

export interface LogicalClock {
	/** A time after every one given or seen so far, and after this one, however far ahead it is. */
	next(than?: Time): Time;
	/** Takes note of another's time, unless it is so far ahead that following it would drag this clock along. */
	see(time: Time): void;
}

const after = (time: Time): Time =>
	time.counter < MAX_COUNTER
		? { ms: time.ms, counter: time.counter + 1 }
		: { ms: time.ms + 1, counter: 0 };

/** Whether an entry of this time may be built upon now. */
export const isDue = (time: Time, now: number): boolean => time.ms <= now + MAX_CLOCK_AHEAD;

const BEGINNING: Time = { ms: 0, counter: 0 };

export function createLogicalClock(clock: Clock): LogicalClock {
	let last = BEGINNING;
	return {
		next(than = BEGINNING) {
			const wall: Time = { ms: Math.max(0, Math.floor(clock.now())), counter: 0 };
			const before = compareTime(than, last) > 0 ? than : last;
			last = compareTime(wall, before) > 0 ? wall : after(before);
			return last;
		},
		see(time) {
			if (isDue(time, clock.now()) && compareTime(time, last) > 0) last = time;
		},
	};
}
