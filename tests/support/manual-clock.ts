// Time that passes when a test says so.
import type { Clock } from '#lib/ports/clock.ts';

export interface ManualClock extends Clock {
	/** Lets `ms` milliseconds pass, calling in order what falls due. */
	advance(ms: number): void;
}

export function createManualClock(start = 1_800_000_000_000): ManualClock {
	let now = start;
	let timers: { readonly at: number; readonly callback: () => void }[] = [];
	return {
		now: () => now,
		after: (ms, callback) => {
			const timer = { at: now + ms, callback };
			timers.push(timer);
			return () => {
				timers = timers.filter((other) => other !== timer);
			};
		},
		advance: (ms) => {
			const end = now + ms;
			for (;;) {
				const due = timers
					.filter((timer) => timer.at <= end)
					.reduce<(typeof timers)[number] | undefined>(
						(first, timer) => (first === undefined || timer.at < first.at ? timer : first),
						undefined,
					);
				if (due === undefined) break;
				timers = timers.filter((other) => other !== due);
				now = Math.max(now, due.at);
				due.callback();
			}
			now = end;
		},
	};
}
