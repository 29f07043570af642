// Takes the entries that others bring into the space: what one device has sent while others were being kept becomes one
// commit. What was stored on a relay is taken by itself: each copy is acknowledged for what is in it.
import { entryId } from '#lib/crdt/check-entry.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { decodeHeader, KIND, type Packet } from '#lib/protocol/entry.ts';
import { equal, type Bytes } from '#lib/util/bytes.ts';
import { createGrouping } from '../grouping.ts';
import { createQueue } from '../queue.ts';
import type { Space } from '../space/space-face.ts';

export interface TakingEvents {
	/** Entries of another space, for which this one is but the way they come. */
	onForeign?: ((from: string, packets: readonly Packet[]) => void) | undefined;
	/** So many of a device's (hex) were taken; `disputed`: what it holds to be otherwise. */
	onTaken(from: string, count: number, disputed: readonly Bytes[]): void;
}

/** Whether these (from a device, hex) need not be brought again. */
export type Take = (
	from: string,
	packets: readonly Packet[],
	isStored: boolean,
) => Promise<boolean>;

interface Brought {
	readonly from: string;
	readonly packets: readonly Packet[];
}

/** Deliveries that are taken together at most. */
const GROUP = 64;

export function createTaking(
	crypto: CryptoProvider,
	space: Pick<Space, 'id' | 'receive'>,
	events: TakingEvents,
): Take {
	function isForeign({ header }: Packet): boolean {
		const decoded = decodeHeader(header);
		if (!decoded.ok) return false;
		const { kind, space: named } = decoded.value;
		return !equal(kind === KIND.genesis ? entryId(crypto, header) : named, space.id);
	}

	async function receive({ from, packets }: Brought, isStored: boolean): Promise<boolean> {
		const taken = await space.receive(packets);
		if (!taken.ok) return false;
		events.onTaken(from, packets.length, taken.value.disputed);
		return isStored ? taken.value.whole() : true;
	}

	const grouping = createGrouping<Brought, boolean>(createQueue(), GROUP, async (all) => {
		const results: boolean[] = [];
		while (results.length < all.length) {
			const [first, ...rest] = all.slice(results.length);
			if (first === undefined) break;
			const { from } = first;
			const others = rest.findIndex((each) => each.from !== from);
			const same = [first, ...rest.slice(0, others < 0 ? rest.length : others)];
			const packets = same.flatMap((each) => each.packets);
			const isTaken = await receive({ from, packets }, false);
			results.push(...same.map(() => isTaken));
		}
		return results;
	});

	return async (from, all, isStored) => {
		const { onForeign } = events;
		const foreign = onForeign === undefined ? [] : all.filter(isForeign);
		if (foreign.length > 0) onForeign?.(from, foreign);
		const packets = foreign.length > 0 ? all.filter((each) => !foreign.includes(each)) : all;
		const brought = { from, packets };
		return isStored ? receive(brought, true) : grouping.add(brought);
	};
}
