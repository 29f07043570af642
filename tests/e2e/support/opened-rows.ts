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

/** By table, the rows' contents in plain, each byte as a character. */
export async function openedRows(
	container: string,
	database: string,
): Promise<Record<string, string[]>> {
	const crypto = createCryptoProvider();
	const opened = await openContainer({
		crypto,
		random: createSystemRandom(),
		subtle: globalThis.crypto.subtle,
		slots: createIndexedDbKeySlots(container),
	});
	if (!opened.ok) throw new Error(opened.error.detail);
	const valueKey = derive(crypto, opened.value.storageKey, 'store-value');
	const db = await request(indexedDB.open(database));
	const store = db.transaction('rows').objectStore('rows');
	const [keys, values] = await Promise.all([request(store.getAllKeys()), request(store.getAll())]);
	db.close();
	const tables: Record<string, string[]> = {};
	for (const [n, key] of keys.entries()) {
		const [table] = key as [string];
		const sealed = values[n] as Uint8Array;
		const plain = crypto.open(valueKey, sealed.subarray(0, NONCE), sealed.subarray(NONCE));
		if (plain === undefined) continue;
		const text = Array.from(plain.subarray(TAG), (byte) => String.fromCharCode(byte)).join('');
		(tables[table] ??= []).push(text);
	}
	return tables;
}
