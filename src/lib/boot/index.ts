// The only composition root of the browser: finds out what is here, opens or makes the account, starts the messenger.
import { createSealedStore } from '#lib/crypto/sealed-store.ts';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import {
	createAccount,
	openAccount,
	type Account,
	type AccountParts,
} from '#lib/messenger/account.ts';
import type { BootState } from '#lib/messenger/boot-state.ts';
import { createMessenger } from '#lib/messenger/messenger.ts';
import { previewInvitation } from '#lib/messenger/preview.ts';
import { createWebSocketDialer, loadDirectDialer } from '#lib/p2p/index.ts';
import { missingCapabilities } from '#lib/platform/capabilities.ts';
import { createSystemClock } from '#lib/platform/clock.ts';
import { createSystemRandom } from '#lib/platform/random.ts';
import { requestPersistence } from '#lib/platform/storage-persistence.ts';
import { createWebLock } from '#lib/platform/web-lock.ts';
import type { DirectDialer } from '#lib/ports/direct-dialer.ts';
import type { HeldNode } from '#lib/ports/lock.ts';
import { openIndexedDbStore } from '#lib/storage/indexeddb.ts';
import { createIndexedDbKeySlots } from '#lib/storage/key-slots.ts';
import { createSignal, type Readable } from '#lib/util/signal.ts';
import { err, ok } from '#lib/util/result.ts';
import { deviceName } from './device-name.ts';
import { createPage, offeredRelay } from './page.ts';

const DATABASE = 'aegis';
const KEYS = 'aegis-keys';
const NODE = 'aegis-node';

export function boot(): Readable<BootState> {
	const state = createSignal<BootState>({ state: 'starting' });
	const fail = (cause: unknown): void => {
		state.set({ state: 'failed', detail: cause instanceof Error ? cause.message : String(cause) });
	};

	const clock = createSystemClock();
	const random = createSystemRandom();
	const crypto = createCryptoProvider();
	const offered = offeredRelay(clock);

	const parts: AccountParts = {
		crypto,
		random,
		clock,
		subtle: globalThis.crypto.subtle,
		slots: createIndexedDbKeySlots(KEYS),
		async openStore(storageKey) {
			const store = await openIndexedDbStore(DATABASE, {
				writer: random.bytes(16),
				onLost: () => {
					if (state.get().state === 'ready') state.set({ state: 'moved' });
				},
			});
			return store.ok ? ok(createSealedStore(store.value, crypto, random, storageKey)) : store;
		},
	};

	let direct: Promise<DirectDialer> | undefined;
	async function start({ self, store }: Account, lock: HeldNode): Promise<void> {
		const page = createPage(await offered);
		const messenger = await createMessenger(
			{
				clock,
				random,
				crypto,
				store,
				relayDialer: createWebSocketDialer({ clock }),
				directDialer: () => (direct ??= loadDirectDialer({ clock, random })),
			},
			self,
			page,
		);
		lock.onLost = async () => {
			state.set({ state: 'moved' });
			await messenger.stop();
		};
		state.set({ state: 'ready', messenger, clock });
		void requestPersistence(navigator.storage);
		// The direct part is large: fetched behind the first paint, before somebody waits for it.
		if (page.direct) clock.after(1000, () => void (direct ??= loadDirectDialer({ clock, random })));
	}

	async function open(lock: HeldNode): Promise<void> {
		const account = await openAccount(parts);
		if (account.ok) {
			await start(account.value, lock);
		} else if (account.error.type === 'absent') {
			state.set({
				state: 'new',
				preview: (link) =>
					previewInvitation(link, (b) => crypto.sha256(b), clock.now(), () => false),
				async create(name) {
					const made = await createAccount(parts, name.trim(), deviceName(navigator));
					if (!made.ok) return err({ type: 'storage' });
					await start(made.value, lock);
					return ok();
				},
			});
		} else {
			fail(account.error.detail);
		}
	}

	async function begin(): Promise<void> {
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
			await open(lock);
			return;
		}
		state.set({
			state: 'other-tab',
			takeOver: () => {
				state.set({ state: 'starting' });
				lock.takeOver().then(open).catch(fail);
			},
		});
	}

	begin().catch(fail);
	return state;
}
