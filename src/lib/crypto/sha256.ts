// SHA-256 alone: what the first screen needs of cryptography, without the rest of it.
import { sha256 as hasher } from '@noble/hashes/sha2.js';
import type { Bytes } from '#lib/util/bytes.ts';

/** 32 bytes, of the parts one after the other. */
export function sha256(...parts: readonly Uint8Array[]): Bytes {
	const hash = hasher.create();
	for (const part of parts) hash.update(part);
	return hash.digest();
}
