import { describe, expect, it } from 'vitest';
import { createLogicalClock, isDue } from '#lib/crdt/logical-clock.ts';
import { compareTime } from '#lib/protocol/entry.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const NOW = 1_000_000;
const AHEAD = 5 * 60_000;

describe('a logical clock', () => {
	it('[FD2] gives times that grow, whatever the wall clock does', () => {
		const wall = createManualClock(NOW);
		const clock = createLogicalClock(wall);
		const times = [clock.next(), clock.next()];
		wall.advance(5);
		times.push(clock.next());
		expect(times).toEqual([
			{ ms: NOW, counter: 0 },
			{ ms: NOW, counter: 1 },
			{ ms: NOW + 5, counter: 0 },
		]);
		let back = NOW;
		const falling = createLogicalClock({ ...wall, now: () => (back -= 1000) });
		const [a, b] = [falling.next(), falling.next()];
		expect(compareTime(b, a)).toBeGreaterThan(0);
		const strange = createLogicalClock({ ...wall, now: () => -3.7 });
		expect(strange.next()).toEqual({ ms: 0, counter: 1 });
	});

	it('[FD2] goes on to the next millisecond when the counter is used up', () => {
		const clock = createLogicalClock(createManualClock(NOW));
		clock.see({ ms: NOW, counter: 65_534 });
		expect(clock.next()).toEqual({ ms: NOW, counter: 65_535 });
		expect(clock.next()).toEqual({ ms: NOW + 1, counter: 0 });
	});

	it('[FD5] follows others by up to five minutes, and is not dragged further', () => {
		const clock = createLogicalClock(createManualClock(NOW));
		clock.see({ ms: NOW + AHEAD, counter: 7 });
		expect(clock.next()).toEqual({ ms: NOW + AHEAD, counter: 8 });
		clock.see({ ms: NOW + AHEAD + 1, counter: 0 });
		expect(clock.next()).toEqual({ ms: NOW + AHEAD, counter: 9 });
		expect(isDue({ ms: NOW + AHEAD, counter: 9 }, NOW)).toBe(true);
		expect(isDue({ ms: NOW + AHEAD + 1, counter: 0 }, NOW)).toBe(false);
	});

	it('[FD2] gives a time after what the entry builds on, however far ahead that is', () => {
		const clock = createLogicalClock(createManualClock(NOW));
		const far = { ms: NOW + 100 * AHEAD, counter: 3 };
		expect(clock.next(far)).toEqual({ ms: far.ms, counter: 4 });
		expect(clock.next()).toEqual({ ms: far.ms, counter: 5 });
	});
});
