// Nobody touches the page for a while.
import { expect, it } from 'vitest';
import { watchIdle } from '#lib/platform/idle.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const MINUTE = 60_000;

function watched() {
	const clock = createManualClock();
	const page = new EventTarget();
	let idle = 0;
	const watch = watchIdle(page, clock, () => {
		idle += 1;
	});
	return { clock, page, watch, idle: () => idle };
}

it('[AT12] tells once nobody has touched the page for long enough, and not before', () => {
	const { clock, page, watch, idle } = watched();
	watch.set(5 * MINUTE);
	clock.advance(4 * MINUTE);
	page.dispatchEvent(new Event('keydown'));
	clock.advance(4 * MINUTE);
	page.dispatchEvent(new Event('pointermove'));
	clock.advance(5 * MINUTE - 1);
	expect(idle()).toBe(0);
	clock.advance(1);
	expect(idle()).toBe(1);
	clock.advance(60 * MINUTE);
	expect(idle()).toBe(1);
});

it('[AT12] never tells unless asked to, nor after it was stopped', () => {
	const { clock, page, watch, idle } = watched();
	clock.advance(1000 * MINUTE);
	watch.set(MINUTE);
	watch.set(null);
	clock.advance(1000 * MINUTE);
	watch.set(MINUTE);
	watch.stop();
	clock.advance(1000 * MINUTE);
	page.dispatchEvent(new Event('keydown'));
	expect(idle()).toBe(0);
});

it('[AT12] counts the time that a device slept, in which no timer ran: the touch that wakes it comes too late', () => {
	const page = new EventTarget();
	let now = 0;
	let idle = 0;
	const asleep = { now: () => now, after: () => () => undefined };
	const watch = watchIdle(page, asleep, () => {
		idle += 1;
	});
	watch.set(MINUTE);
	now = 60 * MINUTE;
	page.dispatchEvent(new Event('pointerdown'));
	expect(idle).toBe(1);
	watch.set(MINUTE);
	now = 120 * MINUTE;
	page.dispatchEvent(new Event('visibilitychange'));
	expect(idle).toBe(2);
});
