// What the interface sees of backups: a file to write, and a file to bring back.
import type { Result } from '#lib/util/result.ts';

/** cancelled: by the person. failed: the file could not be written. */
export interface SaveError {
	readonly type: 'cancelled' | 'failed';
}

/**
 * not-a-backup: another file. newer: made by a later version of Aegis. other-phrase: sealed for another phrase. damaged:
 * changed, or cut off. unreadable: the browser can't read it. another-person, storage: as of an archive.
 */
export interface RestoreError {
	readonly type:
		| 'not-a-backup'
		| 'newer'
		| 'other-phrase'
		| 'damaged'
		| 'unreadable'
		| 'cancelled'
		| 'another-person'
		| 'storage';
}

export interface WorkOptions {
	/** From 0 to 1. */
	readonly onProgress?: (done: number) => void;
	readonly signal?: AbortSignal;
}

export interface Backups {
	/** Writes everything that is here into one file. */
	save(options?: WorkOptions): Promise<Result<void, SaveError>>;
	/** Brings back what a file holds; the number of spaces. An error but `cancelled` and `storage` changed nothing. */
	restore(file: Blob, options?: WorkOptions): Promise<Result<number, RestoreError>>;
}
