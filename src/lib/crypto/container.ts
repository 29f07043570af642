// The crypto-container: a random data key seals the identity's secrets and everything the device stores, and is itself
// wrapped in slots, each of which opens it in another way. [AT1] [AT2] [AT6]
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { KeySlotStore } from '#lib/ports/key-slots.ts';
import type { Random } from '#lib/ports/random.ts';
import type { StoreError } from '#lib/ports/store.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { openBrowserSlot, sealBrowserSlot } from './container-browser-slot.ts';
import {
	decodeContainer,
	decodeSecrets,
	encodeContainer,
	encodeSecrets,
	MAX_PREKEYS,
	SLOT_KIND,
	type Slot,
} from './container-format.ts';
import { derive } from './hash.ts';
import type { IdentitySecrets } from './identity.ts';

const NONCE = 24;

export interface ContainerParts {
	readonly crypto: CryptoProvider;
	readonly random: Random;
	readonly subtle: SubtleCrypto;
	readonly slots: KeySlotStore;
}

/**
 * absent: none here, never made or evicted. exists: one is here, and a second would bury it. no-slot: none of its slots
 * opens in this browser. damaged: the bytes are not what was written.
 */
export interface ContainerError {
	readonly type: 'absent' | 'exists' | 'no-slot' | 'damaged';
	readonly detail: string;
}

/** The opened container. */
export interface Sealer {
	readonly secrets: IdentitySecrets;
	/** Key of the sealed store, 32 bytes. */
	readonly storageKey: Bytes;
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
	const sealer = createSealer(parts, dataKey, [slot], key, secrets);
	const written = await sealer.replaceSecrets(secrets);
	return written.ok ? ok(sealer) : written;
}

/** Opens the container that lies here, by the first slot that opens in this browser. */
export async function openContainer(
	parts: ContainerParts,
): Promise<Result<Sealer, ContainerError | StoreError>> {
	const present = await parts.slots.read();
	if (!present.ok) return present;
	if (present.value === undefined) return err({ type: 'absent', detail: 'no container' });
	const { container, browserKey } = present.value;
	const record = decodeContainer(container);
	if (!record.ok) return err({ type: 'damaged', detail: record.error.detail });
	const { slots, box } = record.value;

	const slot = slots.find(({ kind }) => kind === SLOT_KIND.browser);
	if (slot === undefined || browserKey === null) {
		return err({ type: 'no-slot', detail: 'no slot for this browser' });
	}
	const dataKey = await openBrowserSlot(parts.subtle, browserKey, slot);
	if (dataKey === undefined) return err({ type: 'damaged', detail: 'the slot does not open' });

	const boxKey = derive(parts.crypto, dataKey, 'container-secrets');
	const plain = parts.crypto.open(boxKey, box.subarray(0, NONCE), box.subarray(NONCE));
	const secrets = plain && decodeSecrets(plain);
	if (!secrets?.ok) return err({ type: 'damaged', detail: 'the secrets do not open' });
	return ok(createSealer(parts, dataKey, slots, browserKey, secrets.value));
}

function createSealer(
	{ crypto, random, slots: store }: ContainerParts,
	dataKey: Bytes,
	slots: readonly Slot[],
	browserKey: CryptoKey | null,
	initial: IdentitySecrets,
): Sealer {
	const boxKey = derive(crypto, dataKey, 'container-secrets');
	const storageKey = derive(crypto, dataKey, 'container-storage');
	dataKey.fill(0);
	let secrets = initial;
	let locked = false;

	return {
		get secrets() {
			if (locked) throw new Error('the container is locked');
			return secrets;
		},
		storageKey,
		async replaceSecrets(next) {
			if (locked) throw new Error('the container is locked');
			if (next.prekeySeeds.length === 0 || next.prekeySeeds.length > MAX_PREKEYS) {
				throw new Error(`${next.prekeySeeds.length} prekeys`);
			}
			const nonce = random.bytes(NONCE);
			const box = concat(nonce, crypto.seal(boxKey, nonce, encodeSecrets(next)));
			const written = await store.write({ container: encodeContainer({ slots, box }), browserKey });
			if (written.ok) secrets = next;
			return written;
		},
		lock() {
			locked = true;
			const seeds = secrets.prekeySeeds.map(({ seed }) => seed);
			for (const key of [boxKey, storageKey, secrets.rootSeed, secrets.deviceSeed, ...seeds]) {
				key.fill(0);
			}
		},
	};
}
