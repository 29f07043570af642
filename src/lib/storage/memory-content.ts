// Chunks of files in memory, for simulations and tests: they outlive their handles, can refuse to be written, and can be
// searched. [CN1] [CN2]
import type { ContentStore } from '#lib/ports/content-store.ts';
import type { StoreError } from '#lib/ports/store.ts';
import { fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok } from '#lib/util/result.ts';

type Fate = StoreError | undefined;

export interface MemoryContent {
	/** Decides the fate of each write, at once or later; an error keeps nothing of it. Undefined: all are kept. */
	onWrite: ((name: Bytes, chunk: number) => Fate | Promise<Fate>) | undefined;
	/** Bytes that may still be kept; null: nobody knows. */
	room: number | null;
	/** Everything that lies there. */
	chunks(): readonly Bytes[];
	open(): ContentStore;
}

export const createMemoryContent = (): MemoryContent => {
	const files = new Map<string, Map<number, Bytes>>();
	const CLOSED: StoreError = { type: 'failed', detail: 'the store is closed' };

	function open(): ContentStore {
		let isOpen = true;
		const require = (): void => {
			if (!isOpen) throw new Error(CLOSED.detail);
		};
		return {
			async write(name, chunk, sealed) {
				if (!isOpen) return err(CLOSED);
				const fate = content.onWrite?.(name, chunk);
				const error = fate instanceof Promise ? await fate : fate;
				if (error !== undefined) return err(error);
				const key = toHex(name);
				const file = files.get(key) ?? new Map<number, Bytes>();
				files.set(key, file.set(chunk, sealed.slice()));
				return ok();
			},
			async read(name, chunk) {
				require();
				return files.get(toHex(name))?.get(chunk)?.slice();
			},
			async held(name) {
				require();
				return [...(files.get(toHex(name))?.keys() ?? [])].sort((a, b) => a - b);
			},
			async remove(names) {
				if (!isOpen) return err(CLOSED);
				for (const name of names) files.delete(toHex(name));
				return ok();
			},
			async names() {
				require();
				return [...files.keys()].map((key) => fromHex(key) ?? new Uint8Array());
			},
			room: () => Promise.resolve(content.room),
			close() {
				isOpen = false;
			},
		};
	}

	const content: MemoryContent = {
		onWrite: undefined,
		room: null,
		chunks: () => [...files.values()].flatMap((file) => [...file.values()]),
		open,
	};
	return content;
};
