// The secrets of an epoch. All come from one random secret, which is forgotten at once: each is handed on by itself.
// [KY14] [KY15]
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { Random } from '#lib/ports/random.ts';
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

export function createEpochSecrets(crypto: CryptoProvider, random: Random): EpochSecrets {
	const secret = random.bytes(32);
	const secrets = {
		groupKey: derive(crypto, secret, 'epoch-group'),
		step: 0,
		controlKey: derive(crypto, secret, 'epoch-control'),
		envelopeKey: derive(crypto, secret, 'epoch-envelope'),
		writeSeed: derive(crypto, secret, 'epoch-write'),
	};
	secret.fill(0);
	return secrets;
}

/** The group key one step later; no way leads back. */
export const stepForward = (crypto: CryptoProvider, groupKey: Uint8Array): Bytes =>
	derive(crypto, groupKey, 'group-step');

/** 16 bytes that name the epoch in headers. */
export const epochId = (crypto: CryptoProvider, controlKey: Uint8Array): Bytes =>
	derive(crypto, controlKey, 'epoch-id', 16);
