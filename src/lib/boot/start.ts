// From an identity to a running messenger: the large part of starting, fetched behind the first screen.
import { readSlots } from '#lib/crypto/container.ts';
import type { SlotSummary } from '#lib/crypto/container-slots.ts';
import { createSealedStore } from '#lib/crypto/sealed-store.ts';
import { createBulkCrypto, type BulkCrypto } from '#lib/crypto/bulk.ts';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import {
	createAccount,
	renewAccount,
	openAccount,
	type Account,
	type AccountError,
	type AccountParts,
} from '#lib/messenger/account.ts';
import type { Messenger } from '#lib/messenger/api.ts';
import { createMessenger } from '#lib/messenger/messenger.ts';
import type { PairingTake } from '#lib/messenger/pairing/pairing.ts';
import type { PairingCodeError } from '#lib/protocol/pairing.ts';
import type { Security } from '#lib/messenger/security.ts';
import { createRelayDialer, loadDirectDialer } from '#lib/p2p/index.ts';
import { createMediaStreams } from '#lib/platform/media-streams.ts';
import { createSystemRandom } from '#lib/platform/random.ts';
import { trustedScript } from '#lib/platform/trusted-script.ts';
import { requestPersistence } from '#lib/platform/storage-persistence.ts';
import type { Page, Ports } from '#lib/messenger/ports.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { ContentStore } from '#lib/ports/content-store.ts';
import type { DirectDialer } from '#lib/ports/direct-dialer.ts';
import type { MediaStreams } from '#lib/ports/media-streams.ts';
import type { KeyValueStore } from '#lib/ports/store.ts';
import type { KeySlotStore } from '#lib/ports/key-slots.ts';
import { createChunkWorker } from '#lib/storage/chunk-files.ts';
import { createContent } from '#lib/storage/content.ts';
import contentWorkerUrl from './content-worker.ts?worker&url';
import { openIndexedDbStore } from '#lib/storage/indexeddb.ts';
import type { Preferences } from '#lib/state/preferences.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { ok, type Result } from '#lib/util/result.ts';
import { deviceName } from './device-name.ts';
import { createPage, linksDirectly } from './page.ts';
import { createSecurity } from './security.ts';
import { openerFor, remember, type RememberedWay, type Way } from './ways-in.ts';

/** How long after a start the part for direct links is fetched, if nobody needed it before, ms. */
const DIRECT_AFTER = 1000;

export interface StartParts {
	readonly clock: Clock;
	readonly slots: KeySlotStore;
	/** Name of the device's store. */
	readonly database: string;
	/** Name of the store for chunks of files. */
	readonly contentFolder: string;
	readonly preferences: Preferences;
	/** Address of the relay that served the page. */
	readonly offered: Promise<Page['offeredRelay']>;
	/** The store was taken away, such as by another tab. */
	readonly onLost: () => void;
	/** The keys are forgotten and the messenger has ended. */
	readonly onLocked: () => void;
	readonly wipe: () => Promise<void>;
}

/** A messenger that runs, and the locks of its device. */
export interface Running {
	readonly messenger: Messenger;
	readonly security: Security;
	readonly streams: MediaStreams;
}

export interface Start {
	/** Opens the identity that is here and starts its messenger. */
	open(way?: Way): Promise<Result<Running, AccountError>>;
	/** The ways in that there are; none where nothing readable is here. */
	ways(): Promise<SlotSummary>;
	/** Becomes a device of whoever showed this code on another one; `onRunning` once it is. */
	link(
		code: string,
		onRunning: (running: Running) => void,
	): Promise<Result<PairingTake, PairingCodeError>>;
	/** Goes on as the person whose keys are here, with a new device: everything else is gone. */
	renew(name: string): Promise<Result<Running, AccountError>>;
	/** Makes an identity, or a new device of the one whose root seed this is, and starts its messenger. */
	create(name: string, rootSeed?: Bytes): Promise<Result<Running, AccountError>>;
}

