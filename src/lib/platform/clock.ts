// The platform's time.
import type { Clock } from '#lib/ports/clock.ts';

/** The longest wait a timer takes; beyond it browsers and Node fire at once. About 24.8 days. */
const LONGEST = 2 ** 31 - 1;

export function createSystemClock(): Clock {
	return {
		now: () => Date.now(),
		after(ms, callback) {
			let timer: ReturnType<typeof setTimeout>;
			const wait = (left: number): void => {
				timer =
					left > LONGEST
						? setTimeout(() => {
								wait(left - LONGEST);
							}, LONGEST)
						: setTimeout(callback, left);
			};
			wait(ms);
			return () => {
				clearTimeout(timer);
			};
		},
	};
}
