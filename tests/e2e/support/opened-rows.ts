// Runs inside the page: opens the container as the app does, and every row of the sealed database with it. What this finds
// is all that the device still knows.
import { openContainer } from '#lib/crypto/container.ts';
import { derive } from '#lib/crypto/hash.ts';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import { createSystemRandom } from '#lib/platform/random.ts';
import { createIndexedDbKeySlots } from '#lib/storage/key-slots.ts';

const NONCE = 24;
const TAG = 16;

const request = <T>(asked: IDBRequest<T>): Promise<T> =>
	new Promise((done, fail) => {
		asked.onsuccess = () => {
			done(asked.result);
		};
		asked.onerror = () => {
			fail(asked.error ?? new Error('no reason'));
		};
	});

const crypto = createCryptoProvider();

async function valueKeyOf(container: string): Promise<Uint8Array> {
	const opened = await openContainer({
		crypto,
		random: createSystemRandom(),
		subtle: globalThis.crypto.subtle,
		slots: createIndexedDbKeySlots(container),
	});
	if (!opened.ok) throw new Error(opened.error.detail);
	return derive(crypto, opened.value.storageKey, 'store-value');
}

/** By table, the rows' contents in plain, each byte as a character. */
export async function openedRows(
	container: string,
	database: string,
): Promise<Record<string, string[]>> {
	const valueKey = await valueKeyOf(container);
	const db = await request(indexedDB.open(database));
	const store = db.transaction('rows').objectStore('rows');
	const [keys, values] = await Promise.all([request(store.getAllKeys()), request(store.getAll())]);
	db.close();
	const tables: Record<string, string[]> = {};
	for (const [n, key] of keys.entries()) {
		const [table] = key as [string];
		const sealed: unknown = values[n];
		// Which writer opened it is no row of anybody's.
		if (!(sealed instanceof Uint8Array)) continue;
		const plain = crypto.open(valueKey, sealed.subarray(0, NONCE), sealed.subarray(NONCE));
		if (plain === undefined) continue;
		const text = Array.from(plain.subarray(TAG), (byte) => String.fromCharCode(byte)).join('');
		(tables[table] ??= []).push(text);
	}
	return tables;
}

/** Changes one bit of each row of a table, as it lies there. */
export async function spoilRows(database: string, table: string): Promise<void> {
	const db = await request(indexedDB.open(database));
	const range = IDBKeyRange.bound([table], [table, []]);
	const rows = db.transaction('rows', 'readwrite').objectStore('rows');
	const [keys, values] = await Promise.all([
		request(rows.getAllKeys(range)),
		request(rows.getAll(range)),
	]);
	for (const [n, key] of keys.entries()) {
		const spoilt = (values[n] as Uint8Array).slice();
		const last = spoilt.length - 1;
		spoilt[last] = (spoilt[last] ?? 0) ^ 1;
		await request(rows.put(spoilt, key));
	}
	db.close();
}
