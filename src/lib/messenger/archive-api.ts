// What is to be seen of a person's history as a whole: told as an archive, and taken in from one. Whoever carries it seals it.
import type { ArchiveRecord } from '#lib/protocol/archive.ts';
import type { Result } from '#lib/util/result.ts';

/** another-person: it is somebody else's history. storage: it could not be kept. */
export interface ImportError {
	readonly type: 'another-person' | 'storage';
}

export interface Import {
	/** In the order of the archive; the next may be given once this one is durable. */
	take(record: ArchiveRecord): Promise<Result<void, ImportError>>;
	/** Spaces taken in so far, and entries of them that were refused. */
	readonly spaces: number;
	readonly refused: number;
}

export interface Archive {
	/** Everything that is here, read as it is told. `onSpace`: so many of the spaces have been. */
	records(onSpace?: (done: number, of: number) => void): AsyncGenerator<ArchiveRecord>;
	/** Takes an archive in, record by record; what has been taken in stays. */
	takeIn(): Import;
}
