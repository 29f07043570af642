// Throws away what a whole account document makes superfluous: the content of the changes before it in its feed, and of
// those that every device holds the entries themselves. [AC8]
import { readEntry } from '#lib/crdt/check-entry.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { DAY } from '#lib/protocol/limits.ts';
import type { StoreError, StoreWrite } from '#lib/ports/store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { ok, type Result } from '#lib/util/result.ts';
import type { Ports } from '../ports.ts';
import type { Space } from '../space/space-face.ts';
import { stripped } from '../space/kept-entries.ts';

/** A device that comes in may be told a beginning from a day before. */
const STAYS = 3 * DAY;
const READ_AT_ONCE = 256;

export interface WholeUpdate {
	/** Place of its first part. */
	readonly at: number;
	/** The first entry of the feed that some device may not hold, as its author knew. */
	readonly held: number;
}

/** What a feed keeps of the changes before a whole document is as bounded as what lies between two of those. */
export async function compactUpdates(
	{ clock, crypto, store }: Pick<Ports, 'clock' | 'crypto' | 'store'>,
	{ kept }: Pick<Space, 'kept'>,
	device: Bytes,
	{ at, held }: WholeUpdate,
): Promise<Result<void, StoreError>> {
	for (let from = 0; from < at;) {
		const packets = await kept.packets(device, from, at, READ_AT_ONCE);
		const writes: StoreWrite[] = [];
		for (const packet of packets) {
			const entry = readEntry(crypto, packet);
			if (!entry.ok) continue;
			const { seq, kind, time } = entry.value.header;
			from = Math.max(from, seq + 1);
			if (kind !== KIND.update) continue;
			if (seq < held && time.ms < clock.now() - STAYS) writes.push(kept.deleteEntry(device, seq));
			else if (packet.body !== null) writes.push(kept.writeEntry(stripped(entry.value)));
		}
		const done = await store.commit(writes);
		if (!done.ok) return done;
		if (packets.length < READ_AT_ONCE) break;
	}
	return ok();
}
