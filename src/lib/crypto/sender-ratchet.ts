// The keys of a sending device in a large space: from the group key of an epoch's step follows a chain for each device,
// and from the chain a key for each of its messages. A chain moves forward by a hash, and no way leads back.
// [RA1] [RA2]
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { derive } from './hash.ts';

/** A chain where it stands: what follows from its key are the keys of the message `index` and of all later ones. */
export interface Chain {
	readonly index: number;
	readonly key: Bytes;
}

/** What a wrapped key of a message takes. */
export const WRAPPED_KEY = 48;
const ZERO_NONCE = new Uint8Array(24);

/** The beginning of a device's chain. */
export const chainOf = (
	crypto: CryptoProvider,
	groupKey: Uint8Array,
	device: Uint8Array,
): Chain => ({ index: 0, key: derive(crypto, groupKey, 'sender-chain', 32, device) });

/** The key for the message that the chain stands at. */
export const chainKey = (crypto: CryptoProvider, { key }: Chain): Bytes =>
	derive(crypto, key, 'sender-key');

export const chainForward = (crypto: CryptoProvider, { index, key }: Chain): Chain => ({
	index: index + 1,
	key: derive(crypto, key, 'sender-step'),
});

/**
 * A message's own key, sealed. That one is random: were a chain to go back with a disk that does, two messages would
 * share what wraps their keys, and not what seals their texts.
 */
export const wrapUnder = (
	crypto: CryptoProvider,
	chainedKey: Uint8Array,
	entryKey: Uint8Array,
): Bytes => crypto.seal(chainedKey, ZERO_NONCE, entryKey);

export const unwrapUnder = (
	crypto: CryptoProvider,
	chainedKey: Uint8Array,
	wrapped: Uint8Array,
): Bytes | undefined => crypto.open(chainedKey, ZERO_NONCE, wrapped);
