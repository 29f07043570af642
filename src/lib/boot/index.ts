// The only composition root of the browser, as far as the first screen needs it: finds out what is here, and fetches
// the rest (start.ts) at once for somebody who has been here before, behind the first screen for a new person.
import { sha256 } from '#lib/crypto/sha256.ts';
import type { BootState } from '#lib/messenger/boot-state.ts';
import { previewInvitation } from '#lib/messenger/preview.ts';
import { missingCapabilities } from '#lib/platform/capabilities.ts';
import { createSystemClock } from '#lib/platform/clock.ts';
import { createWebLock } from '#lib/platform/web-lock.ts';
import type { OpenFileSink } from '#lib/ports/file-sink.ts';
import type { HeldNode } from '#lib/ports/lock.ts';
import { createIndexedDbKeySlots } from '#lib/storage/key-slots.ts';
import { createSignal, type Readable } from '#lib/util/signal.ts';
import type { CheckedBackup } from '#lib/messenger/archive/restore-backup.ts';
import type { RestoreError, WorkOptions } from '#lib/messenger/backup-api.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { afterPaint } from './after-paint.ts';
import { offeredRelay } from './page.ts';
import { createPreferences } from './preferences.ts';
import type { Security } from '#lib/messenger/security.ts';
import type { Running, Start } from './start.ts';

const KEYS = 'aegis-keys';
const DATABASE = 'aegis';
const CONTENT = 'aegis-content';
const NODE = 'aegis-node';

const openSink: OpenFileSink = async (name) => {
	const { openFileSink } = await import('#lib/platform/file-sink.ts');
	return openFileSink(name);
};

