// Reads what a space can't be without: its keys, feeds, authority log and ratchets. One of them damaged, or missing where
// others speak of it, and it would be another space: with fewer members removed, or a feed of one's own begun again. So
// all of it is here, or none. [EP10] [AT14]
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import { readEntry } from '#lib/crdt/check-entry.ts';
import type { Feed } from '#lib/crdt/ledger.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { KeyValueStore } from '#lib/ports/store.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Self } from '../ports.ts';
import { createKeyRing, type KeyRing } from './key-ring.ts';
import { memberRootOf, openContent } from './opening.ts';
import { loadRatchets, type Ratchets } from './ratchets.ts';
import { createSpaceStore, type KeptControl, type SpaceStore } from './space-store.ts';

interface ReadSpace {
	readonly kept: SpaceStore;
	readonly ring: KeyRing;
	readonly ratchets: Ratchets;
	readonly feeds: readonly Feed[];
	readonly control: readonly ControlEntry[];
}

/** A space as it was kept, or an empty one; undefined when it is not all there. */
export async function readSpace(
	crypto: CryptoProvider,
	store: KeyValueStore,
	self: Self,
	id: Bytes,
): Promise<ReadSpace | undefined> {
	const kept = createSpaceStore(store, id);
	const [keys, feeds, log] = await Promise.all([kept.keys(), kept.feeds(), kept.control()]);
	if (keys === undefined || feeds === undefined || log === undefined) return undefined;
	const own = self.device.publicKey;
	const knowsOwn = feeds.some(({ device }) => equal(device, own));
	if (!knowsOwn && (await kept.hasWritten(own))) return undefined;
	const ring = createKeyRing(crypto, keys);
	const ratchets = await loadRatchets(crypto, store, id, ring);
	const control = await openedLog(crypto, ring, log);
	return ratchets && control && { kept, ring, ratchets, feeds, control };
}

/** Whatever it was opened with is kept, and all that its entries build on. */
async function openedLog(
	crypto: CryptoProvider,
	ring: KeyRing,
	log: readonly KeptControl[],
): Promise<readonly ControlEntry[] | undefined> {
	const control: ControlEntry[] = [];
	for (const { packet, proven, key } of log) {
		const entry = readEntry(crypto, packet);
		if (!entry.ok) return undefined;
		// What prekeys have opened is kept: they go, and what was forgotten must not come back by them.
		const content = await openContent(crypto, [], ring, entry.value, key ?? undefined);
		if (content.type !== 'opened') return undefined;
		const memberRoot = memberRootOf(crypto, content.value);
		const { value, key: known } = content;
		control.push({ entry: entry.value, content: value, proven, memberRoot, key: known });
	}
	const known = new Set(control.map(({ entry }) => entry.key));
	const isWhole = control.every(({ entry }) =>
		entry.header.authorityHeads.every((head) => known.has(toHex(head))),
	);
	return isWhole ? control : undefined;
}
