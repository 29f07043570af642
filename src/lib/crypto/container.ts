// The crypto-container: a random data key seals the identity's secrets and everything the device stores, and is itself
// wrapped in slots, each of which opens it in another way. [AT1] [AT2] [AT6] [AT10]
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { KeySlotStore } from '#lib/ports/key-slots.ts';
import type { StretchError } from '#lib/ports/key-stretcher.ts';
import type { PasskeyError } from '#lib/ports/passkeys.ts';
import type { Random } from '#lib/ports/random.ts';
import type { StoreError } from '#lib/ports/store.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { byBrowser, sealBrowserSlot } from './container-browser-slot.ts';
import {
	decodeContainer,
	decodeSecrets,
	encodeContainer,
	encodeSecrets,
	MAX_PREKEYS,
	type Slot,
} from './container-format.ts';
import {
	isAllowed,
	summarize,
	type ContainerError,
	type OpenError,
	type SlotOpener,
	type SlotsHere,
	type SlotSummary,
} from './container-slots.ts';
import { derive } from './hash.ts';
import type { IdentitySecrets } from './identity.ts';

const NONCE = 24;

export interface ContainerParts {
	readonly crypto: CryptoProvider;
	readonly random: Random;
	readonly subtle: SubtleCrypto;
	readonly slots: KeySlotStore;
}

/** What becomes of a container's slots, as one write. */
export interface SlotChange {
	/** Takes these away. */
	readonly without?: (slot: Slot) => boolean;
	/** Wraps the data key once more. */
	readonly add?: (
		dataKey: Bytes,
	) => Promise<Result<{ readonly slot: Slot; readonly browserKey?: CryptoKey }, SlotAddError>>;
}

type SlotAddError = StretchError | PasskeyError;

/** last: nobody could get in afterwards, or only by a passkey; or there are too many. */
export interface SlotChangeError {
	readonly type: 'last';
	readonly detail: string;
}

/** The opened container. */
export interface Sealer {
	readonly secrets: IdentitySecrets;
	/** Key of the sealed store, 32 bytes. */
	readonly storageKey: Bytes;
	readonly slots: SlotSummary;
	/** Resolves once that is durable; where it fails, all is as before. */
	changeSlots(
		change: SlotChange,
	): Promise<Result<void, SlotChangeError | SlotAddError | StoreError>>;
	/** Keeps other secrets from now on, such as after a rotation; resolves once that is durable. */
	replaceSecrets(secrets: IdentitySecrets): Promise<Result<void, StoreError>>;
	/** Overwrites the keys in memory; nothing works after it. Copies made by others are theirs to forget. */
	lock(): void;
}

/** Makes the container of a new identity, with a slot that opens in this browser alone. */
export async function createContainer(
	parts: ContainerParts,
	secrets: IdentitySecrets,
): Promise<Result<Sealer, ContainerError | StoreError>> {
	const present = await parts.slots.read();
	if (!present.ok) return present;
	if (present.value !== undefined) return err({ type: 'exists', detail: 'a container is here' });

	const dataKey = parts.random.bytes(32);
	const { slot, key } = await sealBrowserSlot(parts, dataKey);
	const sealer = createSealer(parts, dataKey, { slots: [slot], browserKey: key }, secrets);
	const written = await sealer.replaceSecrets(secrets);
	return written.ok ? ok(sealer) : written;
}

/** What lies here, before anything is opened; absent as undefined. */
export async function readSlots(
	store: KeySlotStore,
): Promise<Result<SlotSummary | undefined, ContainerError | StoreError>> {
	const present = await store.read();
	if (!present.ok) return present;
	if (present.value === undefined) return ok(undefined);
	const record = decodeContainer(present.value.container);
	if (!record.ok) return err({ type: 'damaged', detail: record.error.detail });
	return ok(summarize(record.value.slots));
}

/** Opens the container that lies here, by this kind of slot; by the browser's own unless told otherwise. */
export async function openContainer(
	parts: ContainerParts,
	opener: SlotOpener = byBrowser(parts.subtle),
): Promise<Result<Sealer, OpenError | StoreError>> {
	const present = await parts.slots.read();
	if (!present.ok) return present;
	if (present.value === undefined) return err({ type: 'absent', detail: 'no container' });
	const { container, browserKey } = present.value;
	const record = decodeContainer(container);
	if (!record.ok) return err({ type: 'damaged', detail: record.error.detail });
	const { slots, box } = record.value;

	const dataKey = await opener({ slots, browserKey });
	if (!dataKey.ok) return dataKey;
	const boxKey = derive(parts.crypto, dataKey.value, 'container-secrets');
	const plain = parts.crypto.open(boxKey, box.subarray(0, NONCE), box.subarray(NONCE));
	const secrets = plain && decodeSecrets(plain);
	if (!secrets?.ok) return err({ type: 'damaged', detail: 'the secrets do not open' });
	return ok(createSealer(parts, dataKey.value, { slots, browserKey }, secrets.value));
}

function createSealer(
	{ crypto, random, slots: store }: ContainerParts,
	dataKey: Bytes,
	initialSlots: SlotsHere,
	initialSecrets: IdentitySecrets,
): Sealer {
	const boxKey = derive(crypto, dataKey, 'container-secrets');
	const storageKey = derive(crypto, dataKey, 'container-storage');
	let here = initialSlots;
	let secrets = initialSecrets;
	let locked = false;
	/** Changes follow one another: each is written with what the one before it left. */
	let last: Promise<unknown> = Promise.resolve();

	function inTurn<T>(action: () => Promise<T>): Promise<T> {
		const turn = last.then(() => {
			if (locked) throw new Error('the container is locked');
			return action();
		});
		last = turn.catch(() => undefined);
		return turn;
	}

	async function write(next: SlotsHere, kept: IdentitySecrets): Promise<Result<void, StoreError>> {
		const nonce = random.bytes(NONCE);
		const box = concat(nonce, crypto.seal(boxKey, nonce, encodeSecrets(kept)));
		const container = encodeContainer({ slots: next.slots, box });
		const written = await store.write({ container, browserKey: next.browserKey });
		if (written.ok) [here, secrets] = [next, kept];
		return written;
	}

	return {
		get secrets() {
			if (locked) throw new Error('the container is locked');
			return secrets;
		},
		get slots() {
			return summarize(here.slots);
		},
		storageKey,
		changeSlots: ({ without = () => false, add }) =>
			inTurn(async () => {
				const added = await add?.(dataKey);
				if (added?.ok === false) return added;
				if (locked) throw new Error('the container is locked');
				const left = here.slots.filter((slot) => !without(slot));
				const slots = added ? [...left, added.value.slot] : left;
				if (!isAllowed(slots)) return err({ type: 'last', detail: 'a way in must remain' });
				const newest = added?.value.browserKey ?? here.browserKey;
				return write({ slots, browserKey: summarize(slots).browser ? newest : null }, secrets);
			}),
		replaceSecrets: (next) =>
			inTurn(() => {
				if (next.prekeySeeds.length === 0 || next.prekeySeeds.length > MAX_PREKEYS) {
					throw new Error(`${next.prekeySeeds.length} prekeys`);
				}
				return write(here, next);
			}),
		lock() {
			locked = true;
			const seeds = secrets.prekeySeeds.map(({ seed }) => seed);
			const keys = [dataKey, boxKey, storageKey, secrets.rootSeed, secrets.deviceSeed, ...seeds];
			for (const key of keys) key.fill(0);
		},
	};
}
