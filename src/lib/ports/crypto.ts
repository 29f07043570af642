// Cryptography as the core sees it. Same bytes from every backend; backends live in crypto/.
import type { Bytes } from '#lib/util/bytes.ts';

/** An opened private key: use only, wherever the platform can hold it so. */
export interface SigningKey {
	readonly publicKey: Bytes;
	sign(message: Uint8Array): Promise<Bytes>;
}

export interface AgreementKey {
	/** X25519 public key, 32 bytes. */
	readonly publicKey: Bytes;
	/** Shared secret of 32 bytes, or undefined where the other key is not acceptable (all-zero output). */
	agree(otherPublicKey: Uint8Array): Promise<Bytes | undefined>;
}

export interface CryptoProvider {
	/** SHA-256, 32 bytes. */
	sha256(...parts: readonly Uint8Array[]): Bytes;
	/** HMAC-SHA-256, 32 bytes. */
	hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Bytes;
	/** HKDF-SHA-256 (RFC 5869). */
	hkdf(key: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Bytes;
	/** XSalsa20-Poly1305 (NaCl secretbox): 16 bytes longer than the plain text. Nonce of 24 bytes, never reused. */
	seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Bytes;
	/** The plain text, or undefined when key, nonce or box don't fit. */
	open(key: Uint8Array, nonce: Uint8Array, box: Uint8Array): Bytes | undefined;
	/** Ed25519 key of a 32-byte seed (RFC 8032). */
	signingKey(seed: Uint8Array): Promise<SigningKey>;
	/** Ed25519-strict verification; never throws on hostile input. */
	verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
	/** X25519 key of a 32-byte seed (RFC 7748). */
	agreementKey(seed: Uint8Array): Promise<AgreementKey>;
}
