// The screen before a locked device: tries what is given, and makes wrong passphrases wait. [AT11]
import type { AccountError } from '#lib/messenger/account.ts';
import type { BootState } from '#lib/messenger/boot-state.ts';
import type { UnlockError } from '#lib/messenger/security.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { Preferences } from '#lib/state/preferences.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { Running, Start } from './start.ts';
import { createUnlockWait } from './unlock-wait.ts';

type Locked = Extract<BootState, { state: 'locked' }>;

export interface LockedParts {
	readonly start: Pick<Start, 'open' | 'ways'>;
	readonly clock: Clock;
	readonly preferences: Preferences;
	readonly wipe: () => Promise<void>;
}

const otherError = ({ type }: AccountError): UnlockError => {
	switch (type) {
		case 'cancelled':
		case 'no-secret':
		case 'damaged':
		case 'weakened':
		case 'storage':
			return { type };
		case 'stretch':
			return { type: 'memory' };
		default:
			return { type: 'damaged' };
	}
};

/** `onEmpty`: the keys open, and the browser has deleted everything else. [EV2] */
export async function createLocked(
	{ start, clock, preferences, wipe }: LockedParts,
	onOpen: (running: Running) => void,
	onEmpty: () => void,
): Promise<Locked> {
	const wait = createUnlockWait(preferences);
	const { passphrase, passkeys } = await start.ways();

	async function open(
		way: Parameters<Start['open']>[0],
		wrong: () => UnlockError,
	): Promise<Result<void, UnlockError>> {
		const opened = await start.open(way);
		if (!opened.ok && opened.error.type === 'absent') {
			wait.right();
			onEmpty();
			return ok();
		}
		if (!opened.ok) return err(opened.error.type === 'wrong' ? wrong() : otherError(opened.error));
		wait.right();
		onOpen(opened.value);
		return ok();
	}

	return {
		state: 'locked',
		passphrase,
		passkeys: passkeys > 0,
		waitUntil: wait.until(clock.now()),
		clock,
		unlock(given) {
			const until = wait.until(clock.now());
			if (until > clock.now()) return Promise.resolve(err({ type: 'wait', until }));
			return open({ by: 'passphrase', passphrase: given }, () => ({
				type: 'wrong',
				until: wait.wrong(clock.now()),
			}));
		},
		// Nobody guesses a passkey.
		unlockByPasskey: () => open({ by: 'passkey' }, () => ({ type: 'damaged' })),
		wipe,
	};
}