export function boot(): Readable<BootState> {
	const state = createSignal<BootState>({ state: 'starting' });
	const fail = (cause: unknown): void => {
		state.set({ state: 'failed', detail: cause instanceof Error ? cause.message : String(cause) });
	};

	const clock = createSystemClock();
	const slots = createIndexedDbKeySlots(KEYS);
	const preferences = createPreferences();
	const offered = offeredRelay(clock);
	/** Of this tab, once it has it. */
	let held: HeldNode | undefined;

	/** Another device has ended this one. */
	let isRemoved = false;
	/** Keys first: whatever is left if it is cut short opens to nobody. */
	async function wipe(): Promise<void> {
		const { wipeDevice } = await import('#lib/platform/wipe.ts');
		await wipeDevice([KEYS, DATABASE, CONTENT]);
		if (isRemoved) state.set({ state: 'removed' });
		else location.replace(location.pathname);
	}

	let starting: Promise<Start> | undefined;
	const loadStart = (): Promise<Start> =>
		(starting ??= import('./start.ts').then(({ createStart }) =>
			createStart({
				clock,
				slots,
				database: DATABASE,
				contentFolder: CONTENT,
				preferences,
				offered,
				onLost: () => {
					if (state.get().state === 'ready') state.set({ state: 'moved' });
				},
				onLocked: () => {
					if (held && state.get().state === 'ready') locked(held).catch(fail);
				},
				wipe,
			}),
		));

	function ready(
		{ messenger, security, streams }: Running,
		lock: HeldNode,
		backupProblem: RestoreError | null = null,
	): void {
		held = lock;
		preferences.write('here', String(clock.now()));
		lock.onLost = async () => {
			state.set({ state: 'moved' });
			await messenger.stop();
		};
		state.set({
			state: 'ready',
			messenger,
			security,
			clock,
			openSink,
			streams,
			backupProblem,
		});
		messenger.ended.subscribe((ended) => {
			if (ended) remove(security).catch(fail);
		});
	}

	/** Out of sight at once, then gone, and only then the person is told. */
	async function remove(security: Security): Promise<void> {
		isRemoved = true;
		state.set({ state: 'starting' });
		await security.wipe();
	}

	/** Before there is a messenger there is nothing to stop. */
	const movesAway = (lock: HeldNode): void => {
		lock.onLost = async () => {
			state.set({ state: 'moved' });
		};
	};

	function welcome(lock: HeldNode, hasKeys: boolean): void {
		movesAway(lock);
		const wasHere = preferences.read('here') !== null;
		state.set({
			state: 'new',
			lost: wasHere ? (hasKeys ? 'all-but-keys' : 'everything') : null,
			preview: (link) => previewInvitation(link, sha256, clock.now(), () => false),
			async create(name) {
				const start = await loadStart();
				const made = await start.create(name);
				if (!made.ok) return err({ type: 'storage' });
				ready(made.value, lock);
				return ok();
			},
			async restore(name, words, backup) {
				const { seedOf } = await import('#lib/crypto/recovery-phrase.ts');
				const rootSeed = seedOf(words);
				if (!rootSeed.ok) return err({ type: 'phrase' });
				const start = await loadStart();
				const checked = backup && (await checkFor(rootSeed.value, backup));
				if (checked?.ok === false) return checked;
				const made = await start.create(name, rootSeed.value);
				if (!made.ok) return err({ type: 'storage' });
				const { messenger } = made.value;
				const taken = await checked?.value.takeInto(messenger.archive);
				await messenger.comeBack();
				// The person is here; what could not be taken in may be tried again from inside.
				ready(made.value, lock, taken?.ok === false ? taken.error : null);
				return ok();
			},
			async renew(name) {
				const start = await loadStart();
				const made = await start.renew(name);
				if (!made.ok) return err({ type: 'storage' });
				await made.value.messenger.comeBack();
				ready(made.value, lock);
				return ok();
			},
			async link(code) {
				const start = await loadStart();
				return start.link(code, (running) => {
					ready(running, lock);
				});
			},
			async recoveryWords() {
				const { RECOVERY_WORDS, seedOf, wordsIn } = await import('#lib/crypto/recovery-phrase.ts');
				return {
					all: RECOVERY_WORDS,
					wordsIn,
					problem(words) {
						const read = seedOf(words);
						return read.ok ? null : read.error;
					},
				};
			},
		});
		// By the time a name is written, what comes after it is here.
		afterPaint(() => void loadStart().catch(() => (starting = undefined)));
	}

	async function checkFor(
		rootSeed: Bytes,
		{ file, ...options }: { readonly file: Blob } & WorkOptions,
	): Promise<Result<CheckedBackup, RestoreError>> {
		const { checkFile, backupKeyOfSeed } = await import('./backups.ts');
		return checkFile(backupKeyOfSeed(rootSeed), file, options);
	}

	async function locked(lock: HeldNode): Promise<void> {
		movesAway(lock);
		const start = await loadStart();
		const { createLocked } = await import('./locked.ts');
		const screen = await createLocked(
			{ start, clock, preferences, wipe },
			(running) => {
				ready(running, lock);
			},
			() => {
				welcome(lock, true);
			},
		);
		if (state.get().state !== 'moved') state.set(screen);
	}

	async function open(lock: HeldNode, reading = slots.read()): Promise<void> {
		const kept = await reading;
		if (kept.ok && kept.value === undefined) {
			welcome(lock, false);
			return;
		}
		const start = await loadStart();
		const messenger = await start.open();
		if (messenger.ok) ready(messenger.value, lock);
		else if (messenger.error.type === 'absent') welcome(lock, true);
		else if (messenger.error.type === 'locked') await locked(lock);
		else fail(messenger.error.detail);
	}

	async function begin(): Promise<void> {
		// Who was here before most likely still is: all that they need is fetched while their keys are looked for.
		if (preferences.read('here') !== null) loadStart().catch(() => (starting = undefined));
		const reading = slots.read();
		const kept = await reading;
		// Whose keys are here has been here: nothing is to be tried first.
		if (!kept.ok || kept.value === undefined) {
			const missing = (await missingCapabilities()).filter(({ essential }) => essential);
			if (missing.length > 0) {
				const names = missing.map(({ capability }) => capability);
				state.set({ state: 'unsupported', missing: names });
				return;
			}
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
