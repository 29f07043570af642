// Times in words, in the reader's language and time zone.
import { m } from '#lib/paraglide/messages.js';
import { getLocale } from '#lib/paraglide/runtime.js';

const DAY = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Formats are costly to make and asked for on every row. */
function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	const key = getLocale() + JSON.stringify(options);
	let known = formats.get(key);
	if (!known) formats.set(key, (known = new Intl.DateTimeFormat(getLocale(), options)));
	return known;
}

const dayOf = (time: number): number => new Date(time).setHours(0, 0, 0, 0);

/** Whole calendar days from `time` to `now`. */
const daysAgo = (time: number, now: number): number => Math.round((dayOf(now) - dayOf(time)) / DAY);

export const clockTime = (time: number): string =>
	format({ hour: 'numeric', minute: '2-digit' }).format(time);

export const fullTime = (time: number): string =>
	format({ dateStyle: 'full', timeStyle: 'short' }).format(time);

/** For a list: the time today, a weekday this week, a date before that. */
export function shortTime(time: number, now: number): string {
	const days = daysAgo(time, now);
	if (days <= 0) return clockTime(time);
	if (days === 1) return m.yesterday();
	if (days < 7) return format({ weekday: 'short' }).format(time);
	return sameYear(time, now)
		? format({ day: 'numeric', month: 'short' }).format(time)
		: format({ dateStyle: 'short' }).format(time);
}

/** For a divider between days. */
export function dayName(time: number, now: number): string {
	const days = daysAgo(time, now);
	if (days === 0) return m.today();
	if (days === 1) return m.yesterday();
	return format({
		weekday: 'long',
		day: 'numeric',
		month: 'long',
		...(sameYear(time, now) ? {} : { year: 'numeric' as const }),
	}).format(time);
}

/** A moment to come: day and time. */
export const untilTime = (time: number): string =>
	format({
		weekday: 'short',
		day: 'numeric',
		month: 'short',
		hour: 'numeric',
		minute: '2-digit',
	}).format(time);

/** How long from now, rounded down: “in 23 hours”. */
export function inTime(time: number, now: number): string {
	const minutes = Math.max(1, Math.floor((time - now) / 60_000));
	const words = new Intl.RelativeTimeFormat(getLocale());
	return minutes < 60
		? words.format(minutes, 'minute')
		: words.format(Math.floor(minutes / 60), 'hour');
}

/** How long something plays: 0:07, 12:34, 1:02:03. */
export function durationText(ms: number): string {
	const seconds = Math.round(ms / 1000);
	const two = (n: number): string => String(n).padStart(2, '0');
	const [h, min, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
	return h > 0 ? `${String(h)}:${two(min)}:${two(s)}` : `${String(min)}:${two(s)}`;
}

/** How much longer something takes, in the largest unit that says it. */
export function leftText(ms: number): string {
	const seconds = Math.max(1, Math.round(ms / 1000));
	if (seconds < 60) return m.left_seconds({ count: seconds });
	const minutes = Math.round(seconds / 60);
	return minutes < 60
		? m.left_minutes({ count: minutes })
		: m.left_hours({ count: Math.round(minutes / 60) });
}

const sameYear = (a: number, b: number): boolean =>
	new Date(a).getFullYear() === new Date(b).getFullYear();
