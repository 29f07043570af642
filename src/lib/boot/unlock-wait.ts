// Wrong passphrases wait: a second, then twice as long each time, up to an hour; kept over reloads. It slows down whoever
// sits at the page. Whoever takes the disk is slowed down by Argon2id alone. [AT11]
import type { Preferences } from '#lib/state/preferences.ts';

const FIRST = 1000;
const LONGEST = 3_600_000;

export interface UnlockWait {
	/** Nothing is tried before, ms since 1970; 0 while there is no need. */
	until(now: number): number;
	/** One more wrong one. */
	wrong(now: number): number;
	right(): void;
}

/** Milliseconds after so many wrong ones in a row. */
const waitAfter = (wrong: number): number => Math.min(FIRST * 2 ** (wrong - 1), LONGEST);

export function createUnlockWait(preferences: Preferences): UnlockWait {
	function read(now: number): { wrong: number; until: number } {
		const match = /^(\d{1,6}) (\d{1,16})$/.exec(preferences.read('unlock-wait') ?? '');
		if (match === null) return { wrong: 0, until: 0 };
		const wrong = Number(match[1]);
		// A clock that was put back must not keep anybody out for longer than the wait itself.
		return { wrong, until: Math.min(Number(match[2]), now + waitAfter(wrong)) };
	}
	return {
		until: (now) => read(now).until,
		wrong(now) {
			const wrong = read(now).wrong + 1;
			const until = now + waitAfter(wrong);
			preferences.write('unlock-wait', `${String(wrong)} ${String(until)}`);
			return until;
		},
		right() {
			preferences.write('unlock-wait', null);
		},
	};
}
