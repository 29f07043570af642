// Randomness that a seed reproduces (SplitMix32). For simulations only: never for keys of people.
import type { Random } from '#lib/ports/random.ts';

export interface SeededRandom extends Random {
	/** From 0 (inclusive) to 1 (exclusive). */
	next(): number;
	/** A whole number from 0 to `below` - 1. */
	below(below: number): number;
	pick<T>(items: readonly T[]): T;
	/** Another stream that this one's further use does not disturb. */
	fork(): SeededRandom;
}

export function createSeededRandom(seed: number): SeededRandom {
	let state = seed >>> 0;
	const word = (): number => {
		state = (state + 0x9e3779b9) >>> 0;
		let mixed = state ^ (state >>> 16);
		mixed = Math.imul(mixed, 0x21f0aaad);
		mixed ^= mixed >>> 15;
		mixed = Math.imul(mixed, 0x735a2d97);
		return (mixed ^ (mixed >>> 15)) >>> 0;
	};
	const random: SeededRandom = {
		bytes: (length) => Uint8Array.from({ length }, () => word() & 255),
		next: () => word() / 2 ** 32,
		below: (below) => Math.floor(random.next() * below),
		pick: (items) => {
			const item = items[random.below(items.length)];
			if (item === undefined) throw new Error('nothing to pick from');
			return item;
		},
		fork: () => createSeededRandom(word()),
	};
	return random;
}
