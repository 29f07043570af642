// Who uses this device: made once, kept in the crypto-container and the sealed store, brought back at each start. [ID4]
import {
	createContainer,
	openContainer,
	type ContainerParts,
	type Sealer,
} from '#lib/crypto/container.ts';
import type { OpenError, SlotOpener } from '#lib/crypto/container-slots.ts';
import { createIdentity, type IdentitySecrets, type NewIdentity } from '#lib/crypto/identity.ts';
import { rootHashOf } from '#lib/crypto/hash.ts';
import { decode, encode } from '#lib/protocol/cbor.ts';
import { memberShape, memberToTuple, type Member } from '#lib/protocol/identity.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { KeyValueStore, StoreError } from '#lib/ports/store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { Self } from './ports.ts';
import { createRootSigner } from './root-signer.ts';

const PROFILE = { table: 'account', key: ['profile'] } as const;
/** There once the recovery phrase is known to be written down. */
const PHRASE = { table: 'account', key: ['phrase'] } as const;

export interface AccountParts extends ContainerParts {
	readonly clock: Clock;
	/** The device's store, sealed under this key. */
	openStore(storageKey: Uint8Array): Promise<Result<KeyValueStore, StoreError>>;
}

export interface Account {
	readonly self: Self;
	readonly store: KeyValueStore;
	readonly container: Sealer;
}

/**
 * absent: nobody has an identity here. locked: there is one, and it has no slot of the kind that was tried. damaged: it
 * can't be opened. storage: as the store said. The others as the slot said.
 */
export interface AccountError {
	readonly type:
		| 'absent'
		| 'locked'
		| 'damaged'
		| 'storage'
		| Extract<OpenError['type'], 'wrong' | 'weakened' | 'stretch' | 'cancelled' | 'no-secret'>;
	readonly detail: string;
}

export async function toSelf(
	crypto: CryptoProvider,
	secrets: IdentitySecrets,
	member: Member,
): Promise<Self> {
	const newestFirst = [...secrets.prekeySeeds].reverse();
	return {
		name: member.name,
		deviceName: member.certificate.deviceName,
		rootHash: rootHashOf(crypto, member.certificate.rootKey),
		device: await crypto.signingKey(secrets.deviceSeed),
		prekeys: await Promise.all(newestFirst.map(({ seed }) => crypto.agreementKey(seed))),
		member,
		root: await createRootSigner(crypto, secrets.rootSeed),
		former: [],
	};
}

const accountError = ({ type, detail }: OpenError | StoreError): AccountError => {
	switch (type) {
		case 'no-slot':
			return { type: 'locked', detail };
		case 'exists':
		case 'full':
		case 'refused':
		case 'failed':
			return { type: 'storage', detail };
		default:
			return { type, detail };
	}
};

/** By this kind of slot; by the browser's own unless told otherwise. */
export async function openAccount(
	parts: AccountParts,
	opener?: SlotOpener,
): Promise<Result<Account, AccountError>> {
	const container = await openContainer(parts, opener);
	if (!container.ok) return err(accountError(container.error));
	const store = await parts.openStore(container.value.storageKey);
	if (!store.ok) return err({ type: 'storage', detail: store.error.detail });
	const profile = await store.value.get(PROFILE.table, PROFILE.key);
	const member = profile && decode(memberShape, profile, 4096);
	if (member?.ok !== true) {
		// The tab was closed between the keys and the profile: nothing was lost but the name.
		store.value.close();
		container.value.lock();
		return err({ type: 'absent', detail: 'no profile' });
	}
	const self = await toSelf(parts.crypto, container.value.secrets, member.value);
	return ok({ self, store: store.value, container: container.value });
}

/**
 * Makes the keys of a new person on this device; with a root seed (32 bytes), those of a new device of the person whose
 * it is, who has written it down.
 */
export async function createAccount(
	parts: AccountParts,
	name: string,
	deviceName: string,
	rootSeed?: Bytes,
	opener?: SlotOpener,
): Promise<Result<Account, AccountError>> {
	const { crypto, random, clock } = parts;
	const made = await createIdentity(crypto, random, clock, name, deviceName, rootSeed);
	const kept = await keepAccount(parts, made, opener);
	if (kept.ok && rootSeed !== undefined) await keepPhrase(kept.value, clock);
	return kept;
}

/** Makes these keys the ones of this device; `opener` opens what may be left of the last ones. */
export async function keepAccount(
	parts: AccountParts,
	made: NewIdentity,
	opener?: SlotOpener,
): Promise<Result<Account, AccountError>> {
	const left = await parts.slots.read();
	if (left.ok && left.value !== undefined) {
		// Keys without a profile are of nobody. Anything else, locked or not, is somebody's.
		const here = await openAccount(parts, opener);
		if (here.ok || here.error.type !== 'absent') {
			return err({ type: 'storage', detail: 'an identity is here already' });
		}
		await parts.slots.remove();
	}
	const container: Result<Sealer, { detail: string }> = await createContainer(parts, made.secrets);
	if (!container.ok) return err({ type: 'storage', detail: container.error.detail });
	const store = await parts.openStore(container.value.storageKey);
	if (!store.ok) return err({ type: 'storage', detail: store.error.detail });
	const kept = await store.value.commit([
		{ ...PROFILE, value: encode(memberToTuple(made.member)) },
	]);
	if (!kept.ok) return err({ type: 'storage', detail: kept.error.detail });
	const self = await toSelf(parts.crypto, made.secrets, made.member);
	return ok({ self, store: store.value, container: container.value });
}

/**
 * Goes on as the person whose keys lie here, after everything else was deleted: as a new device, since nothing says any
 * longer what the last one has written. [EV2]
 */
export async function renewAccount(
	parts: AccountParts,
	name: string,
	deviceName: string,
	opener?: SlotOpener,
): Promise<Result<Account, AccountError>> {
	const { crypto, random, clock } = parts;
	const container = await openContainer(parts, opener);
	if (!container.ok) return err(accountError(container.error));
	const { rootSeed } = container.value.secrets;
	const made = await createIdentity(crypto, random, clock, name, deviceName, rootSeed);
	const replaced = await container.value.replaceSecrets(made.secrets);
	if (!replaced.ok) return err({ type: 'storage', detail: replaced.error.detail });
	const store = await parts.openStore(container.value.storageKey);
	if (!store.ok) return err({ type: 'storage', detail: store.error.detail });
	const kept = await store.value.commit([
		{ ...PROFILE, value: encode(memberToTuple(made.member)) },
	]);
	if (!kept.ok) return err({ type: 'storage', detail: kept.error.detail });
	const self = await toSelf(crypto, made.secrets, made.member);
	return ok({ self, store: store.value, container: container.value });
}

export const isPhraseKept = async ({ store }: Account): Promise<boolean> =>
	(await store.get(PHRASE.table, PHRASE.key)) !== undefined;

/** The person has shown that the phrase is written down. */
export const keepPhrase = ({ store }: Account, clock: Clock): Promise<Result<void, StoreError>> =>
	store.commit([{ ...PHRASE, value: encode(Math.floor(clock.now())) }]);
