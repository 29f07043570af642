// Runs inside the page: opens the container as the app does, and every row of the sealed database with it. What this finds
// is all that the device still knows; and what it writes, the app takes for its own.
import { openContainer } from '#lib/crypto/container.ts';
import { derive } from '#lib/crypto/hash.ts';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import { createSystemRandom } from '#lib/platform/random.ts';
import { createIndexedDbKeySlots } from '#lib/storage/key-slots.ts';
import { concat } from '#lib/util/bytes.ts';

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
		const sealed = values[n] as Uint8Array;
		const plain = crypto.open(valueKey, sealed.subarray(0, NONCE), sealed.subarray(NONCE));
		if (plain === undefined) continue;
		const text = Array.from(plain.subarray(TAG), (byte) => String.fromCharCode(byte)).join('');
		(tables[table] ??= []).push(text);
	}
	return tables;
}

/** Cuts off the first byte of what the rows of a table hold. */
export async function spoilRows(container: string, database: string, table: string): Promise<void> {
	const valueKey = await valueKeyOf(container);
	const db = await request(indexedDB.open(database));
	const range = IDBKeyRange.bound([table], [table, []]);
	const rows = db.transaction('rows').objectStore('rows');
	const [keys, values] = await Promise.all([
		request(rows.getAllKeys(range)),
		request(rows.getAll(range)),
	]);
	const writing = db.transaction('rows', 'readwrite').objectStore('rows');
	for (const [n, key] of keys.entries()) {
		const sealed = values[n] as Uint8Array;
		const nonce = sealed.slice(0, NONCE);
		const plain = crypto.open(valueKey, nonce, sealed.subarray(NONCE)) ?? new Uint8Array();
		const spoilt = concat(plain.subarray(0, TAG), plain.subarray(TAG + 1));
		await request(writing.put(concat(nonce, crypto.seal(valueKey, nonce, spoilt)), key));
	}
	db.close();
}
