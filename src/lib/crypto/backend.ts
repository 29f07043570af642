// What differs between the platforms: who signs, verifies and agrees on keys.
import type { CryptoProvider } from '#lib/ports/crypto.ts';

export type SigningBackend = Pick<CryptoProvider, 'signingKey' | 'verify'>;
export type AgreementBackend = Pick<CryptoProvider, 'agreementKey'>;

/** Public keys held ready: the devices of a few large spaces. */
export const KEYS_HELD = 1024;

export function requireSeed(seed: Uint8Array): void {
	if (seed.length !== 32) throw new Error(`a seed has 32 bytes, not ${seed.length}`);
}
