// Finds forks: two entries of one device in one place, whichever of what is kept, told or past the other one is. [FD4]
import { entryId, type Entry } from '#lib/crdt/check-entry.ts';
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import type { Feed, Ledger } from '#lib/crdt/ledger.ts';
import { decodeHeader, type Packet, type Time } from '#lib/protocol/entry.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { equal, toHex } from '#lib/util/bytes.ts';
import type { SpaceStore } from './space-store.ts';

export interface Fork {
	readonly feed: Feed;
	readonly ours: Packet;
	readonly theirs: Packet;
}

interface Placed {
	readonly entry: Entry;
	readonly feed: Feed | null;
}

export interface ForkFinding {
	/** Whether the authority log holds another entry in the same place, from before the view too. */
	isDoubted(entry: Entry): boolean;
	/**
	 * What the entry, whose place is taken, proves together with the one that stands there; null when that is itself.
	 * `placed`: what is in the ledger and not yet in the store. `past`: of what came with it, entries whose place is empty
	 * here: two of them may prove a fork to a device that holds neither.
	 */
	look(entry: Entry, placed: readonly Placed[], past: Map<string, Packet>): Promise<Fork | null>;
}

const BEGINNING: Time = { ms: 0, counter: 0 };

const timeOf = (packet: Packet | undefined): Time => {
	const header = packet && decodeHeader(packet.header);
	return header?.ok ? header.value.time : BEGINNING;
};

export function createForkFinding(
	crypto: CryptoProvider,
	ledger: Ledger,
	kept: SpaceStore,
): ForkFinding {
	/** Another entry in the same place that the authority log holds, from before the view too. */
	const inLog = ({ id, header }: Entry): ControlEntry | undefined =>
		[...ledger.control.values()].find(
			({ entry }) =>
				entry.header.seq === header.seq &&
				equal(entry.header.device, header.device) &&
				!equal(entry.id, id),
		);

	return {
		isDoubted: (entry) => inLog(entry) !== undefined,
		async look(entry, placed, past) {
			const { device, seq, prev } = entry.header;
			const place = `${toHex(device)} ${seq}`;
			const fresh = placed.find(
				(other) =>
					other.feed !== null &&
					other.entry.header.seq === seq &&
					equal(other.entry.header.device, device),
			);
			const ours =
				fresh?.entry.packet ??
				(await kept.packet(device, seq)) ??
				past.get(place) ??
				inLog(entry)?.entry.packet;
			if (ours === undefined) {
				past.set(place, entry.packet);
				return null;
			}
			if (equal(entryId(crypto, ours.header), entry.id)) return null;
			const header = decodeHeader(ours.header);
			const time = timeOf(seq === 0 ? undefined : await kept.packet(device, seq - 1));
			const feed = ledger.freeze(device, seq, { id: header.ok ? header.value.prev : prev, time });
			return { feed, ours, theirs: entry.packet };
		},
	};
}
