// The chunks of files that a page keeps, as they lie in its browser: found, and made other than they are.
import type { Page } from 'playwright-core';

/** bent: one byte differs. cut: the end is missing. swapped: the first two are in each other's place. */
export type Harm = 'bent' | 'cut' | 'swapped';

/** Of the format: see CN3. */
const FORMAT = { folder: 'aegis-content', chunks: 2048, slot: 1_048_832 } as const;

/** Names of all chunks (file, and number), in the order in which they lie. */
export const chunkNames = (page: Page): Promise<readonly string[]> =>
	page.evaluate(async ({ folder, chunks }) => {
		const root = await navigator.storage.getDirectory();
		const found: string[] = [];
		const files = await root.getDirectoryHandle(folder).catch(() => undefined);
		for await (const file of files?.values() ?? []) {
			const read = await (file as FileSystemFileHandle).getFile();
			const table = await read.slice(0, chunks * 4).arrayBuffer();
			const lengths = new DataView(table);
			for (let n = 0; n * 4 < table.byteLength; n++) {
				if (lengths.getUint32(n * 4) > 0) found.push(`${file.name} ${n}`);
			}
		}
		return found;
	}, FORMAT);

/** Some bytes of each chunk that lies here, each byte as a character. */
export const chunkSamples = (page: Page): Promise<readonly string[]> =>
	chunkNames(page).then((names) =>
		page.evaluate(
			async ([{ folder, chunks, slot }, all]) => {
				const root = await navigator.storage.getDirectory();
				const files = await root.getDirectoryHandle(folder);
				const samples: string[] = [];
				for (const name of all) {
					const [file = '', n] = name.split(' ');
					const read = await (await files.getFileHandle(file)).getFile();
					const at = chunks * 4 + Number(n) * slot;
					const bytes = new Uint8Array(await read.slice(at + 500, at + 560).arrayBuffer());
					samples.push(String.fromCharCode(...bytes));
				}
				return samples;
			},
			[FORMAT, names] as const,
		),
	);

/** Harms these chunks, or puts back what was there before if they were harmed so. */
export const harm = (page: Page, chunks: readonly string[], how: Harm): Promise<void> =>
	page.evaluate(
		async ([{ folder, chunks: all, slot }, names, harmed]) => {
			interface Found {
				readonly name: string;
				readonly file: FileSystemFileHandle;
				readonly n: number;
				readonly bytes: Uint8Array<ArrayBuffer>;
			}
			// Whoever wrote them last holds them for a moment.
			await new Promise((resolve) => setTimeout(resolve, 500));
			const kept = ((window as { kept?: Map<string, Uint8Array<ArrayBuffer>> }).kept ??= new Map());
			const files = await (await navigator.storage.getDirectory()).getDirectoryHandle(folder);
			const found: Found[] = [];
			for (const name of names) {
				const [of = '', number] = name.split(' ');
				const n = Number(number);
				const file = await files.getFileHandle(of);
				const read = await file.getFile();
				const length = new DataView(await read.slice(n * 4, n * 4 + 4).arrayBuffer()).getUint32(0);
				const at = all * 4 + n * slot;
				const bytes = new Uint8Array(await read.slice(at, at + length).arrayBuffer());
				found.push({ name, file, n, bytes });
			}
			for (const [place, { name, file, n, bytes }] of found.entries()) {
				const before = kept.get(name);
				let next = bytes.slice();
				if (before !== undefined) next = before;
				else if (harmed === 'bent') next[next.length >> 1]! ^= 1;
				else if (harmed === 'cut') next = next.slice(0, -100);
				else if (place < 2) next = found[1 - place]!.bytes;
				if (before === undefined) kept.set(name, bytes);
				else kept.delete(name);
				const length = new DataView(new ArrayBuffer(4));
				length.setUint32(0, next.length);
				const writing = await file.createWritable({ keepExistingData: true });
				await writing.write({ type: 'write', position: n * 4, data: length });
				await writing.write({ type: 'write', position: all * 4 + n * slot, data: next });
				await writing.close();
			}
		},
		[FORMAT, chunks, how] as const,
	);
