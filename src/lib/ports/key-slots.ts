// Where the crypto-container lies, with the browser's own key beside it. That key can be used and not read, so it goes
// where the platform keeps such objects; no other store of the device can hold it.
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';
import type { StoreError } from './store.ts';

export interface KeptContainer {
	readonly container: Bytes;
	/** AES-GCM, non-extractable; null when no slot is for this browser alone. */
	readonly browserKey: CryptoKey | null;
}

export interface KeySlotStore {
	/** undefined: there is none, because none was made or the browser evicted it. */
	read(): Promise<Result<KeptContainer | undefined, StoreError>>;
	/** Replaces both at once, durably. */
	write(kept: KeptContainer): Promise<Result<void, StoreError>>;
	/** Forgets both: what was sealed with them can't be opened again. */
	remove(): Promise<Result<void, StoreError>>;
}
