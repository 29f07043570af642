// What a page holds: by how much it grows at the most while something goes on.
import type { CDPSession, Page as BrowserPage } from 'playwright-core';

interface HeapUsage {
	readonly usedSize: number;
	readonly backingStorageSize?: number;
}

/** By how much what a page holds, buffers included, grew at the most until the end; bytes. */
export async function watchHeap(page: BrowserPage): Promise<() => Promise<number>> {
	const session: CDPSession = await page.context().newCDPSession(page);
	const held = async (): Promise<number> => {
		const usage = (await session.send('Runtime.getHeapUsage')) as HeapUsage;
		return usage.usedSize + (usage.backingStorageSize ?? 0);
	};
	await session.send('HeapProfiler.enable');
	await session.send('HeapProfiler.collectGarbage');
	const before = await held();
	let most = before;
	let stopped = false;
	const watching = (async () => {
		while (!stopped) {
			// What nobody holds any longer may lie there for a while.
			if ((await held()) > most) {
				await session.send('HeapProfiler.collectGarbage');
				most = Math.max(most, await held());
			}
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	})();
	return async () => {
		stopped = true;
		await watching;
		return most - before;
	};
}