export function createStart({
	clock,
	slots,
	database,
	contentFolder,
	preferences,
	offered,
	onLost,
	onLocked,
	wipe,
}: StartParts): Start {
	const random = createSystemRandom();
	const crypto = createCryptoProvider();

	const parts: AccountParts = {
		crypto,
		random,
		clock,
		subtle: globalThis.crypto.subtle,
		slots,
		async openStore(storageKey) {
			const store = await openIndexedDbStore(database, { onLost });
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
	const fetchDirect = (): void => {
		if (linksDirectly) directDialer().catch(() => undefined);
	};

	/** Each messenger closes its own. */
	const openContent = (): ContentStore =>
		createContent(contentFolder, {
			clock,
			worker: () =>
				createChunkWorker(
					new Worker(trustedScript('aegis-content', contentWorkerUrl), { type: 'module' }),
				),
			estimate: () => navigator.storage.estimate(),
		});
	let bulk: Promise<BulkCrypto> | undefined;
	const bulkCrypto = (): Promise<BulkCrypto> =>
		(bulk ??= createBulkCrypto(globalThis.crypto.subtle));

	// Not there on pages without a secure context.
	const workers = (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker;
	const streams = createMediaStreams(workers, random);

	const relayDialer = createRelayDialer({ clock });
	const portsFor = (store: KeyValueStore): Ports => ({
		clock,
		random,
		crypto,
		store,
		content: openContent(),
		bulkCrypto,
		relayDialer,
		directDialer,
	});

	async function start(account: Account): Promise<Running> {
		const { self, store } = account;
		const page = createPage(offered);
		clock.after(DIRECT_AFTER, fetchDirect);
		const messenger = await createMessenger(portsFor(store), self, page);
		// A page that goes says so, or others would wait for it; one that is brought back from memory starts anew.
		const running = new AbortController();
		const { signal } = running;
		addEventListener('pagehide', () => void messenger.stop(), { once: true, signal });
		addEventListener(
			'pageshow',
			(event) => {
				if (event.persisted) location.reload();
			},
			{ signal },
		);
		const security = await createSecurity({
			account,
			parts,
			preferences,
			backups: {
				async save(options) {
					const { saveFile } = await import('./backups.ts');
					const day = new Date(clock.now()).toISOString().slice(0, 10);
					return saveFile(self.root.backupKey, messenger, `aegis-${day}.aegis`, options);
				},
				async restore(file, options) {
					const { checkFile } = await import('./backups.ts');
					const checked = await checkFile(self.root.backupKey, file, options);
					return checked.ok ? checked.value.takeInto(messenger.archive) : checked;
				},
			},
			stop() {
				running.abort();
				return messenger.stop();
			},
			onLocked,
			wipe,
		});
		void requestPersistence(navigator.storage);
		return { messenger, security, streams };
	}

	/** How keys were opened here that have nothing beside them any longer. */
	let entered: RememberedWay | undefined;

	/** Of keys that are in use from now on, and that only their container holds. */
	async function startWith(
		account: Result<Account, AccountError>,
	): Promise<Result<Running, AccountError>> {
		if (!account.ok) return account;
		entered?.forget();
		return ok(await start(account.value));
	}

	return {
		async open(way = { by: 'browser' }) {
			// Large, and who was here before has people to link with: it comes while their keys are opened.
			fetchDirect();
			const opener = await openerFor(way, parts);
			const once = opener && remember(opener);
			const account = await openAccount(parts, once?.opener);
			if (!account.ok && account.error.type === 'absent') entered = once;
			else once?.forget();
			return startWith(account);
		},
		async ways() {
			const found = await readSlots(slots);
			return (found.ok && found.value) || { browser: false, passphrase: false, passkeys: 0 };
		},
		async link(code, onRunning) {
			const { linkDevice } = await import('./linking.ts');
			const ways = { relayDialer, portsFor };
			const onAccount = async (account: Account): Promise<void> => {
				entered?.forget();
				onRunning(await start(account));
			};
			return linkDevice(parts, ways, deviceName(navigator), code, onAccount, entered?.opener);
		},
		async renew(name) {
			const device = deviceName(navigator);
			return startWith(await renewAccount(parts, name.trim(), device, entered?.opener));
		},
		async create(name, rootSeed) {
			const device = deviceName(navigator);
			return startWith(await createAccount(parts, name.trim(), device, rootSeed, entered?.opener));
		},
	};
}
