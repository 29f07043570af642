// Tells a dead connection from a quiet one: a PING every 10 s, and the end when nothing at all comes back in 5 s. [MB19]
import type { Clock } from '#lib/ports/clock.ts';

export interface Heartbeat {
	/** Anything came from the other side. */
	alive(): void;
	/** The answer to the ping with this number came. */
	pong(number: number): void;
	/** Asks at once, and gives less time: there is a reason to doubt. */
	probe(): void;
	/** The last round trip in milliseconds. */
	roundTrip(): number | undefined;
	stop(): void;
}

const EVERY = 10_000;
const ANSWER_WITHIN = 5000;
const ANSWER_SOON = 3000;

/** Pings at once, so that the round trip is known early; `dead` is called at most once. */
export function startHeartbeat(
	clock: Clock,
	ping: (number: number) => void,
	dead: () => void,
): Heartbeat {
	let number = 0;
	let sentAt = 0;
	let last: number | undefined;
	let heard = true;
	let stopped = false;
	let cancel = (): void => undefined;

	const beat = (within = ANSWER_WITHIN): void => {
		number += 1;
		sentAt = clock.now();
		heard = false;
		// First the timers: sending may find the connection closed and stop this.
		cancel = clock.after(within, () => {
			if (!heard) {
				stopped = true;
				dead();
				return;
			}
			cancel = clock.after(EVERY - within, () => {
				beat();
			});
		});
		ping(number);
	};
	beat();

	return {
		alive: () => {
			heard = true;
		},
		pong: (answered) => {
			if (!stopped && answered === number) last = Math.max(0, clock.now() - sentAt);
		},
		probe: () => {
			if (stopped) return;
			cancel();
			beat(ANSWER_SOON);
		},
		roundTrip: () => last,
		stop: () => {
			stopped = true;
			cancel();
		},
	};
}
