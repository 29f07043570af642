// After how long without a touch the app may lock.
import { m } from '#lib/paraglide/messages.js';

const MINUTE = 60_000;

/** `value` is milliseconds as text; empty: never. */
export const LOCK_TIMES = [
	{ value: '', label: m.security_lock_never },
	{ value: String(5 * MINUTE), label: m.security_lock_5m },
	{ value: String(15 * MINUTE), label: m.security_lock_15m },
	{ value: String(60 * MINUTE), label: m.security_lock_1h },
	{ value: String(480 * MINUTE), label: m.security_lock_8h },
	{ value: String(1440 * MINUTE), label: m.security_lock_1d },
] as const;

export const lockTimeOf = (ms: number | null): string => (ms === null ? '' : String(ms));
