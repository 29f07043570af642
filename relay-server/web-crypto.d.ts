// Names of WebCrypto's types, which Node has under another roof: the shared cryptography is written for both.
import type { webcrypto } from 'node:crypto';

declare global {
	type SubtleCrypto = webcrypto.SubtleCrypto;
	type CryptoKey = webcrypto.CryptoKey;
	type KeyUsage = webcrypto.KeyUsage;
}
