// The only composition root of the browser, as far as the first screen needs it: finds out what is here, and fetches
// the rest (start.ts) at once for somebody who has been here before, behind the first screen for a new person.
import { sha256 } from '#lib/crypto/sha256.ts';
import type { Messenger } from '#lib/messenger/api.ts';
import type { BootState } from '#lib/messenger/boot-state.ts';
import { previewInvitation } from '#lib/messenger/preview.ts';
import { missingCapabilities } from '#lib/platform/capabilities.ts';
import { createSystemClock } from '#lib/platform/clock.ts';
import { createWebLock } from '#lib/platform/web-lock.ts';
import type { HeldNode } from '#lib/ports/lock.ts';
import { createIndexedDbKeySlots } from '#lib/storage/key-slots.ts';
import { createSignal, type Readable } from '#lib/util/signal.ts';
import { err, ok } from '#lib/util/result.ts';
import { afterPaint } from './after-paint.ts';
import { offeredRelay } from './page.ts';
import type { Start } from './start.ts';

const KEYS = 'aegis-keys';
const NODE = 'aegis-node';

export function boot(): Readable<BootState> {
	const state = createSignal<BootState>({ state: 'starting' });
	const fail = (cause: unknown): void => {
		state.set({ state: 'failed', detail: cause instanceof Error ? cause.message : String(cause) });
	};

	const clock = createSystemClock();
	const slots = createIndexedDbKeySlots(KEYS);
	const offered = offeredRelay(clock);

	let starting: Promise<Start> | undefined;
	const loadStart = (): Promise<Start> =>
		(starting ??= import('./start.ts').then(({ createStart }) =>
			createStart({
				clock,
				slots,
				offered,
				onLost: () => {
					if (state.get().state === 'ready') state.set({ state: 'moved' });
				},
			}),
		));

	function ready(messenger: Messenger, lock: HeldNode): void {
		lock.onLost = async () => {
			state.set({ state: 'moved' });
			await messenger.stop();
		};
		state.set({ state: 'ready', messenger, clock });
	}

	function welcome(lock: HeldNode): void {
		lock.onLost = async () => {
			state.set({ state: 'moved' });
		};
		state.set({
			state: 'new',
			preview: (link) => previewInvitation(link, sha256, clock.now(), () => false),
			async create(name) {
				const start = await loadStart();
				const made = await start.create(name);
				if (!made.ok) return err({ type: 'storage' });
				ready(made.value, lock);
				return ok();
			},
		});
		// By the time a name is written, what comes after it is here.
		afterPaint(() => void loadStart().catch(() => (starting = undefined)));
	}

	async function open(lock: HeldNode, reading = slots.read()): Promise<void> {
		const kept = await reading;
		if (kept.ok && kept.value === undefined) {
			welcome(lock);
			return;
		}
		const start = await loadStart();
		const messenger = await start.open();
		if (messenger.ok) ready(messenger.value, lock);
		else if (messenger.error.type === 'absent') welcome(lock);
		else fail(messenger.error.detail);
	}

	async function begin(): Promise<void> {
		// Somebody who has been here before needs all of it, whatever else is found.
		const reading = slots.read();
		void reading.then((kept) => {
			if (kept.ok && kept.value !== undefined) loadStart().catch(fail);
		});
		const missing = (await missingCapabilities()).filter(({ essential }) => essential);
		if (missing.length > 0) {
			const names = missing.map(({ capability }) => capability);
			state.set({ state: 'unsupported', missing: names });
			return;
		}
		const locks = createWebLock({
			locks: navigator.locks,
			clock,
			createChannel: (name) => new BroadcastChannel(name),
		});
		const lock = await locks.requestNode(NODE);
		if (lock.held) {
			await open(lock, reading);
			return;
		}
		state.set({
			state: 'other-tab',
			takeOver: () => {
				state.set({ state: 'starting' });
				lock
					.takeOver()
					.then((taken) => open(taken))
					.catch(fail);
			},
		});
	}

	begin().catch(fail);
	return state;
}
