// Chunks in the private file system of a real browser.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page as BrowserPage } from 'playwright-core';
import type { ChunkStore } from '#lib/ports/content-store.ts';
import { fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { chunk, keepsChunks, name } from '../support/chunk-store.ts';
import { remote, startHarness, type Harness, type Remote } from './browser.ts';

let harness: Harness;
let page: BrowserPage;
let here: Remote;
beforeAll(async () => {
	harness = await startHarness(import.meta.dirname, { lasting: true });
	page = await harness.open();
	here = remote(page);
});
afterAll(async () => harness.stop());

const bytesOf = (hex: string): Bytes => fromHex(hex) ?? new Uint8Array();

async function open(folder: string): Promise<ChunkStore> {
	const id = await here.openChunks(folder);
	return {
		write: (of, n, sealed) => here.writeChunk(id, toHex(of), n, toHex(sealed)),
		async read(of, n) {
			const read = await here.readChunk(id, toHex(of), n);
			return read === null ? undefined : bytesOf(read);
		},
		held: (of) => here.heldChunks(id, toHex(of)),
		remove: (names) => here.removeChunks(id, names.map(toHex)),
		names: async () => (await here.chunkNames(id)).map(bytesOf),
		close: () => void here.closeChunks(id),
	};
}

let count = 0;
keepsChunks('private file system', async () => {
	const folder = `chunks-${String(++count)}`;
	return { open: () => open(folder) };
});

describe('chunks in the private file system', () => {
	const table = (n: number): number => n * 4;
	const slot = (n: number): number => 8192 + n * 1_048_832;

	it('[CN3] lie where the format says, behind the lengths of all', async () => {
		const store = await open('format');
		await store.write(name(1), 3, chunk(7));
		const bytes = await here.fileBytes('format', toHex(name(1)), table(3), 4);
		expect(bytes).toBe(toHex(Uint8Array.of(0, 0, 3, 239)));
		expect(await here.fileBytes('format', toHex(name(1)), slot(3), 1007)).toBe(toHex(chunk(7)));
	});

	it('[CN3] are not here before their length says so, and none is longer than its slot', async () => {
		const store = await open('torn');
		await store.write(name(1), 0, chunk(1));
		await store.write(name(1), 1, chunk(2));
		// A crash after the first bytes of another one in its place.
		await here.spoilChunks('torn', toHex(name(1)), table(0), '00000000');
		expect(await store.held(name(1))).toEqual([1]);
		expect(await store.read(name(1), 0)).toBeUndefined();
		// A disk that gives back nonsense where the lengths were.
		await here.spoilChunks('torn', toHex(name(1)), table(1), 'ffffffff');
		expect(await store.read(name(1), 1)).toBeUndefined();
		expect(await store.held(name(1))).toEqual([]);
		expect((await store.write(name(1), 1, chunk(2))).ok).toBe(true);
		expect(await store.read(name(1), 1)).toEqual(chunk(2));
		const long = await store.write(name(1), 1, new Uint8Array(1_048_833));
		expect(long).toMatchObject({ ok: false, error: { type: 'failed' } });
		expect(await store.read(name(1), 1)).toEqual(chunk(2));
	});

	it('[CN1] [CN3] one that finds no room is told so and keeps nothing, and comes later', async () => {
		const store = await open('full');
		await store.write(name(1), 0, chunk(1));
		const session = await page.context().newCDPSession(page);
		const origin = new URL(page.url()).origin;
		await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 20_000 });
		const refused = await store.write(name(1), 1, chunk(2));
		expect(refused).toMatchObject({ ok: false, error: { type: 'full' } });
		expect(await store.held(name(1))).toEqual([0]);
		expect(await store.read(name(1), 0)).toEqual(chunk(1));
		await session.send('Storage.overrideQuotaForOrigin', { origin });
		expect((await store.write(name(1), 1, chunk(2))).ok).toBe(true);
		expect(await store.held(name(1))).toEqual([0, 1]);
	});

	it('[CN2] are removed though another tab holds them for a moment', async () => {
		const [store, other] = [await open('held'), await open('held')];
		await store.write(name(2), 0, chunk(2));
		await store.write(name(1), 0, chunk(1));
		expect((await other.remove([name(1), name(2)])).ok).toBe(true);
		expect(await other.names()).toEqual([]);
	});

	it('[CN1] are not called kept once their folder is gone', async () => {
		const store = await open('cleared');
		await store.write(name(1), 0, chunk(1));
		await new Promise((resolve) => setTimeout(resolve, 500));
		await here.removeFolder('cleared');
		expect(await store.write(name(2), 0, chunk(2))).toMatchObject({ ok: false });
		expect(await store.held(name(2))).toEqual([]);
	});

	it('[AT13] go with everything else, even while they are worked on', async () => {
		const store = await open('wiped');
		await store.write(name(1), 0, chunk(1));
		expect(await here.countFiles()).toBeGreaterThan(0);
		await here.wipe();
		expect(await here.countFiles()).toBe(0);
	});

	it('[CN1] wait for a tab that is going, and are there for the next', async () => {
		const store = await open('shared');
		const other = await open('shared');
		const writes = [0, 1, 2, 3, 4, 5].map((n) =>
			[store, other][n % 2]!.write(name(1), n, chunk(n)),
		);
		expect((await Promise.all(writes)).every(({ ok }) => ok)).toBe(true);
		expect(await other.held(name(1))).toEqual([0, 1, 2, 3, 4, 5]);
	});
});
