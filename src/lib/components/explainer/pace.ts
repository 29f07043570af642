// How simulated time becomes time that one can watch: what travels is slowed down until it can be followed, and waiting is
// cut short. Pure; times in milliseconds, from the beginning of the step.
import type { Packet, RecordedStep } from '#lib/explainer/recording.ts';

export interface Pace {
	/** How long the step takes to watch. */
	readonly duration: number;
	/** When a simulated moment is seen. */
	seenAt(time: number): number;
}

/** Watched milliseconds for a simulated one while something travels. */
const SLOWER = 9;
/** The longest stretch in which nothing changes, while something travels and otherwise. */
const MOST_TRAVELLING = 700;
const MOST_WAITING = 300;
const MOST_IN_ALL = 9000;

/** Signs of life come all the time and tell nothing. */
export const isDrawn = ({ kind }: Packet): boolean => kind !== 'beat';

export function paceOf({ begin, end, packets, scenes }: RecordedStep): Pace {
	const drawn = packets.filter(isDrawn);
	const times = [
		...new Set(
			[
				begin,
				end,
				...drawn.flatMap(({ left, at }) => [left, at]),
				...scenes.map((s) => s.time),
			].map((time) => Math.min(end, Math.max(begin, time))),
		),
	].sort((a, b) => a - b);
	const seen: number[] = [0];
	for (let n = 1; n < times.length; n++) {
		const [from = 0, to = 0] = [times[n - 1], times[n]];
		const isTravelling = drawn.some(({ left, at }) => left <= from && at >= to);
		const most = isTravelling ? MOST_TRAVELLING : MOST_WAITING;
		seen.push((seen[n - 1] ?? 0) + Math.min(most, (to - from) * SLOWER));
	}
	const whole = seen.at(-1) ?? 0;
	const scale = Math.min(1, MOST_IN_ALL / Math.max(1, whole));

	function seenAt(time: number): number {
		if (time <= begin) return 0;
		const after = times.findIndex((each) => each >= time);
		if (after <= 0) return whole * scale;
		const [from = 0, to = 0] = [times[after - 1], times[after]];
		const [seenFrom = 0, seenTo = 0] = [seen[after - 1], seen[after]];
		return (seenFrom + ((time - from) / (to - from)) * (seenTo - seenFrom)) * scale;
	}
	return { duration: whole * scale, seenAt };
}
