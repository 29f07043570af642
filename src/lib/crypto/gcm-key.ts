// What AES-256-GCM asks for and gives, whoever does it. [KY16]
import type { Bytes } from '#lib/util/bytes.ts';

/** One opened key. A nonce (12 bytes) seals once under a key, or both messages are lost. */
export interface GcmKey {
	/** Sealed bytes ‖ tag: 16 bytes longer than the plain ones. */
	seal(nonce: Uint8Array, plain: Uint8Array, additional?: Uint8Array): Promise<Bytes>;
	/** The plain bytes, or undefined when anything doesn't fit. */
	open(nonce: Uint8Array, sealed: Uint8Array, additional?: Uint8Array): Promise<Bytes | undefined>;
}

/** Opens a key of 32 bytes; throws (a bug) at any other length. */
export type Gcm = (key: Uint8Array) => Promise<GcmKey>;

export const GCM_KEY = 32;
export const GCM_NONCE = 12;
export const GCM_TAG = 16;

export function requireNonce(nonce: Uint8Array): void {
	if (nonce.length !== GCM_NONCE) throw new Error(`a nonce has 12 bytes, not ${nonce.length}`);
}

export function requireKey(raw: Uint8Array): void {
	if (raw.length !== GCM_KEY) throw new Error(`a key has 32 bytes, not ${raw.length}`);
}
