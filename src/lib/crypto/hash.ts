// Names by hash and derived keys, each under a label of its own. [KY7] [KY8]
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { label, type Label } from '#lib/protocol/labels.ts';
import type { Bytes } from '#lib/util/bytes.ts';

type Hashing = Pick<CryptoProvider, 'sha256'>;
type Deriving = Pick<CryptoProvider, 'hkdf'>;

/** A person's address, 32 bytes, of the 32-byte root public key. */
export const rootHashOf = (crypto: Hashing, rootKey: Uint8Array): Bytes =>
	crypto.sha256(label('root'), rootKey);

/** An entry's id, 32 bytes, of its header as signed (without the signature). */
export const entryId = (crypto: Hashing, header: Uint8Array): Bytes =>
	crypto.sha256(label('entry'), header);

/** 32 bytes, of the sealed body: once that is purged there is nothing left to guess from. */
export const bodyHash = (crypto: Hashing, body: Uint8Array): Bytes =>
	crypto.sha256(label('body'), body);

/** 8 bytes, of an X25519 public key: tells a device which of its keys opens a wrap. */
export const prekeyId = (crypto: Hashing, publicKey: Uint8Array): Bytes =>
	crypto.sha256(label('prekey'), publicKey).slice(0, 8);

/** What a relay knows of the preimage that lets a sender delete a packet. */
export const deleteHash = (crypto: Hashing, preimage: Uint8Array): Bytes =>
	crypto.sha256(label('delete'), preimage);

const NO_SALT = new Uint8Array();

/** HKDF with the label as its info; `length` in bytes. */
export const derive = (
	crypto: Deriving,
	key: Uint8Array,
	name: Label,
	length = 32,
	salt: Uint8Array = NO_SALT,
): Bytes => crypto.hkdf(key, salt, label(name), length);

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * The form in which people compare a Root Hash: 8 groups of 4 base32 characters (RFC 4648 alphabet, lower case) of its
 * first 20 bytes, 160 bits.
 */
export function formatFingerprint(hash: Uint8Array): string {
	let text = '';
	for (let bit = 0; bit < 160; bit += 5) {
		const at = bit >> 3;
		const two = ((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0);
		if (bit > 0 && bit % 20 === 0) text += ' ';
		text += BASE32[(two >> (11 - (bit & 7))) & 31] ?? '';
	}
	return text;
}
