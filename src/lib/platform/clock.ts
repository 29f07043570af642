// The platform's time. [PF1]
import type { Clock } from '#lib/ports/clock.ts';

/**
 * Timers stand still while a machine sleeps, its clock does not: a long wait looks at the clock this often, ms. It is
 * also shorter than the longest wait a timer takes (about 24.8 days), beyond which browsers and Node fire at once.
 */
const LOOK_EVERY = 15_000;

export function createSystemClock(): Clock {
	return {
		now: () => Date.now(),
		after(ms, callback) {
			const end = Date.now() + ms;
			let timer: ReturnType<typeof setTimeout>;
			// By whichever is first: a clock that was put back must not make it longer.
			const wait = (left: number): void => {
				const piece = Math.min(left, LOOK_EVERY);
				timer = setTimeout(() => {
					const rest = Math.min(left - piece, end - Date.now());
					if (rest > 0) wait(rest);
					else callback();
				}, piece);
			};
			wait(ms);
			return () => {
				clearTimeout(timer);
			};
		},
	};
}
