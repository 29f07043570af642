// The messages among the entries kept of a space: read in batches, and their content thrown away while header and
// signature stay, so that the chain goes on. [TB1] [SH5]
import { readEntry, type Entry } from '#lib/crdt/check-entry.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { compareTime, KIND } from '#lib/protocol/entry.ts';
import type { AgreementKey, CryptoProvider } from '#lib/ports/crypto.ts';
import { equal, type Bytes } from '#lib/util/bytes.ts';
import { openMessage } from './opening.ts';
import type { PurgeStore } from './purge-registry.ts';
import type { SpaceStore } from './space-store.ts';

/** Entries looked at together. */
const BATCH = 256;

/** The entry without its content: nobody can make that of it again. */
export const stripped = (entry: Entry): Entry => ({
	...entry,
	packet: { ...entry.packet, wraps: null, body: null },
});

/** The message entries kept of a feed, from one seq up to before another. */
export async function messageEntries(
	crypto: CryptoProvider,
	kept: SpaceStore,
	device: Bytes,
	from: number,
	to: number,
): Promise<Entry[]> {
	const found: Entry[] = [];
	const end = Math.min(to, Number.MAX_SAFE_INTEGER);
	for (let at = Math.max(0, from); at < end;) {
		const packets = await kept.packets(device, at, end, BATCH);
		for (const packet of packets) {
			const entry = readEntry(crypto, packet);
			if (!entry.ok) continue;
			at = Math.max(at, entry.value.header.seq + 1);
			if (entry.value.header.kind === KIND.message) found.push(entry.value);
		}
		if (packets.length < BATCH) break;
	}
	return found;
}

/** Every message entry kept of a space, in the order shown. */
export async function allMessages(
	crypto: CryptoProvider,
	ledger: Pick<Ledger, 'feeds'>,
	kept: SpaceStore,
): Promise<Entry[]> {
	const found: Entry[] = [];
	for (const { device } of ledger.feeds.values()) {
		found.push(...(await messageEntries(crypto, kept, device, 0, Infinity)));
	}
	return found.sort((a, b) => compareTime(a.header.time, b.header.time));
}

/** The message kept in this place, if it is this one. */
export async function messageAt(
	crypto: CryptoProvider,
	kept: SpaceStore,
	{ id, device, seq }: { readonly id: Bytes; readonly device: Bytes; readonly seq: number },
): Promise<Entry | undefined> {
	const packet = await kept.packet(device, seq);
	const entry = packet && readEntry(crypto, packet);
	if (entry?.ok !== true || entry.value.header.kind !== KIND.message) return undefined;
	return equal(entry.value.id, id) ? entry.value : undefined;
}

export function entryPurging(
	crypto: CryptoProvider,
	prekeys: Iterable<AgreementKey>,
	ledger: Ledger,
	kept: SpaceStore,
): PurgeStore {
	return {
		name: 'entries',
		async purge({ id, header }) {
			const entry = await messageAt(crypto, kept, { id, device: header.device, seq: header.seq });
			if (entry === undefined) return [];
			const { wraps, body } = entry.packet;
			return wraps === null && body === null ? [] : [kept.writeEntry(stripped(entry))];
		},
		async holds(words) {
			for (const { device } of ledger.feeds.values()) {
				for (const entry of await messageEntries(crypto, kept, device, 0, Infinity)) {
					const opened = await openMessage(crypto, prekeys, entry);
					if (opened.type === 'opened' && opened.value.message.text.includes(words)) {
						return true;
					}
				}
				for (const packet of await kept.forkProof(device)) {
					const entry = readEntry(crypto, packet);
					if (!entry.ok) continue;
					const opened = await openMessage(crypto, prekeys, entry.value);
					if (opened.type === 'opened' && opened.value.message.text.includes(words)) {
						return true;
					}
				}
			}
			return false;
		},
	};
}
