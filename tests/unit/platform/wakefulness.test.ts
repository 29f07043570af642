// When a page may have missed something.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { watchWakefulness } from '#lib/platform/wakefulness.ts';

const view = new EventTarget();
const page = Object.assign(new EventTarget(), { hidden: false });
const connection = new EventTarget();
let told: string[] = [];
let stop = (): void => undefined;

beforeEach(() => {
	vi.useFakeTimers();
	vi.stubGlobal('addEventListener', view.addEventListener.bind(view));
	vi.stubGlobal('document', page);
	vi.stubGlobal('navigator', { connection });
	told = [];
	page.hidden = false;
	stop = watchWakefulness((change) => told.push(change));
});
afterEach(() => {
	stop();
	vi.unstubAllGlobals();
	vi.useRealTimers();
});

it('[PF5] tells of a network that comes, goes or changes, once', () => {
	view.dispatchEvent(new Event('offline'));
	view.dispatchEvent(new Event('online'));
	connection.dispatchEvent(new Event('change'));
	page.dispatchEvent(new Event('resume'));
	expect(told).toEqual([]);
	vi.advanceTimersByTime(500);
	expect(told).toEqual(['network']);
	vi.advanceTimersByTime(3_600_000);
	expect(told).toEqual(['network']);
});

it('[PF5] tells of a page that comes into sight or is resumed, not of one that goes', () => {
	page.hidden = true;
	page.dispatchEvent(new Event('visibilitychange'));
	vi.advanceTimersByTime(500);
	expect(told).toEqual([]);
	page.hidden = false;
	page.dispatchEvent(new Event('visibilitychange'));
	vi.advanceTimersByTime(500);
	page.dispatchEvent(new Event('resume'));
	vi.advanceTimersByTime(500);
	expect(told).toEqual(['awake', 'awake']);
});

it('[PF5] notices that nothing ran for a while', () => {
	vi.advanceTimersByTime(8000);
	vi.setSystemTime(Date.now() + 60_000);
	vi.advanceTimersByTime(4500);
	expect(told).toEqual(['awake']);
});

it('[PF5] tells nothing once it is ended', () => {
	view.dispatchEvent(new Event('online'));
	stop();
	view.dispatchEvent(new Event('offline'));
	vi.setSystemTime(Date.now() + 60_000);
	vi.advanceTimersByTime(60_000);
	expect(told).toEqual([]);
});
