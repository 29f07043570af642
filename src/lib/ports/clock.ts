// Time as the core sees it. The real one lives in platform/, the manual one in simulation/.

export interface Clock {
	/** Wall-clock milliseconds since 1970. May jump; order is never derived from it alone. */
	now(): number;
	/** Calls once after `ms` milliseconds; the result cancels it. */
	after(ms: number, callback: () => void): () => void;
}
