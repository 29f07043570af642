// Where spaces lie on the device: their place in the list, and the tables with rows of each.
import { bytes, decode, encode, tuple } from '#lib/protocol/cbor.ts';
import type { KeyValueStore, StoreWrite } from '#lib/ports/store.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** Tables that hold rows under a space's id. */
const SPACE_TABLES = [
	'entry',
	'feed',
	'control',
	'key',
	'use',
	'log',
	'segment',
	'message-key',
	'chain',
	'expiry',
	'outbox',
	'read',
	'fork',
	'admitted',
	'invited',
	'prekey',
	'file',
	'prekey-copy',
	'peer',
	'sealed-given',
];

/** The list lies here twice, for nothing else on the device says of which spaces there are rows. [AT14] */
const COPIES = ['list', 'list again'] as const;

/** Puts the space on the list of this device's, or takes it off. */
export const listWrites = (number: number, space: Bytes | null): readonly StoreWrite[] =>
	COPIES.map((copy) => ({ table: 'space', key: [copy, number], value: space && encode([space]) }));

const listed = tuple(bytes(32));

export interface ListedSpace {
	readonly number: number;
	/** null: both of its rows are damaged. */
	readonly space: Bytes | null;
	/** Neither of them is damaged or missing. */
	readonly isWhole: boolean;
}

/** The list, in order. */
export async function readList(store: KeyValueStore): Promise<readonly ListedSpace[]> {
	const found = new Map<number, Bytes[]>();
	for (const copy of COPIES) {
		for (const { at, value } of await store.range('space', [copy])) {
			const row = decode(listed, value, 64);
			found.set(at, [...(found.get(at) ?? []), ...(row.ok ? [row.value[0]] : [])]);
		}
	}
	return [...found]
		.sort(([a], [b]) => a - b)
		.map(([number, [space = null, second]]) => ({ number, space, isWhole: second !== undefined }));
}

export async function clearSpace(store: KeyValueStore, space: Bytes): Promise<void> {
	for (const table of SPACE_TABLES) await store.clear(table, [space]);
}
