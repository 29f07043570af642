// How loud a recording is over its length, in a few bars. Pure. [ME5]
import type { Bytes } from '#lib/util/bytes.ts';

const BARS = 64;
/** Kept of a recording that is going on; then pairs are made one. */
const MAX_LEVELS = 2048;

/** Bars of 0 … 255, the loudest 255; `levels` are from 0 (silence) on. */
export function waveformOf(levels: ArrayLike<number>): Bytes {
	const count = Math.min(BARS, levels.length);
	const bars = new Float64Array(count);
	for (let bar = 0; bar < count; bar++) {
		const from = Math.floor((bar * levels.length) / count);
		const to = Math.max(from + 1, Math.floor(((bar + 1) * levels.length) / count));
		let sum = 0;
		for (let n = from; n < to; n++) sum += (levels[n] ?? 0) ** 2;
		bars[bar] = Math.sqrt(sum / (to - from));
	}
	const loudest = bars.reduce((most, bar) => Math.max(most, bar), 0);
	return Uint8Array.from(bars, (bar) => (loudest === 0 ? 0 : Math.round((255 * bar) / loudest)));
}

export interface Levels {
	/** How loud it is now, from 0 (silence) on; at even intervals. */
	add(level: number): void;
	waveform(): Bytes;
}

/** Collects the waveform of a recording as it goes on, however long that is. */
export function createLevels(): Levels {
	let levels: number[] = [];
	/** So many are one. */
	let together = 1;
	let sum = 0;
	let count = 0;
	return {
		add(level) {
			sum += level;
			count += 1;
			if (count < together) return;
			levels.push(sum / count);
			sum = count = 0;
			if (levels.length < MAX_LEVELS) return;
			levels = Array.from(
				{ length: MAX_LEVELS / 2 },
				(_, n) => ((levels[2 * n] ?? 0) + (levels[2 * n + 1] ?? 0)) / 2,
			);
			together *= 2;
		},
		waveform: () => waveformOf(levels),
	};
}
