// A simple classifier of byte strings: learns from some of two kinds, and guesses of which kind others are, by what
// stands at each place and by runs of four bytes anywhere. Good enough to find whatever is the same more often than not.
import type { Bytes } from '#lib/util/bytes.ts';

const RUN = 4;
/** A run that was seen before tells as much as a few bytes in their places: one in ten comes by chance. */
const RUN_WEIGHT = 30;
/** Bytes whose places are looked at: whatever comes first, in all of them. */
const PLACES = 256;

interface Learned {
	readonly places: readonly Map<number, number>[];
	readonly runs: ReadonlySet<number>;
	readonly count: number;
}

const runsOf = (bytes: Bytes): number[] => {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	return Array.from({ length: Math.max(0, bytes.length - RUN + 1) }, (_, at) => view.getUint32(at));
};

function learn(some: readonly Bytes[]): Learned {
	const places: Map<number, number>[] = [];
	for (const bytes of some) {
		for (const [at, byte] of bytes.subarray(0, PLACES).entries()) {
			const place = (places[at] ??= new Map<number, number>());
			place.set(byte, (place.get(byte) ?? 0) + 1);
		}
	}
	return { places, runs: new Set(some.flatMap(runsOf)), count: some.length };
}

function likeness(bytes: Bytes, { places, runs, count }: Learned): number {
	let sum = 0;
	for (const [at, byte] of bytes.subarray(0, PLACES).entries()) {
		sum += Math.log(((places[at]?.get(byte) ?? 0) + 1) / (count + 256));
	}
	for (const run of runsOf(bytes)) if (runs.has(run)) sum += RUN_WEIGHT;
	return sum;
}

/** The share of right guesses about the second half of each, after learning from as many of the first halves. */
export function shareTold(one: readonly Bytes[], other: readonly Bytes[]): number {
	const size = Math.floor(Math.min(one.length, other.length) / 2);
	const [first, second] = [one, other].map((all) => learn(all.slice(0, size)));
	if (first === undefined || second === undefined) throw new Error('nothing to learn from');
	const guess = (bytes: Bytes): boolean => likeness(bytes, first) > likeness(bytes, second);
	const right = [
		...one.slice(size, 2 * size).map(guess),
		...other.slice(size, 2 * size).map((bytes) => !guess(bytes)),
	];
	return right.filter(Boolean).length / right.length;
}
