// Who uses this device: made once, kept in the crypto-container and the sealed store, brought back at each start. [ID4]
import {
	createContainer,
	openContainer,
	type ContainerParts,
	type Sealer,
} from '#lib/crypto/container.ts';
import { createIdentity, type IdentitySecrets } from '#lib/crypto/identity.ts';
import { rootHashOf } from '#lib/crypto/hash.ts';
import { decodeFrame, encode } from '#lib/protocol/cbor.ts';
import { memberShape, memberToTuple, type Member } from '#lib/protocol/identity.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { KeyValueStore, StoreError } from '#lib/ports/store.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { Self } from './ports.ts';
import { createRootSigner } from './root-signer.ts';

const PROFILE = { table: 'account', key: ['profile'] } as const;

export interface AccountParts extends ContainerParts {
	readonly clock: Clock;
	/** The device's store, sealed under this key. */
	openStore(storageKey: Uint8Array): Promise<Result<KeyValueStore, StoreError>>;
}

export interface Account {
	readonly self: Self;
	readonly store: KeyValueStore;
}

/** absent: nobody has an identity here. damaged: there is one, and it can't be opened. storage: as the store said. */
export interface AccountError {
	readonly type: 'absent' | 'damaged' | 'storage';
	readonly detail: string;
}

async function toSelf(
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

export async function openAccount(parts: AccountParts): Promise<Result<Account, AccountError>> {
	const container = await openContainer(parts);
	if (!container.ok) {
		const { type, detail } = container.error;
		if (type === 'absent') return err({ type, detail });
		return err({ type: type === 'damaged' || type === 'no-slot' ? 'damaged' : 'storage', detail });
	}
	const store = await parts.openStore(container.value.storageKey);
	if (!store.ok) return err({ type: 'storage', detail: store.error.detail });
	const profile = await store.value.get(PROFILE.table, PROFILE.key);
	const member = profile && decodeFrame(memberShape, profile, 4096);
	if (member?.ok !== true) {
		// The tab was closed between the keys and the profile: nothing was lost but the name.
		store.value.close();
		return err({ type: 'absent', detail: 'no profile' });
	}
	const self = await toSelf(parts.crypto, container.value.secrets, member.value);
	return ok({ self, store: store.value });
}

/** Makes the keys of a new person on this device. */
export async function createAccount(
	parts: AccountParts,
	name: string,
	deviceName: string,
): Promise<Result<Account, AccountError>> {
	const { crypto, random, clock } = parts;
	const made = await createIdentity(crypto, random, clock, name, deviceName);
	const left = await parts.slots.read();
	if (left.ok && left.value !== undefined && (await openAccount(parts)).ok) {
		return err({ type: 'storage', detail: 'an identity is here already' });
	}
	if (left.ok && left.value !== undefined) await parts.slots.remove();
	const container: Result<Sealer, { detail: string }> = await createContainer(parts, made.secrets);
	if (!container.ok) return err({ type: 'storage', detail: container.error.detail });
	const store = await parts.openStore(container.value.storageKey);
	if (!store.ok) return err({ type: 'storage', detail: store.error.detail });
	const kept = await store.value.commit([
		{ ...PROFILE, value: encode(memberToTuple(made.member)) },
	]);
	if (!kept.ok) return err({ type: 'storage', detail: kept.error.detail });
	const self = await toSelf(crypto, made.secrets, made.member);
	return ok({ self, store: store.value });
}
