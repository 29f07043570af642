// Seals content into blocks of bucket size: under a key that a space shares, or to somebody's public key.
// [BL1] [KY9] [KY10]
//
// block      = nonce 24 ‖ secretbox( padded content )
// sealed-to  = ephemeral X25519 key 32 ‖ secretbox( padded content ), its key used once and its nonce zero
import { isBucket, pad, unpad } from '#lib/protocol/block.ts';
import { BUCKETS } from '#lib/protocol/limits.ts';
import type { AgreementKey, CryptoProvider } from '#lib/ports/crypto.ts';
import type { Random } from '#lib/ports/random.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';
import { derive } from './hash.ts';

const NONCE = 24;
const KEY = 32;
const TAG = 16;
const ZERO_NONCE = new Uint8Array(NONCE);
const SEAL_TO_OVERHEAD = KEY + TAG;

/** The longest content that `sealTo` takes. */
export const MAX_SEALED_TO = Math.max(...BUCKETS) - SEAL_TO_OVERHEAD - 4;

/** Exactly one bucket of bytes; undefined when the content is longer than MAX_CONTENT. */
export function sealBlock(
	crypto: CryptoProvider,
	random: Random,
	key: Uint8Array,
	content: Uint8Array,
): Bytes | undefined {
	const padded = pad(content);
	if (padded === undefined) return undefined;
	const nonce = random.bytes(NONCE);
	return concat(nonce, crypto.seal(key, nonce, padded));
}

/** The content, or undefined when the block is not of bucket size, not of this key, or tampered with. */
export function openBlock(
	crypto: CryptoProvider,
	key: Uint8Array,
	block: Uint8Array,
): Bytes | undefined {
	if (!isBucket(block.length)) return undefined;
	const padded = crypto.open(key, block.subarray(0, NONCE), block.subarray(NONCE));
	return padded && unpad(padded);
}

const keyFor = (
	crypto: CryptoProvider,
	shared: Uint8Array,
	ephemeral: Uint8Array,
	recipient: Uint8Array,
): Bytes => derive(crypto, shared, 'seal-to', 32, concat(ephemeral, recipient));

/**
 * Exactly one bucket of bytes that only the holder of the X25519 key opens; says nothing of who sealed it.
 * Undefined when the content is longer than MAX_SEALED_TO or the public key is not acceptable.
 */
export async function sealTo(
	crypto: CryptoProvider,
	random: Random,
	recipient: Uint8Array,
	content: Uint8Array,
): Promise<Bytes | undefined> {
	const padded = pad(content, SEAL_TO_OVERHEAD);
	if (padded === undefined) return undefined;
	const ephemeral = await crypto.agreementKey(random.bytes(KEY));
	const shared = await ephemeral.agree(recipient);
	if (shared === undefined) return undefined;
	const key = keyFor(crypto, shared, ephemeral.publicKey, recipient);
	return concat(ephemeral.publicKey, crypto.seal(key, ZERO_NONCE, padded));
}

/** The content, or undefined when the bytes were not sealed to this key or were tampered with. */
export async function openWith(
	crypto: CryptoProvider,
	key: AgreementKey,
	sealed: Uint8Array,
): Promise<Bytes | undefined> {
	if (!isBucket(sealed.length)) return undefined;
	const ephemeral = sealed.subarray(0, KEY);
	const shared = await key.agree(ephemeral);
	if (shared === undefined) return undefined;
	const boxKey = keyFor(crypto, shared, ephemeral, key.publicKey);
	const padded = crypto.open(boxKey, ZERO_NONCE, sealed.subarray(KEY));
	return padded && unpad(padded);
}
