// Files between two pages of a real browser: sealed, stored, moved, checked and opened again.
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Page as BrowserPage } from 'playwright-core';
import { remote, startHarness, type Harness, type Remote } from './browser.ts';
import { watchHeap } from './heap.ts';

const MB = 1_000_000;

let harness: Harness;
let pages: BrowserPage[] = [];

beforeAll(async () => {
	harness = await startHarness();
});
afterAll(() => harness.stop());
afterEach(async () => {
	for (const page of pages) {
		expect(await remote(page).errors()).toEqual([]);
		await page.context().close();
	}
	pages = [];
});

async function two(): Promise<{ alice: Remote; bob: Remote }> {
	pages = [await harness.open(), await harness.open()];
	const [alice, bob] = pages.map(remote);
	const answer = await bob!.answer(await alice!.offer());
	expect(await Promise.all([alice!.accept(0, answer), bob!.linked(0)])).toEqual([0, 0]);
	return { alice: alice!, bob: bob! };
}

const rate = (bytes: number, ms: number): string => `${(bytes / ms / 1000).toFixed(1)} MB/s`;

describe('files between pages', () => {
	it('[BU1] [BU2] [TW7] moves 100 MB over a connection of its own, whole, without holding it', async () => {
		const { alice, bob } = await two();
		const size = 100 * MB + 12_345;
		const [hers] = pages;
		const stop = await watchHeap(hers!);
		const told = await alice.sealFile(size);
		const grownBySealing = await stop();
		const heaps = await Promise.all(pages.map(watchHeap));
		await alice.serve(0, true);
		const ms = await bob.fetchFile(0, told, true);
		const grown = [grownBySealing, ...(await Promise.all(heaps.map((end) => end())))];
		const { digest, ms: opening } = await bob.openFile(told);
		expect(digest).toBe(await alice.digestOf(size));
		console.log(
			`100 MB: sealed and kept ${rate(size, told.ms)}, moved ${rate(size, ms)}, opened ` +
				`${rate(size, opening)}; grew by ${grown.map((n) => Math.round(n / MB)).join(', ')} MB`,
		);
		for (const growth of grown) expect(growth).toBeLessThan(50 * MB);
	});

	it('[TW2] moves 20 MB over the stream beside the link where there is nothing else', async () => {
		const { alice, bob } = await two();
		const size = 20 * MB;
		const told = await alice.sealFile(size);
		await alice.serve(0, false);
		const ms = await bob.fetchFile(0, told, true);
		expect((await bob.openFile(told)).digest).toBe(await alice.digestOf(size));
		console.log(`20 MB over the stream: ${rate(size, ms)}`);
		// What the link is for goes on all the while.
		expect((await bob.status(0)).closes).toEqual([]);
	});

	it('[TW6] [TW8] goes on by what is left when the link falls midway, and without a gap', async () => {
		const { alice, bob } = await two();
		const size = 60 * MB;
		const told = await alice.sealFile(size);
		await alice.serve(0, true);
		const fetched = bob.fetchFile(0, told, true);
		await vi.waitFor(async () => expect((await bob.progress())?.held ?? 0).toBeGreaterThan(15), {
			timeout: 60_000,
			interval: 20,
		});
		await bob.close(0, 'the link falls');
		await fetched;
		expect((await bob.openFile(told)).digest).toBe(await alice.digestOf(size));
	});

	it('[BU2] comes whole each time it is fetched anew, beside much data on another channel', async () => {
		const { alice, bob } = await two();
		const size = 40 * MB;
		const told = await alice.sealFile(size);
		await alice.serve(0, true);
		await bob.rawAccept(await alice.rawAnswer(await bob.rawOffer()));
		const digest = await alice.digestOf(size);
		const rates: string[] = [];
		for (const message of [16_384, 65_536, 16_384]) {
			const received = bob.rawReceive(size);
			await alice.rawSend(size, message);
			rates.push(`raw ${message}: ${rate(size, await received)}`);
			const ms = await bob.fetchFile(0, told, true);
			rates.push(`file: ${rate(size, ms)}`);
			expect((await bob.openFile(told)).digest).toBe(digest);
			await bob.closeWays();
		}
		await alice.rawClose();
		console.log(rates.join(', '));
	});
});
