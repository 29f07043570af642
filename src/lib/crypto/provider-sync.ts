// The same cryptography without a thread pool: everything happens in the order of the calls, so that a simulation is
// reproducible from its seed. [KY1]
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { createNobleAgreement, createNobleSigning } from './backend-noble.ts';
import { symmetric } from './symmetric.ts';

export const createSyncCryptoProvider = (): CryptoProvider => ({
	...symmetric,
	...createNobleSigning(),
	...createNobleAgreement(),
});
