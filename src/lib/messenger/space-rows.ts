// Where spaces lie on the device: their place in the list, and the tables with rows of each.
import { encode } from '#lib/protocol/cbor.ts';
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
	'sealed-given',
];

/** Puts the space on the list of this device's, or takes it off. */
export const listWrite = (number: number, space: Bytes | null): StoreWrite => ({
	table: 'space',
	key: ['list', number],
	value: space && encode([space]),
});

export async function clearSpace(store: KeyValueStore, space: Bytes): Promise<void> {
	for (const table of SPACE_TABLES) await store.clear(table, [space]);
}
