// The chunks that lie in the private file system of a page of these tests: read as they lie there, and a store of them
// that is driven from the test. Bytes go to and fro as lists of numbers.
import type { ChunkStore } from '#lib/ports/content-store.ts';
import { createChunkFiles, createChunkWorker, type ChunkWorker } from '#lib/storage/chunk-files.ts';
import { wipeDevice } from '#lib/platform/wipe.ts';
import workerUrl from '#lib/boot/content-worker.ts?worker&url';
import { fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';

export const startChunkWorker = (): ChunkWorker =>
	createChunkWorker(new Worker(workerUrl, { type: 'module' }));

/** Every file of the private file system, with the folder that it lies in. */
export async function* filesHere(): AsyncGenerator<{ folder: string; bytes: Uint8Array }> {
	const root = await navigator.storage.getDirectory();
	for await (const [folder, handle] of root.entries()) {
		if (!(handle instanceof FileSystemDirectoryHandle)) continue;
		for await (const file of handle.values()) {
			if (!(file instanceof FileSystemFileHandle)) continue;
			const read = await file.getFile();
			yield { folder, bytes: new Uint8Array(await read.arrayBuffer()) };
		}
	}
}

const stores = new Map<number, ChunkStore>();
const bytesOf = (hex: string): Bytes => fromHex(hex) ?? new Uint8Array();
const storeOf = (id: number): ChunkStore => {
	const store = stores.get(id);
	if (store === undefined) throw new Error('no such store');
	return store;
};

export const chunkFilesPage = {
	async openChunks(folder: string): Promise<number> {
		const worker = startChunkWorker();
		await worker.ask({ type: 'open', folder });
		stores.set(stores.size, createChunkFiles(worker));
		return stores.size - 1;
	},
	async writeChunk(id: number, name: string, chunk: number, sealed: string) {
		return storeOf(id).write(bytesOf(name), chunk, bytesOf(sealed));
	},
	async readChunk(id: number, name: string, chunk: number): Promise<string | null> {
		const bytes = await storeOf(id).read(bytesOf(name), chunk);
		return bytes === undefined ? null : toHex(bytes);
	},
	heldChunks: (id: number, name: string) => storeOf(id).held(bytesOf(name)),
	removeChunks: (id: number, names: readonly string[]) => storeOf(id).remove(names.map(bytesOf)),
	chunkNames: async (id: number) => (await storeOf(id).names()).map(toHex),
	closeChunks(id: number): void {
		storeOf(id).close();
	},
	/** As when somebody clears what a site keeps while its page is open. */
	async removeFolder(folder: string): Promise<void> {
		const root = await navigator.storage.getDirectory();
		await root.removeEntry(folder, { recursive: true });
	},
	wipe: () => wipeDevice([]),
	async countFiles(): Promise<number> {
		const root = await navigator.storage.getDirectory();
		let files = 0;
		for await (const handle of root.values()) {
			if (!(handle instanceof FileSystemDirectoryHandle)) continue;
			for await (const _ of handle.keys()) files += 1;
		}
		return files;
	},
	/** Some of a file of chunks, as it lies there. */
	async fileBytes(folder: string, name: string, at: number, length: number): Promise<string> {
		const root = await navigator.storage.getDirectory();
		const file = await (await root.getDirectoryHandle(folder)).getFileHandle(name);
		const part = (await file.getFile()).slice(at, at + length);
		return toHex(new Uint8Array(await part.arrayBuffer()));
	},
	/** Overwrites bytes of a file of chunks, as a disk that forgot something. */
	async spoilChunks(folder: string, name: string, at: number, bytes: string): Promise<void> {
		const root = await navigator.storage.getDirectory();
		const file = await (await root.getDirectoryHandle(folder)).getFileHandle(name);
		// Whoever wrote it last holds it for a moment.
		await new Promise((resolve) => setTimeout(resolve, 500));
		const writing = await file.createWritable({ keepExistingData: true });
		await writing.write({ type: 'write', position: at, data: bytesOf(bytes) });
		await writing.close();
	},
};
