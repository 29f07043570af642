// Wrong passphrases wait longer and longer.
import { expect, it } from 'vitest';
import { createUnlockWait } from '#lib/boot/unlock-wait.ts';
import type { Preferences } from '#lib/state/preferences.ts';

function kept(text: string | null = null): Preferences {
	let value = text;
	return {
		read: () => value,
		write: (_name, next) => {
			value = next;
		},
	};
}

it('[AT11] waits a second, then twice as long each time, up to an hour', () => {
	const preferences = kept();
	const waits: number[] = [];
	let now = 1_000_000;
	for (let n = 0; n < 14; n++) {
		const until = createUnlockWait(preferences).wrong(now);
		expect(createUnlockWait(preferences).until(now)).toBe(until);
		waits.push((until - now) / 1000);
		now = until;
	}
	expect(waits.slice(0, 5)).toEqual([1, 2, 4, 8, 16]);
	expect(waits.slice(-2)).toEqual([3600, 3600]);
	createUnlockWait(preferences).right();
	expect(createUnlockWait(preferences).until(now)).toBe(0);
	expect(createUnlockWait(preferences).wrong(now) - now).toBe(1000);
});

it('[AT11] keeps nobody out for longer because a clock was put back, or because of what is written there', () => {
	const preferences = kept();
	createUnlockWait(preferences).wrong(5_000_000);
	expect(createUnlockWait(preferences).until(1000)).toBe(2000);
	for (const text of ['', 'x', '1', '-1 5', '9999999 1', '1 99999999999999999999', 'NaN NaN']) {
		expect(createUnlockWait(kept(text)).until(1000)).toBe(0);
	}
	expect(createUnlockWait(kept('999999 9999999999999999')).until(1000)).toBe(3_601_000);
});
