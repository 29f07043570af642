// The device's store: an ordered key-value map with atomic, durable batches. Knows nothing of what it keeps.
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

/**
 * One part of a key. Numbers (whole, 0 … 2^53-1) order numerically; text and bytes may be replaced by opaque names of
 * the same identity (not the same order) by a sealing layer, so only numbers may be ranged over.
 */
export type KeyPart = string | number | Uint8Array;
export type StoreKey = readonly KeyPart[];

export interface StoreWrite {
	readonly table: string;
	readonly key: StoreKey;
	/** null deletes. */
	readonly value: Bytes | null;
}

export interface StoreRow {
	/** The last part of the row's key: the number that was ranged over. */
	readonly at: number;
	readonly value: Bytes;
}

export interface StoreRange {
	/** Inclusive lower bound of the number that follows the prefix. */
	readonly from?: number;
	/** Exclusive upper bound. */
	readonly to?: number;
	/** At most this many rows. */
	readonly limit?: number;
	/** Highest first. */
	readonly reverse?: boolean;
}

/** full: the quota is used up. refused: the browser denies storage. failed: anything else; nothing of the batch was kept. */
export interface StoreError {
	readonly type: 'full' | 'refused' | 'failed';
	readonly detail: string;
}

export interface KeyValueStore {
	/** A value of no bytes, which nobody writes, is one that was damaged. */
	get(table: string, key: StoreKey): Promise<Bytes | undefined>;
	/** Rows whose key is `prefix` followed by one number in the range, in numeric order. */
	range(table: string, prefix: StoreKey, range?: StoreRange): Promise<readonly StoreRow[]>;
	/** Applies all writes or none; resolves after they are durable. Later writes to one key win. */
	commit(writes: readonly StoreWrite[]): Promise<Result<void, StoreError>>;
	/** Removes every row whose key begins with `prefix` (the whole table when it is empty). */
	clear(table: string, prefix: StoreKey): Promise<Result<void, StoreError>>;
	/** From here on changes fail, and reads never settle: whoever still reads has ended itself. */
	close(): void;
}
