// How long to wait before the next try. [LM4] [RP2]

const FIRST = 500;
const LONGEST = 30_000;

/** Milliseconds to wait after the n-th failure in a row (n ≥ 1): doubling, bounded, spread by `jitter` (0 … 1). */
export const retryDelay = (failures: number, jitter: number): number =>
	Math.round(Math.min(LONGEST, FIRST * 2 ** (failures - 1)) * (0.75 + 0.5 * jitter));
