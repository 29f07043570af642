// Remembers what was said or asked lately, so that it is not repeated all the time. Bounded: the oldest goes, and is said
// once more if it must; nobody can fill this so that nothing is said any longer.
import type { Clock } from '#lib/ports/clock.ts';

const MAX_KEPT = 10_000;

export interface Once {
	/** Whether this is the first time, or the first time in so many ms; then it is noted. */
	(what: string, again?: number): boolean;
	/** Whether it was noted less than `again` ms ago. */
	lately(what: string, again?: number): boolean;
	forget(what: string): void;
}

export function createOnce(clock: Clock, usually: number): Once {
	const noted = new Map<string, number>();
	const lately = (what: string, again = usually): boolean =>
		clock.now() - (noted.get(what) ?? -Infinity) < again;

	const once = (what: string, again = usually): boolean => {
		if (lately(what, again)) return false;
		noted.delete(what);
		noted.set(what, clock.now());
		for (const oldest of noted.keys()) {
			if (noted.size <= MAX_KEPT) break;
			noted.delete(oldest);
		}
		return true;
	};
	return Object.assign(once, {
		lately,
		forget(what: string) {
			noted.delete(what);
		},
	});
}
