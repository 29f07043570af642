// The screen before a locked device, where the keys open and nothing else is left.
import { expect, it, vi } from 'vitest';
import { createLocked, type LockedParts } from '#lib/boot/locked.ts';
import { err } from '#lib/util/result.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const onOpen = vi.fn();
const onEmpty = vi.fn();

function lockedBy(error: 'absent' | 'damaged'): ReturnType<typeof createLocked> {
	let written: string | null = null;
	const parts: LockedParts = {
		start: {
			open: () => Promise.resolve(err({ type: error, detail: '' })),
			ways: () => Promise.resolve({ browser: false, passphrase: true, passkeys: 1 }),
		},
		clock: createManualClock(),
		preferences: {
			read: () => written,
			write: (_name, value) => {
				written = value;
			},
		},
		wipe: () => Promise.resolve(),
	};
	return createLocked(parts, onOpen, onEmpty);
}

it('[EV2] offers the way on where the rows are gone, by passphrase and by passkey', async () => {
	const screen = await lockedBy('absent');
	expect((await screen.unlock('right')).ok).toBe(true);
	expect((await screen.unlockByPasskey()).ok).toBe(true);
	expect(onEmpty).toHaveBeenCalledTimes(2);
	expect(onOpen).not.toHaveBeenCalled();
});

it('[EV2] calls damaged what is damaged', async () => {
	onEmpty.mockClear();
	const screen = await lockedBy('damaged');
	expect(await screen.unlock('right')).toEqual(err({ type: 'damaged' }));
	expect(onEmpty).not.toHaveBeenCalled();
});
