// Time and chance of the relay's process.
import { randomFillSync } from 'node:crypto';
import type { Clock } from '#lib/ports/clock.ts';
import type { Random } from '#lib/ports/random.ts';

export const systemClock: Clock = {
	now: () => Date.now(),
	after: (ms, callback) => {
		const timer = setTimeout(callback, ms);
		return () => {
			clearTimeout(timer);
		};
	},
};

export const systemRandom: Random = {
	bytes: (length) => randomFillSync(new Uint8Array(length)),
};
