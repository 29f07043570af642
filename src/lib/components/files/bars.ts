// The bars of a recording's waveform, as a path in a box of `count` by 100 units: drawn once, however many bars.

/** Heights are 0 … 255; even silence is a dot. */
export const barsPath = (levels: Iterable<number>): string =>
	Array.from(levels, (level, n) => {
		const half = Math.max(4, (level / 255) * 48);
		return `M${String(n + 0.5)} ${(50 - half).toFixed(1)}v${(2 * half).toFixed(1)}`;
	}).join('');
