// The secrets of an epoch. All come from one random seed, which goes to whoever is there from the start; those who come
// later get each secret by itself. [KY14] [KY15]
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { derive } from './hash.ts';

export interface EpochSecrets {
	/** Steps forward by a hash at each admission, so that a joiner can't read back. */
	readonly groupKey: Bytes;
	/** How many times it has. */
	readonly step: number;
	/** Seals the control entries. */
	readonly controlKey: Bytes;
	/** Seals the blocks that travel and lie on relays. */
	readonly envelopeKey: Bytes;
	/** Seed of the mailbox's write key. */
	readonly writeSeed: Bytes;
}

/** The secrets of an epoch at its first step; `seed` of 32 random bytes, to be forgotten once it is handed on. */
export const epochSecrets = (crypto: CryptoProvider, seed: Uint8Array): EpochSecrets => ({
	groupKey: derive(crypto, seed, 'epoch-group'),
	step: 0,
	controlKey: derive(crypto, seed, 'epoch-control'),
	envelopeKey: derive(crypto, seed, 'epoch-envelope'),
	writeSeed: derive(crypto, seed, 'epoch-write'),
});

/** The group key one step later; no way leads back. */
export const stepForward = (crypto: CryptoProvider, groupKey: Uint8Array): Bytes =>
	derive(crypto, groupKey, 'group-step');

/** 16 bytes that name the epoch in headers: of its control key and the device that made it, so that no other device can
 * make one of the same name. */
export const epochId = (crypto: CryptoProvider, controlKey: Uint8Array, maker: Uint8Array): Bytes =>
	derive(crypto, controlKey, 'epoch-id', 16, maker);

/**
 * Takes the envelope key's place two weeks after the epoch began: what somebody who comes back so late is met with. It opens
 * nothing that was sealed under the envelope key itself.
 */
export const lateEnvelopeKey = (crypto: CryptoProvider, envelopeKey: Uint8Array): Bytes =>
	derive(crypto, envelopeKey, 'late-envelope');

/** What an EPOCH says of its group key as it was at first, 32 bytes. */
export const groupCommitment = (crypto: CryptoProvider, groupKey: Uint8Array): Bytes =>
	derive(crypto, groupKey, 'group-commitment');

/** What an EPOCH says of its envelope key, 32 bytes. */
export const envelopeCommitment = (crypto: CryptoProvider, envelopeKey: Uint8Array): Bytes =>
	derive(crypto, envelopeKey, 'envelope-commitment');
