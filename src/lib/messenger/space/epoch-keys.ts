// Takes the keys that an EPOCH brings: its own, out of the box for this device, and the control keys of those before. What
// is not exactly what the EPOCH says of it is as good as not there. [EP4] [EP5] [EP7]
import { tokenHash } from '#lib/mailbox/proofs.ts';
import { unwrap } from '#lib/crypto/entry-keys.ts';
import { envelopeCommitment, epochId, epochSecrets, groupCommitment } from '#lib/crypto/epoch.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import type { Epoch } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { decodeEpochBox, type Grant, type JoinGrant } from '#lib/protocol/lobby.ts';
import type { AgreementKey, CryptoProvider } from '#lib/ports/crypto.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { controlKeyOnly, type EpochKeys, type KeyRing } from './key-ring.ts';
import { openContent } from './opening.ts';

export interface KeyTaking {
	readonly crypto: CryptoProvider;
	readonly prekeys: Iterable<AgreementKey>;
	readonly ring: KeyRing;
	/** This device. */
	readonly own: Bytes;
	/** Whether the device (hex) has ever been a member: all others share one room for what they bring. */
	isKnown(device: string): boolean;
}

/** Whether these are the secrets that the EPOCH commits to. A group key that has stepped forward can't be told. */
export async function fitsEpoch(
	crypto: CryptoProvider,
	epoch: Epoch,
	{ writeSeed, ownerSeed, groupKey, step, envelopeKey }: JoinGrant,
): Promise<boolean> {
	if (!equal(envelopeCommitment(crypto, envelopeKey), epoch.envelopeCommitment)) return false;
	if (step === 0 && !equal(groupCommitment(crypto, groupKey), epoch.groupCommitment)) return false;
	const isOf = async (seed: Bytes, key: Bytes): Promise<boolean> =>
		equal((await crypto.signingKey(seed)).publicKey, key);
	if (!(await isOf(writeSeed, epoch.writeKey))) return false;
	return ownerSeed === null || isOf(ownerSeed, epoch.ownerKey);
}

/** What the box for this device holds, if that has the epoch's name. */
async function boxed({ crypto, prekeys }: KeyTaking, entry: Entry): Promise<Grant | undefined> {
	const { header, packet } = entry;
	const secret = packet.wraps && (await unwrap(crypto, packet.wraps, prekeys));
	const box = secret && decodeEpochBox(secret);
	if (!box?.ok) return undefined;
	const { seed, token, ownerSeed } = box.value;
	const secrets = epochSecrets(crypto, seed);
	const { device: maker, key } = header;
	if (!equal(epochId(crypto, secrets.controlKey, maker), key.epoch)) return undefined;
	return { ...secrets, maker, token, ownerSeed };
}

async function isOwn(
	crypto: CryptoProvider,
	epoch: Epoch,
	own: Bytes,
	token: Bytes,
): Promise<boolean> {
	const named = await tokenHash(crypto, token);
	return epoch.recipients.some(
		({ device, tokenHash: hash }) => equal(device, own) && equal(hash, named),
	);
}

/** Brings what an EPOCH gives into the ring, where it waits aside until the entry is placed; false if it can't be read. */
export async function takeEpochKeys(taking: KeyTaking, entry: Entry): Promise<boolean> {
	const { crypto, prekeys, ring, own } = taking;
	const { key, device, kind } = entry.header;
	if (kind !== KIND.epoch || key.mode !== 'control') return false;
	const from = taking.isKnown(toHex(device)) ? toHex(device) : 'strangers';
	const held = ring.get(key.epoch);
	const grant = held?.proven === true ? undefined : await boxed(taking, entry);
	const offered: EpochKeys | undefined =
		grant && controlKeyOnly(crypto, { maker: device, key: grant.controlKey });
	const keys = held ?? offered;
	if (keys === undefined) return false;
	const opened = await openContent(crypto, prekeys, { get: () => keys }, entry);
	if (opened.type !== 'opened' || opened.value.kind !== KIND.epoch) return false;
	const epoch = opened.value;
	for (const earlier of epoch.earlierControlKeys) {
		ring.setAside(from, controlKeyOnly(crypto, earlier));
	}
	if (held?.proven === true) return true;
	if (held !== undefined && held.grant !== null) {
		const fits = await fitsEpoch(crypto, epoch, held.grant);
		ring.prove(key.epoch, fits);
		if (fits) return true;
	}
	if (offered === undefined || grant === undefined) return true;
	const { token, ...shared } = grant;
	const fits = (await isOwn(crypto, epoch, own, token)) && (await fitsEpoch(crypto, epoch, shared));
	ring.setAside(from, fits ? { ...offered, grant: shared, tokens: [token] } : offered);
	if (fits) ring.prove(key.epoch, true);
	return true;
}

/** Checks a grant that came by itself against the EPOCH, if that is here. */
export async function proveGrant(
	crypto: CryptoProvider,
	ring: KeyRing,
	{ control }: Ledger,
	epoch: Bytes,
): Promise<void> {
	const keys = ring.get(epoch);
	if (keys === undefined || keys.grant === null || keys.proven) return;
	for (const { entry, content } of control.values()) {
		if (content.kind !== KIND.epoch || !equal(entry.header.key.epoch, epoch)) continue;
		ring.prove(epoch, await fitsEpoch(crypto, content, keys.grant));
		return;
	}
}
