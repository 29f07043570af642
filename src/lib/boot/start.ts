// From an identity to a running messenger: the large part of starting, fetched behind the first screen.
import { createSealedStore } from '#lib/crypto/sealed-store.ts';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import {
	createAccount,
	openAccount,
	type Account,
	type AccountError,
	type AccountParts,
} from '#lib/messenger/account.ts';
import type { Messenger } from '#lib/messenger/api.ts';
import { createMessenger } from '#lib/messenger/messenger.ts';
import { createWebSocketDialer, loadDirectDialer } from '#lib/p2p/index.ts';
import { createSystemRandom } from '#lib/platform/random.ts';
import { requestPersistence } from '#lib/platform/storage-persistence.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { DirectDialer } from '#lib/ports/direct-dialer.ts';
import type { KeySlotStore } from '#lib/ports/key-slots.ts';
import { openIndexedDbStore } from '#lib/storage/indexeddb.ts';
import { ok, type Result } from '#lib/util/result.ts';
import { deviceName } from './device-name.ts';
import { createPage } from './page.ts';

const DATABASE = 'aegis';
/** How long after the messenger stands the part for direct links is fetched, if nobody needed it before, ms. */
const DIRECT_AFTER = 1000;

export interface StartParts {
	readonly clock: Clock;
	readonly slots: KeySlotStore;
	/** Address of the relay that served the page. */
	readonly offered: Promise<string | null>;
	/** The store was taken away, such as by another tab. */
	readonly onLost: () => void;
}

export interface Start {
	/** Opens the identity that is here and starts its messenger. */
	open(): Promise<Result<Messenger, AccountError>>;
	/** Makes an identity and starts its messenger. */
	create(name: string): Promise<Result<Messenger, AccountError>>;
}

export function createStart({ clock, slots, offered, onLost }: StartParts): Start {
	const random = createSystemRandom();
	const crypto = createCryptoProvider();

	const parts: AccountParts = {
		crypto,
		random,
		clock,
		subtle: globalThis.crypto.subtle,
		slots,
		async openStore(storageKey) {
			const store = await openIndexedDbStore(DATABASE, { writer: random.bytes(16), onLost });
			return store.ok ? ok(createSealedStore(store.value, crypto, random, storageKey)) : store;
		},
	};

	let direct: Promise<DirectDialer> | undefined;
	/** Code that could not be fetched this time may come the next. */
	const directDialer = (): Promise<DirectDialer> =>
		(direct ??= loadDirectDialer({ clock, random }).catch((cause: unknown) => {
			direct = undefined;
			throw cause;
		}));

	async function start({ self, store }: Account): Promise<Messenger> {
		const page = createPage(await offered);
		const messenger = await createMessenger(
			{
				clock,
				random,
				crypto,
				store,
				relayDialer: createWebSocketDialer({ clock }),
				directDialer,
			},
			self,
			page,
		);
		// A page that goes says so, or others would wait for it; one that is brought back from memory starts anew.
		addEventListener('pagehide', () => void messenger.stop(), { once: true });
		addEventListener('pageshow', (event) => {
			if (event.persisted) location.reload();
		});
		void requestPersistence(navigator.storage);
		// The direct part is large: fetched behind the first paint, before somebody waits for it.
		if (page.direct) clock.after(DIRECT_AFTER, () => void directDialer().catch(() => undefined));
		return messenger;
	}

	return {
		async open() {
			const account = await openAccount(parts);
			return account.ok ? ok(await start(account.value)) : account;
		},
		async create(name) {
			const account = await createAccount(parts, name.trim(), deviceName(navigator));
			return account.ok ? ok(await start(account.value)) : account;
		},
	};
}
