// A store that the one below learns nothing from: text and bytes in keys become opaque names, values are sealed to
// their row. Numbers stay, because they are ranged over; table names are fixed words. What is damaged reads as a value of
// no bytes, which no decoder takes, and not as one that was never there. [AT3] [AT4] [AT5]
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { Random } from '#lib/ports/random.ts';
import type { KeyPart, KeyValueStore, StoreKey } from '#lib/ports/store.ts';
import { concat, equal, toHex, utf8, type Bytes } from '#lib/util/bytes.ts';
import { derive } from './hash.ts';
import { createLru } from './lru.ts';

const NONCE = 24;
const NAME = 16;
const ROW_TAG = 16;
/** Names held ready: spaces, feeds and channels come again and again. */
const NAMES_HELD = 4096;

export interface SealedStoreOptions {
	/** A value that doesn't open, or not in this row: damaged or tampered with. */
	readonly onCorrupt?: (table: string) => void;
}

/** A number as 8 bytes, big-endian. */
function numberBytes(value: number): Bytes {
	const bytes = new Uint8Array(8);
	new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
	return bytes;
}

const typeByte = { string: 1, bytes: 2, number: 3 } as const;
const typed = (type: keyof typeof typeByte, bytes: Uint8Array): Bytes =>
	concat(Uint8Array.of(typeByte[type]), bytes);

export function createSealedStore(
	store: KeyValueStore,
	crypto: CryptoProvider,
	random: Random,
	dataKey: Uint8Array,
	{ onCorrupt = () => {} }: SealedStoreOptions = {},
): KeyValueStore {
	const nameKey = derive(crypto, dataKey, 'store-name');
	const valueKey = derive(crypto, dataKey, 'store-value');
	const names = createLru<Bytes>(NAMES_HELD);

	function partName(table: string, part: KeyPart): KeyPart {
		if (typeof part === 'number') return part;
		const [type, bytes] =
			typeof part === 'string' ? (['string', utf8(part)] as const) : (['bytes', part] as const);
		// A long part is not worth holding.
		const make = (): Bytes =>
			crypto.hmac(nameKey, utf8(table), Uint8Array.of(0), typed(type, bytes)).slice(0, NAME);
		return bytes.length > 64 ? make() : names.get(`${table}\0${type}${toHex(bytes)}`, make);
	}
	const keyName = (table: string, key: StoreKey): StoreKey =>
		key.map((part) => partName(table, part));

	/** Ties a value to its row, so that rows can't be exchanged under us. */
	function rowTag(table: string, name: StoreKey): Bytes {
		const parts = name.map((part) =>
			typeof part === 'number' ? typed('number', numberBytes(part)) : typed('bytes', part as Bytes),
		);
		return crypto.hmac(nameKey, utf8(table), Uint8Array.of(0, 0), ...parts).slice(0, ROW_TAG);
	}

	function seal(table: string, name: StoreKey, value: Uint8Array): Bytes {
		const nonce = random.bytes(NONCE);
		return concat(nonce, crypto.seal(valueKey, nonce, concat(rowTag(table, name), value)));
	}

	function open(table: string, name: StoreKey, sealed: Bytes): Bytes {
		const plain = crypto.open(valueKey, sealed.subarray(0, NONCE), sealed.subarray(NONCE));
		if (plain !== undefined && equal(plain.subarray(0, ROW_TAG), rowTag(table, name))) {
			return plain.slice(ROW_TAG);
		}
		onCorrupt(table);
		return new Uint8Array(0);
	}

	return {
		async get(table, key) {
			const name = keyName(table, key);
			const sealed = await store.get(table, name);
			return sealed && open(table, name, sealed);
		},
		async range(table, prefix, range) {
			const name = keyName(table, prefix);
			const rows = await store.range(table, name, range);
			return rows.map(({ at, value }) => ({ at, value: open(table, [...name, at], value) }));
		},
		commit: (writes) =>
			store.commit(
				writes.map(({ table, key, value }) => {
					const name = keyName(table, key);
					return { table, key: name, value: value && seal(table, name, value) };
				}),
			),
		clear: (table, prefix) => store.clear(table, keyName(table, prefix)),
		close: () => {
			store.close();
			nameKey.fill(0);
			valueKey.fill(0);
		},
	};
}
