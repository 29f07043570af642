// How long to wait before the next try. [LM4] [RP2]

const FIRST = 500;
const LONGEST = 30_000;
/** While somebody looks: five seconds with the spread. */
const LONGEST_IN_SIGHT = 4000;
/** Between two devices that find no way to each other, as behind some firewalls, it stays like that. */
const LONGEST_BETWEEN_DEVICES = 600_000;

const delay = (failures: number, jitter: number, longest: number): number =>
	Math.round(Math.min(longest, FIRST * 2 ** (failures - 1)) * (0.75 + 0.5 * jitter));

/** Milliseconds to wait after the n-th failure in a row (n ≥ 1): doubling, bounded, spread by `jitter` (0 … 1). */
export const retryDelay = (failures: number, jitter: number, inSight = false): number =>
	delay(failures, jitter, inSight ? LONGEST_IN_SIGHT : LONGEST);

/** The same for a link between two devices. */
export const linkDelay = (failures: number, jitter: number): number =>
	delay(failures, jitter, LONGEST_BETWEEN_DEVICES);
