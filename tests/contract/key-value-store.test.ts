import 'fake-indexeddb/auto';
import { createSealedStore } from '#lib/crypto/sealed-store.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import type { KeyValueStore } from '#lib/ports/store.ts';
import type { Random } from '#lib/ports/random.ts';
import { openIndexedDbStore } from '#lib/storage/indexeddb.ts';
import { createMemoryStore } from '#lib/storage/memory.ts';
import { unwrap } from '#lib/util/result.ts';
import { describeKeyValueStore } from './key-value-store.ts';

const random: Random = {
	bytes: (length) => globalThis.crypto.getRandomValues(new Uint8Array(length)),
};
const crypto = createSyncCryptoProvider();
const sealed = (store: KeyValueStore): KeyValueStore =>
	createSealedStore(store, crypto, random, random.bytes(32));

let count = 0;
const indexedDb = async (): Promise<KeyValueStore> =>
	unwrap(await openIndexedDbStore(`contract-${++count}`, {}));

describeKeyValueStore('memory', async () => createMemoryStore());
describeKeyValueStore('IndexedDB', indexedDb);
describeKeyValueStore('sealed memory', async () => sealed(createMemoryStore()));
describeKeyValueStore('sealed IndexedDB', async () => sealed(await indexedDb()));
