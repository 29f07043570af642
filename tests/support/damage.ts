// A disk that loses single bytes: what lies there is sealed, and one byte of a row is another.
import { createSealedStore } from '#lib/crypto/sealed-store.ts';
import type { KeyPart, KeyValueStore } from '#lib/ports/store.ts';
import { createSeededRandom } from '#lib/simulation/random.ts';
import type { MemoryDisk } from '#lib/storage/memory.ts';
import { fromHex, type Bytes } from '#lib/util/bytes.ts';
import { crypto } from './devices.ts';

/** For `createDevices`. */
export const sealed = (store: KeyValueStore): KeyValueStore =>
	createSealedStore(store, crypto, createSeededRandom(3), new Uint8Array(32).fill(5));

function partOf(text: string): KeyPart {
	const part = text.startsWith('b') ? fromHex(text.slice(1)) : Number(text.slice(1));
	if (part === undefined) throw new Error(`no key: ${text}`);
	return part;
}

/** Changes the rows of a table; `which` of them, all unless told otherwise; null removes them. */
export async function spoil(
	{ disk }: { readonly disk: MemoryDisk },
	table: string,
	which: (at: number, all: number) => boolean = () => true,
	change: (value: Bytes) => Bytes | null = flipped,
): Promise<void> {
	const rows = disk.rows().filter((row) => row.table === table);
	if (rows.length === 0) throw new Error(`nothing in ${table}`);
	const writes = rows
		.filter((_, at) => which(at, rows.length))
		.map(({ key, value }) => ({
			table,
			key: key.split(';').filter(Boolean).map(partOf),
			value: change(value),
		}));
	await disk.open().commit(writes);
}

const flipped = (value: Bytes): Bytes => {
	const spoilt = value.slice();
	const middle = Math.floor(spoilt.length / 2);
	spoilt[middle] = (spoilt[middle] ?? 0) ^ 1;
	return spoilt;
};
