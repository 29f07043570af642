// What every store of chunks does, whatever is below.
import { beforeEach, describe, expect, it } from 'vitest';
import type { ChunkStore } from '#lib/ports/content-store.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

export const name = (n: number): Bytes => new Uint8Array(16).fill(n);
export const chunk = (n: number): Bytes => new Uint8Array(1000 + n).fill(n);
const sorted = (names: readonly Bytes[]): string[] => names.map(toHex).sort();

export interface ChunkStoreOpener {
	open(): Promise<ChunkStore>;
}

/** `create` makes a place that is empty, to be opened as often as wanted. */
export const keepsChunks = (of: string, create: () => Promise<ChunkStoreOpener>): void => {
	describe(`chunk store: ${of}`, () => {
		let opener: ChunkStoreOpener;
		let store: ChunkStore;
		beforeEach(async () => {
			opener = await create();
			store = await opener.open();
		});

		it('[CN1] gives back what was written, and nothing where nothing was', async () => {
			const view = chunk(5).subarray(3, 9);
			expect(await store.write(name(1), 2047, view)).toEqual({ ok: true, value: undefined });
			view.fill(0);
			expect(await store.read(name(1), 2047)).toEqual(new Uint8Array(6).fill(5));
			expect(await store.read(name(1), 0)).toBeUndefined();
			expect(await store.read(name(2), 2047)).toBeUndefined();
			await store.write(name(1), 2047, chunk(6));
			expect(await store.read(name(1), 2047)).toEqual(chunk(6));
		});

		it('[CN1] still has it when it is opened anew', async () => {
			await store.write(name(1), 0, chunk(1));
			store.close();
			expect((await store.write(name(1), 1, chunk(1))).ok).toBe(false);
			await expect(store.read(name(1), 0)).rejects.toThrow();
			const again = await opener.open();
			expect(await again.read(name(1), 0)).toEqual(chunk(1));
			expect(await again.held(name(1))).toEqual([0]);
		});

		it('[CN2] tells which chunks and which names are here, in the order of their numbers', async () => {
			expect(await store.names()).toEqual([]);
			expect(await store.held(name(1))).toEqual([]);
			for (const n of [300, 2, 256, 0]) await store.write(name(1), n, chunk(n));
			await store.write(name(255), 1, chunk(1));
			expect(await store.held(name(1))).toEqual([0, 2, 256, 300]);
			expect(sorted(await store.names())).toEqual(sorted([name(1), name(255)]));
		});

		it('[CN2] removes everything of some names, and nothing of others', async () => {
			for (const n of [1, 2, 3]) await store.write(name(n), n, chunk(n));
			expect((await store.remove([])).ok).toBe(true);
			expect((await store.remove([name(1), name(3), name(9)])).ok).toBe(true);
			expect(await store.names()).toEqual([name(2)]);
			expect(await store.read(name(2), 2)).toEqual(chunk(2));
			expect(await store.read(name(1), 1)).toBeUndefined();
		});
	});
};
