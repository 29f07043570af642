// Chunks of files in the browser's private file system, where a worker may write them at their place and have them
// flushed. One file for each name: first a table of the lengths of all chunks, 0 for those that aren't here, then a slot
// for each. A chunk is flushed before its length says that it is here, and the length before it counts. [CN1] [CN2] [CN3]
import type { Clock } from '#lib/ports/clock.ts';
import { MAX_CHUNKS } from '#lib/protocol/attachment-size.ts';
import { LONGEST_CHUNK, type ChunkQuestion } from './chunk-files.ts';

interface SyncAccessHandle {
	read(into: Uint8Array, options: { at: number }): number;
	write(bytes: Uint8Array, options: { at: number }): number;
	getSize(): number;
	flush(): void;
	close(): void;
}
type SyncFileHandle = FileSystemFileHandle & {
	createSyncAccessHandle(): Promise<SyncAccessHandle>;
};

const LENGTH = 4;
const TABLE = MAX_CHUNKS * LENGTH;
/** A tab that is going may still hold a file for a moment: so often it is tried again, and after so many ms. */
const TRIES = 20;
const AGAIN = 50;
/** Written and removed again to see that files can be: no name of chunks. */
const PROBE = 'probe';
/** Without work a file is let go after so many ms. */
const KEPT_FOR = 200;

const placeOf = (chunk: number): number => TABLE + chunk * LONGEST_CHUNK;
const isError = (cause: unknown, name: string): boolean =>
	cause instanceof DOMException && cause.name === name;

/** Of these chunks, one after the other; 0 for one that isn't here, as is one that no slot holds. */
function lengthsOf(file: SyncAccessHandle, first: number, count: number): readonly number[] {
	const table = new Uint8Array(count * LENGTH);
	file.read(table, { at: first * LENGTH });
	const entries = new DataView(table.buffer);
	return Array.from({ length: count }, (_, n) => {
		const length = entries.getUint32(n * LENGTH);
		return length <= LONGEST_CHUNK ? length : 0;
	});
}
const lengthOf = (file: SyncAccessHandle, chunk: number): number =>
	lengthsOf(file, chunk, 1)[0] ?? 0;

/** Throws QuotaExceededError where not all of it could be written. */
function put(file: SyncAccessHandle, bytes: Uint8Array, at: number): void {
	if (file.write(bytes, { at }) < bytes.length)
		throw new DOMException('not all of it was written', 'QuotaExceededError');
	file.flush();
}

function setLength(file: SyncAccessHandle, chunk: number, length: number): void {
	const entry = new DataView(new ArrayBuffer(LENGTH));
	entry.setUint32(0, length);
	put(file, new Uint8Array(entry.buffer), chunk * LENGTH);
}

/** Goes on past what fails, and throws the last of that. */
async function eachOf<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
	let failure: { readonly cause: unknown } | undefined;
	for (const one of all) await work(one).catch((cause: unknown) => (failure = { cause }));
	if (failure !== undefined) throw failure.cause;
}

/** In a worker: what a page asks of its folder, one question after the other, so that no file is held twice. */
export interface ChunkFolder {
	/** Throws what the browser throws. */
	answer(question: ChunkQuestion): Promise<unknown>;
}

export function createChunkFolder(clock: Clock): ChunkFolder {
	let last: Promise<unknown> = Promise.resolve();
	let opened: Promise<FileSystemDirectoryHandle> | undefined;

	async function unheld<T>(work: () => Promise<T>): Promise<T> {
		for (let tries = 1; ; tries++) {
			try {
				return await work();
			} catch (cause) {
				if (tries >= TRIES || !isError(cause, 'NoModificationAllowedError')) throw cause;
				await new Promise<void>((resolve) => clock.after(AGAIN, resolve));
			}
		}
	}

	/** The file that was worked on last stays open for whatever comes at once: opening takes longer than writing. */
	let kept: { readonly name: string; readonly file: SyncAccessHandle } | undefined;
	let cancelLetGo = (): void => undefined;

	function letGo(): void {
		cancelLetGo();
		kept?.file.close();
		kept = undefined;
	}

	/** Works on a file; undefined where there is none and none is to be made. */
	async function using<T>(
		name: string,
		create: boolean,
		work: (file: SyncAccessHandle) => T,
	): Promise<T | undefined> {
		if (kept?.name !== name) {
			letGo();
			const file = await handleOf(name, create);
			if (file === undefined) return undefined;
			kept = { name, file: await unheld(() => file.createSyncAccessHandle()) };
		}
		cancelLetGo();
		cancelLetGo = clock.after(KEPT_FOR, () => void (last = last.then(letGo)));
		return work(kept.file);
	}

	async function handleOf(name: string, create: boolean): Promise<SyncFileHandle | undefined> {
		try {
			return (await (await opened)?.getFileHandle(name, { create })) as SyncFileHandle | undefined;
		} catch (cause) {
			// To be made, it lacks its folder: what is written there would be nowhere.
			if (create || !isError(cause, 'NotFoundError')) throw cause;
			return undefined;
		}
	}

	async function remove(name: string): Promise<void> {
		const folder = await opened;
		try {
			await unheld(async () => folder?.removeEntry(name));
		} catch (cause) {
			if (!isError(cause, 'NotFoundError')) throw cause;
		}
	}

	/** Throws where files can't be written. */
	async function probe(): Promise<void> {
		await using(PROBE, true, (file) => {
			put(file, new Uint8Array(LENGTH), 0);
		});
		letGo();
		await remove(PROBE);
	}

	async function answer(question: ChunkQuestion): Promise<unknown> {
		switch (question.type) {
			case 'open':
				opened = navigator.storage
					.getDirectory()
					.then((root) => root.getDirectoryHandle(question.folder, { create: true }));
				await opened;
				await probe();
				return undefined;
			case 'write':
				return using(question.name, true, (file) => {
					const { chunk, sealed } = question;
					if (sealed.length > LONGEST_CHUNK)
						throw new RangeError(`a chunk of ${sealed.length} bytes`);
					// What is written over is not there until the new one is.
					if (lengthOf(file, chunk) > 0) setLength(file, chunk, 0);
					put(file, sealed, placeOf(chunk));
					setLength(file, chunk, sealed.length);
				});
			case 'read':
				return using(question.name, false, (file) => {
					const length = lengthOf(file, question.chunk);
					if (length === 0) return undefined;
					const sealed = new Uint8Array(length);
					return file.read(sealed, { at: placeOf(question.chunk) }) === length ? sealed : undefined;
				});
			case 'held':
				return using(question.name, false, (file) =>
					lengthsOf(file, 0, MAX_CHUNKS).flatMap((length, chunk) => (length > 0 ? [chunk] : [])),
				);
			case 'remove':
				letGo();
				await eachOf(question.names, remove);
				return undefined;
			case 'names': {
				const names: string[] = [];
				const folder = await opened;
				if (folder !== undefined) for await (const name of folder.keys()) names.push(name);
				return names;
			}
		}
	}

	return {
		answer(question) {
			const answered = last.then(() => answer(question));
			last = answered.catch(() => undefined);
			return answered;
		},
	};
}
