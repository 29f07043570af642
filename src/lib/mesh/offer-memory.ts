// Which offers of one other device were taken: whoever carried one may bring it again, and must not thereby end the link
// that came of it or of a later one. [LM6]

/** Offers remembered by name; of older ones only that they are older. */
const REMEMBERED = 64;

export interface OfferMemory {
	/**
	 * Whether to take this offer; `time`: when it was made, by the clock of who made it. `busy`: a link, or an attempt at
	 * one, is there.
	 */
	take(attempt: string, time: number, busy: boolean): boolean;
}

export function createOfferMemory(): OfferMemory {
	/** Times by name, in the order taken. */
	const taken = new Map<string, number>();
	/** Nothing up to then is taken: it may be among what was forgotten. */
	let floor = -Infinity;
	let last = -Infinity;

	return {
		take(attempt, time, busy) {
			if (taken.has(attempt) || time <= floor) return false;
			// A clock may have been put back: without a link nothing is lost by believing it.
			if (busy && time < last) return false;
			last = time;
			taken.set(attempt, time);
			for (const [name, at] of taken) {
				if (taken.size <= REMEMBERED) break;
				taken.delete(name);
				floor = Math.max(floor, at);
			}
			return true;
		},
	};
}
