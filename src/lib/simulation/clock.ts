// Time that passes only when told to, with everything that follows from each moment done before the next.
import type { Clock } from '#lib/ports/clock.ts';

export interface SimulatedClock extends Clock {
	/** Lets `ms` milliseconds pass; what falls due happens in order, each with all its consequences. */
	run(ms: number): Promise<void>;
	/** This clock as a node with a wrong wall clock sees it: `skew` milliseconds ahead. */
	skewed(skew: number): Clock;
}

interface Timer {
	readonly at: number;
	readonly order: number;
	readonly callback: () => void;
}

/** `settle` resolves after all promise callbacks have run: a macrotask of whatever platform this runs on. */
export function createSimulatedClock(settle: () => Promise<void>, start: number): SimulatedClock {
	let now = start;
	let count = 0;
	/** A binary heap: the next timer first. */
	const heap: Timer[] = [];
	const cancelled = new Set<number>();

	const before = (a: Timer, b: Timer): boolean =>
		a.at < b.at || (a.at === b.at && a.order < b.order);
	const at = (index: number): Timer => heap[index] as Timer;
	const swap = (a: number, b: number): void => {
		const timer = at(a);
		heap[a] = at(b);
		heap[b] = timer;
	};
	function push(timer: Timer): void {
		heap.push(timer);
		for (let child = heap.length - 1; child > 0;) {
			const parent = (child - 1) >> 1;
			if (!before(at(child), at(parent))) break;
			swap(child, parent);
			child = parent;
		}
	}
	function pop(): Timer {
		swap(0, heap.length - 1);
		const timer = heap.pop() as Timer;
		for (let parent = 0; ;) {
			let least = parent;
			for (const child of [2 * parent + 1, 2 * parent + 2]) {
				if (child < heap.length && before(at(child), at(least))) least = child;
			}
			if (least === parent) return timer;
			swap(parent, least);
			parent = least;
		}
	}

	const after = (ms: number, callback: () => void): (() => void) => {
		const timer = { at: now + Math.max(0, ms), order: count++, callback };
		push(timer);
		return () => cancelled.add(timer.order);
	};

	return {
		now: () => now,
		after,
		skewed: (skew) => ({ now: () => now + skew, after }),
		async run(ms) {
			const end = now + ms;
			await settle();
			while (heap.length > 0 && at(0).at <= end) {
				now = Math.max(now, at(0).at);
				// What falls due at one moment happens at that moment; its consequences come after.
				while (heap.length > 0 && at(0).at <= now) {
					const timer = pop();
					if (!cancelled.delete(timer.order)) timer.callback();
				}
				await settle();
			}
			now = end;
		},
	};
}
