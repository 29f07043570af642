// Everything that a page's profile holds: the sealed database as this very device can open it, and every byte that lies
// in IndexedDB, files, caches and storage as it lies there.
import type { Page } from 'playwright-core';
import { build } from 'vite';

/** By table, the rows' contents in plain, each byte as a character. */
export type Rows = Record<string, readonly string[]>;

let script: Promise<string> | undefined;

async function bundle(): Promise<string> {
	const built = await build({
		configFile: false,
		logLevel: 'silent',
		build: {
			write: false,
			minify: false,
			lib: { entry: 'tests/e2e/support/opened-rows.ts', formats: ['iife'], name: 'aegisRows' },
		},
	});
	const [output] = Array.isArray(built) ? built : [built];
	const chunk = output !== undefined && 'output' in output ? output.output[0] : undefined;
	if (chunk?.type !== 'chunk') throw new Error('no script was made');
	return chunk.code;
}

/** What the device can read of all that it keeps. */
export async function openedRows(page: Page): Promise<Rows> {
	script ??= bundle();
	const code = await script;
	return page.evaluate<Rows>(`(async () => { ${code}
		return await aegisRows.openedRows('aegis-keys', 'aegis'); })()`);
}

/** A disk that has lost something of every row of a table. */
export async function spoilRows(page: Page, table: string): Promise<void> {
	script ??= bundle();
	const code = await script;
	await page.evaluate(`(async () => { ${code}
		await aegisRows.spoilRows('aegis', '${table}'); })()`);
}

export const holds = (rows: Rows, text: string): boolean =>
	Object.values(rows)
		.flat()
		.some((row) => row.includes(text));

/** Every value of every database, file, cache and storage of the page's origin, as it lies there. */
export function rawBytes(page: Page): Promise<string> {
	return page.evaluate(async () => {
		const asText = (bytes: Uint8Array): string =>
			Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
		const request = <T>(asked: IDBRequest<T>): Promise<T> =>
			new Promise((done, fail) => {
				asked.onsuccess = () => {
					done(asked.result);
				};
				asked.onerror = () => {
					fail(asked.error ?? new Error('no reason'));
				};
			});
		const collect = (value: unknown): void => {
			if (value instanceof ArrayBuffer) found.push(asText(new Uint8Array(value)));
			else if (value instanceof Uint8Array) found.push(asText(value));
			else if (typeof value === 'object' && value !== null) {
				for (const inner of Object.values(value)) collect(inner);
			} else found.push(String(value));
		};
		const found = [
			JSON.stringify(Object.entries(localStorage)),
			JSON.stringify(Object.entries(sessionStorage)),
		];
		for (const { name } of await indexedDB.databases()) {
			const database = await request(indexedDB.open(name ?? ''));
			for (const store of database.objectStoreNames) {
				const values = await request(
					database.transaction(store).objectStore(store).getAll() as IDBRequest<unknown[]>,
				);
				for (const value of values) collect(value);
			}
			database.close();
		}
		const root = await navigator.storage.getDirectory();
		for await (const folder of root.values()) {
			for await (const file of (folder as FileSystemDirectoryHandle).values()) {
				const read = await (file as FileSystemFileHandle).getFile();
				found.push(file.name, asText(new Uint8Array(await read.arrayBuffer())));
			}
		}
		for (const name of await caches.keys()) {
			const cache = await caches.open(name);
			for (const key of await cache.keys()) {
				const body = await (await cache.match(key))?.arrayBuffer();
				found.push(key.url, asText(new Uint8Array(body ?? new ArrayBuffer(0))));
			}
		}
		return found.join('\n');
	});
}
