// Stands in for boot in the interface's own dev server: the scene is chosen in local storage under 'fake-scene'.
import type { BootState } from '#lib/messenger/boot-state.ts';
import type { RestoreError } from '#lib/messenger/backup-api.ts';
import type { Clock } from '#lib/ports/clock.ts';
import { err, ok } from '#lib/util/result.ts';
import { createSignal, type Readable } from '#lib/util/signal.ts';
import { createFakeMessenger, type FakeMessenger, type FakeScene } from './fake-messenger.ts';
import { fakePreview } from './fake-preview.ts';
import { createFakeTake } from './fake-devices.ts';
import { makeOdd } from './fake-oddities.ts';
import { createFakeSecurity, fakeRecoveryWords, type SecurityScene } from './fake-security.ts';

declare global {
	interface Window {
		/** For driving the fake from outside. */
		fake?: FakeMessenger;
	}
}

interface BootScene extends FakeScene, SecurityScene {
	/** For how long the next passphrase has to wait, ms. */
	readonly wait?: number;
	readonly boot?: BootState['state'];
	readonly lost?: 'everything' | 'all-but-keys';
	/** Names of all lengths and directions. */
	readonly odd?: boolean;
	/** Restoring is under way for ever, half done. */
	readonly restoring?: boolean;
	/** What is wrong with the backup that was given on the first screen. */
	readonly backupProblem?: RestoreError['type'];
}

const clock: Clock = {
	now: () => Date.now(),
	after: (ms, callback) => {
		const timer = setTimeout(callback, ms);
		return () => {
			clearTimeout(timer);
		};
	},
};

function chosenScene(): BootScene {
	// Written by whoever runs the server, for themselves.
	return JSON.parse(localStorage.getItem('fake-scene') ?? '{}') as BootScene;
}

export function boot(): Readable<BootState> {
	const scene = chosenScene();
	if (scene.odd === true) makeOdd();
	const ready = (name: string): BootState => {
		const messenger = createFakeMessenger(name, scene);
		window.fake = messenger;
		const { backupProblem: type } = scene;
		const backupProblem = type === undefined ? null : { type };
		const security = createFakeSecurity(scene);
		const openSink = (): Promise<null> => Promise.resolve(null);
		const streams = { open: () => null };
		return { state: 'ready', messenger, security, clock, openSink, streams, backupProblem };
	};
	const state = createSignal<BootState>({ state: 'starting' });
	const first = (): BootState => {
		switch (scene.boot) {
			case 'starting':
				return { state: 'starting' };
			case 'new':
				return {
					state: 'new',
					lost: scene.lost ?? null,
					renew: async (name) => {
						state.set(ready(name));
						return Promise.resolve(ok());
					},
					preview: fakePreview,
					create: async (name) => {
						state.set(ready(name));
						return ok();
					},
					restore: async (name, _words, backup) => {
						if (scene.restoring === true) {
							backup?.onProgress?.(0.4);
							return new Promise((settle) => {
								backup?.signal?.addEventListener('abort', () => {
									settle(err({ type: 'cancelled' }));
								});
							});
						}
						if (backup) return err({ type: 'damaged' });
						state.set(ready(name));
						return Promise.resolve(ok());
					},
					recoveryWords: () => Promise.resolve(fakeRecoveryWords),
					link: (code) =>
						Promise.resolve(
							code.includes('#/link/') ? ok(createFakeTake(scene)) : err({ type: 'not-a-link' }),
						),
				};
			case 'locked':
				return {
					state: 'locked',
					passphrase: true,
					passkeys: true,
					waitUntil: scene.wait === undefined ? 0 : clock.now() + scene.wait,
					clock,
					unlock: async (passphrase) => {
						if (passphrase !== 'correct horse') {
							return Promise.resolve(err({ type: 'wrong', until: clock.now() + 4000 }));
						}
						state.set(ready('Alex'));
						return ok();
					},
					unlockByPasskey: () => Promise.resolve(err({ type: 'cancelled' })),
					wipe: () => Promise.resolve(),
				};
			case 'unsupported':
				return { state: 'unsupported', missing: ['secure-context', 'web-crypto'] };
			case 'other-tab':
				return {
					state: 'other-tab',
					takeOver: () => {
						state.set(ready('Alex'));
					},
				};
			case 'removed':
				return { state: 'removed' };
			case 'moved':
				return { state: 'moved' };
			case 'failed':
				return { state: 'failed', detail: 'QuotaExceededError: the disk is full' };
			case 'ready':
			default:
				return ready('Alex');
		}
	};
	state.set(first());
	return state;
}
