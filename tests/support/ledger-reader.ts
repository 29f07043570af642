// Takes entries into a ledger in any order, as a device does over time: what must wait comes again, and two entries in
// one place of a feed freeze it.
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import { createLedger, type Ledger, type Placement } from '#lib/crdt/ledger.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

export interface Item {
	readonly entry: Entry;
	readonly control: ControlEntry | null;
}

export interface Reader {
	readonly ledger: Ledger;
	/** Takes these in once, in this order. */
	take(items: readonly Item[]): Placement[];
	/** Takes these in again and again until nothing changes. */
	settle(items: readonly Item[]): void;
}

export function createReader(space: Bytes): Reader {
	const ledger = createLedger(space);
	const kept = new Map<string, Entry>();
	const placeOf = ({ header }: Entry, seq = header.seq): string => `${toHex(header.device)} ${seq}`;

	function lookForFork(entry: Entry): void {
		const ours = kept.get(placeOf(entry));
		if (ours === undefined || ours.key === entry.key) return;
		const { device, seq } = entry.header;
		const before = kept.get(placeOf(entry, seq - 1));
		const time = before?.header.time ?? { ms: 0, counter: 0 };
		ledger.freeze(device, seq, { id: ours.header.prev, time });
	}

	function take(items: readonly Item[]): Placement[] {
		return items.map(({ entry, control }) => {
			const placement = ledger.place(entry, control);
			if (placement.type === 'added' && placement.feed !== null) kept.set(placeOf(entry), entry);
			const past = placement.type === 'added' ? placement.chain : placement.type;
			if (past === 'past') lookForFork(entry);
			return placement;
		});
	}

	return {
		ledger,
		take,
		settle(items) {
			for (let before = ''; before !== digest(ledger);) {
				before = digest(ledger);
				take(items);
			}
		},
	};
}

/** What two devices that hold the same entries must agree on. */
export function digest(ledger: Ledger): string {
	const { authority, control, feeds } = ledger;
	const sorted = (lines: readonly string[]): string[] => [...lines].sort();
	return JSON.stringify({
		verdicts: sorted([...control.keys()].map((key) => `${key} ${authority.verdicts.get(key)}`)),
		feeds: sorted(
			[...feeds.values()]
				.map((each) => ({ ...ledger.headOf(each), frozenAt: each.frozenAt }))
				.filter(({ seq }) => seq >= 0)
				.map(({ feed, seq, id, frozenAt }) => {
					const counts = ledger.countsUpTo(toHex(feed));
					// A fork beyond a fence is known to those alone who hold what nobody need hold.
					const frozen = frozenAt !== null && frozenAt <= counts ? frozenAt : '';
					return [toHex(feed), seq, toHex(id), frozen, counts].join(' ');
				}),
		),
		members: sorted(
			[...authority.devices].filter(([, each]) => each.active).map(([device]) => device),
		),
		channels: authority.channels.map(({ id }) => toHex(id)),
		epochs: authority.liveEpochs.map((epoch) => [
			toHex(epoch.entry),
			sorted([...epoch.tokenHashes].map(([key, tokens]) => `${key} ${tokens.length}`)),
		]),
		heads: ledger.authorityHeads().map(toHex),
	});
}
