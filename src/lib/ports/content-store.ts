// Where the sealed chunks of files lie on this device. Names are random and say nothing; what they belong to is written
// elsewhere, sealed. What is here and named nowhere is garbage.
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';
import type { StoreError } from './store.ts';

/** Bytes of a name. */
export const CONTENT_NAME = 16;

/** What keeps the chunks. */
export interface ChunkStore {
	/** Keeps one chunk, and takes its bytes over; resolves after it is durable. When that fails nothing of it is kept. */
	write(name: Bytes, chunk: number, sealed: Bytes): Promise<Result<void, StoreError>>;
	/** The whole chunk, or undefined where it isn't here. */
	read(name: Bytes, chunk: number): Promise<Bytes | undefined>;
	/** Numbers of the chunks that are here, in order; reads none of them. */
	held(name: Bytes): Promise<readonly number[]>;
	/** Removes all chunks of these names. */
	remove(names: readonly Bytes[]): Promise<Result<void, StoreError>>;
	/** Every name of which a chunk is here. */
	names(): Promise<readonly Bytes[]>;
	close(): void;
}

export interface ContentStore extends ChunkStore {
	/** Bytes that may be kept beside what is here, as far as anybody knows. */
	room(): Promise<number | null>;
}
