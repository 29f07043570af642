// Timers of disappearing messages in words.
import { getLocale } from '#lib/paraglide/runtime.js';

const UNITS = [
	['week', 7 * 86_400],
	['day', 86_400],
	['hour', 3600],
	['minute', 60],
	['second', 1],
] as const;

/** What people choose from, in seconds. */
export const TIMERS: readonly number[] = [0, 3600, 86_400, 7 * 86_400, 28 * 86_400];

/** In the largest unit that it is a whole number of. */
export function timerText(seconds: number): string {
	const [unit, size] = UNITS.find(([, length]) => seconds % length === 0) ?? ['second', 1];
	return new Intl.NumberFormat(getLocale(), { style: 'unit', unit, unitDisplay: 'long' }).format(
		seconds / size,
	);
}
