// The backends by name, each by itself: a provider that falls back would hide the one that failed.
import { createWebCryptoAgreement, createWebCryptoSigning } from '#lib/crypto/backend-webcrypto.ts';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { symmetric } from '#lib/crypto/symmetric.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';

export const backends: Readonly<Record<string, () => CryptoProvider>> = {
	webcrypto: () => ({
		...symmetric,
		...createWebCryptoSigning(crypto.subtle),
		...createWebCryptoAgreement(crypto.subtle),
	}),
	'as chosen': () => createCryptoProvider(),
	javascript: () => createCryptoProvider(null),
	synchronous: createSyncCryptoProvider,
};
