// The key of each message that this device has read or written, kept beside its entry: what was wrapped for prekeys that
// are gone, or for another device of the same person, opens all the same. A key goes with its message. [BK2] [TB1]
import type { Entry } from '#lib/crdt/check-entry.ts';
import { fitsCommitment } from '#lib/crypto/entry-keys.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { KeyValueStore, StoreKey, StoreWrite } from '#lib/ports/store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { PurgeStore } from './purge-registry.ts';

export interface MessageKeys extends PurgeStore {
	/** The key of this very entry, 32 bytes, if one is here. */
	of(entry: Entry): Promise<Bytes | undefined>;
	/** Keeps a key; `of` knows it from now on, the store once the write is committed. */
	keep(entry: Entry, key: Bytes): StoreWrite;
	/** What was kept is committed, or never will be. */
	settle(): void;
}

const TABLE = 'message-key';
const LENGTH = 32;

export function createMessageKeys(
	crypto: CryptoProvider,
	store: KeyValueStore,
	space: Bytes,
): MessageKeys {
	/** By entry id (hex), until the store has them. */
	const staged = new Map<string, Bytes>();
	const rowOf = ({ header }: Entry): StoreKey => [space, header.device, header.seq];

	async function of(entry: Entry): Promise<Bytes | undefined> {
		const key = staged.get(entry.key) ?? (await store.get(TABLE, rowOf(entry)));
		const fits = key?.length === LENGTH && fitsCommitment(crypto, key, entry.header.commitment);
		return fits ? key : undefined;
	}

	return {
		name: 'keys',
		of,
		keep(entry, key) {
			staged.set(entry.key, key);
			return { table: TABLE, key: rowOf(entry), value: key };
		},
		settle() {
			staged.clear();
		},
		async purge(entry) {
			if ((await of(entry)) === undefined) return [];
			staged.delete(entry.key);
			return [{ table: TABLE, key: rowOf(entry), value: null }];
		},
		// A key says nothing; what it opens is another store's to forget.
		holds: () => Promise.resolve(false),
	};
}
