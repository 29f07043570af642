// The chunks of files that a page keeps, as they lie in its browser: found, and made other than they are.
import type { Page } from 'playwright-core';

/** bent: one byte differs. cut: the end is missing. swapped: the first two are in each other's place. */
export type Harm = 'bent' | 'cut' | 'swapped';

const DATABASE = 'aegis-content';

/** Names of all chunks (file, hex, and number), in the order in which they lie. */
export const chunkNames = (page: Page): Promise<readonly string[]> =>
	page.evaluate(
		(database) =>
			new Promise<string[]>((done) => {
				const asked = indexedDB.open(database);
				asked.onsuccess = () => {
					const names = [...asked.result.objectStoreNames];
					const found: string[] = [];
					const finish = (): void => {
						asked.result.close();
						done(found);
					};
					if (names.length === 0) {
						finish();
						return;
					}
					const reading = asked.result.transaction(names);
					for (const name of names) {
						const keys = reading.objectStore(name).getAllKeys();
						keys.onsuccess = () => {
							for (const key of keys.result as [ArrayBuffer, number][]) {
								found.push(`${new Uint8Array(key[0]).join('.')} ${key[1]}`);
							}
						};
					}
					reading.oncomplete = finish;
				};
			}),
		DATABASE,
	);

/** Harms these chunks, or puts back what was there before if they were harmed so. */
export const harm = (page: Page, chunks: readonly string[], how: Harm): Promise<void> =>
	page.evaluate(
		([database, names, harmed]) =>
			new Promise<void>((done, failed) => {
				const kept = ((window as { kept?: Map<string, Uint8Array<ArrayBuffer>> }).kept ??=
					new Map());
				const asked = indexedDB.open(database);
				asked.onsuccess = () => {
					const [store = ''] = [...asked.result.objectStoreNames];
					const writing = asked.result.transaction(store, 'readwrite', { durability: 'strict' });
					const chunksOf = writing.objectStore(store);
					const read = names.map((name) => {
						const [file = '', chunk] = name.split(' ');
						const key = [Uint8Array.from(file.split('.'), Number), Number(chunk)];
						const request = chunksOf.get(key) as IDBRequest<Uint8Array<ArrayBuffer>>;
						return { name, key, request };
					});
					read.at(-1)!.request.onsuccess = () => {
						for (const [n, { name, key, request }] of read.entries()) {
							const value = request.result;
							const before = kept.get(name);
							let next = value.slice();
							if (before !== undefined) next = before;
							else if (harmed === 'bent') next[next.length >> 1]! ^= 1;
							else if (harmed === 'cut') next = next.slice(0, -100);
							else if (n < 2) next = read[1 - n]!.request.result;
							if (before === undefined) kept.set(name, value);
							else kept.delete(name);
							chunksOf.put(next, key);
						}
					};
					writing.onabort = () => {
						failed(writing.error ?? new Error('aborted'));
					};
					writing.oncomplete = () => {
						asked.result.close();
						done();
					};
				};
			}),
		[DATABASE, chunks, how] as const,
	);
