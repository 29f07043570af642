// Numbers and sizes as the reader's language writes them.
import { getLocale } from '#lib/paraglide/runtime.js';

export const countText = (count: number): string =>
	new Intl.NumberFormat(getLocale()).format(count);

/** Bytes in the unit people would say. */
export function sizeText(bytes: number): string {
	const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
	const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(bytes || 1) / 3)));
	return new Intl.NumberFormat(getLocale(), {
		style: 'unit',
		unit: units[step] ?? 'byte',
		unitDisplay: step === 0 ? 'long' : 'short',
		maximumFractionDigits: step > 1 ? 1 : 0,
	}).format(bytes / 1000 ** step);
}
