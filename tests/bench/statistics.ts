// Sums up measurements.

/** The value that the share `p` (0 to 1) of the values doesn't exceed; whole numbers. */
export function percentile(values: readonly number[], p: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return Math.round(sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? NaN);
}
