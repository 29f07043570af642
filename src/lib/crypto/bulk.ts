// Cryptography for files: by the megabyte, and never in the way of the page. What the platform does it does off the
// page's thread; JavaScript steps in where it has none. [KY1] [KY6]
import { chooseGcm } from './aes-gcm.ts';
import { createNobleGcm } from './aes-gcm-noble.ts';
import { sha256 } from './sha256.ts';
import type { Gcm } from './gcm-key.ts';
import type { Bytes } from '#lib/util/bytes.ts';

export interface BulkCrypto {
	readonly gcm: Gcm;
	/** SHA-256, 32 bytes. What it is given may be overwritten once the call has returned. */
	sha256(bytes: Bytes): Promise<Bytes>;
}

/** `subtle` is the platform's; null where there is none, as on pages without a secure context. */
export async function createBulkCrypto(subtle: SubtleCrypto | null): Promise<BulkCrypto> {
	return {
		gcm: await chooseGcm(subtle),
		sha256:
			subtle === null
				? (bytes) => Promise.resolve(sha256(bytes))
				: async (bytes) => new Uint8Array(await subtle.digest('SHA-256', bytes)),
	};
}

/** Everything done before the promise is returned: for simulations, whose order must not depend on a thread pool. */
export const createSyncBulkCrypto = (): BulkCrypto => ({
	gcm: createNobleGcm,
	sha256: (bytes) => Promise.resolve(sha256(bytes)),
});
