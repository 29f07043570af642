// When messages of a space are due to disappear: one small row for each, in the order of that, so that the next one is
// found without reading the others. Says nothing of what they were. [DM3]
import { bytes, decode, encode, list, map, tuple, uint } from '#lib/protocol/cbor.ts';
import { readEntry, type Entry } from '#lib/crdt/check-entry.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import type { Content } from '#lib/protocol/content.ts';
import { KIND, type Time } from '#lib/protocol/entry.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import { equal, type Bytes } from '#lib/util/bytes.ts';
import type { Ports } from '../ports.ts';
import { allMessages } from './kept-entries.ts';
import type { SpaceStore } from './space-store.ts';

interface Place {
	readonly device: Bytes;
	readonly seq: number;
}

export interface Expiring {
	/** What to commit with these entries, for those that are to disappear. */
	note(entries: readonly Entry[]): Promise<readonly StoreWrite[]>;
	/** Messages kept that are due by `now` (ms), a bounded number, and what to commit once they are dealt with. */
	due(now: number): Promise<{
		readonly entries: readonly Entry[];
		readonly settled: readonly StoreWrite[];
	}>;
	/** When the next one is due, ms since 1970; null when none is. */
	next(): Promise<number | null>;
}

const NOTHING: Bytes = new Uint8Array(0);
const TABLE = 'expiry';
/** Rows of one second are told apart by this many bits of their entries' ids. */
const TAG = 2 ** 20;
/** Later than this (seconds since 1970) is never: there is no room for it in a row's number. */
const LAST = 2 ** 33;
/** Rows whose messages go in one commit. */
const AT_ONCE = 500;
const MAX_ROW = 100_000;
const shape = list(
	map(tuple(bytes(32), uint()), ([device, seq]) => ({ device, seq })),
	MAX_ROW,
);

/** Whether a message is to be gone by `now`, ms. */
export const isExpired = ({ header }: Entry, now: number): boolean =>
	header.kind === KIND.message && header.expiry > 0 && header.expiry <= now;

/** When what is written at this time is to disappear, by the timer of its channel, ms since 1970; 0: never. */
export function expiryOf({ authority }: Ledger, content: Content, { ms }: Time): number {
	if (content.kind !== KIND.message) return 0;
	const channel = authority.channels.find(({ id }) => equal(id, content.channel));
	return channel === undefined || channel.timer === 0 ? 0 : ms + channel.timer * 1000;
}

export function createExpiring(
	{ crypto, store }: Pick<Ports, 'crypto' | 'store'>,
	space: Bytes,
	kept: SpaceStore,
	ledger: Pick<Ledger, 'feeds'>,
): Expiring {
	const secondOf = ({ header }: Entry): number => Math.ceil(header.expiry / 1000);
	const rowOf = (entry: Entry): number => {
		const { id } = entry;
		const tag = (((id[0] ?? 0) << 16) | ((id[1] ?? 0) << 8) | (id[2] ?? 0)) % TAG;
		return secondOf(entry) * TAG + tag;
	};

	const read = (value: Bytes): readonly Place[] | undefined => {
		const row = decode(shape, value, Number.MAX_SAFE_INTEGER);
		return row.ok ? row.value : undefined;
	};

	return {
		async note(entries) {
			const rows = new Map<number, Place[]>();
			for (const entry of entries) {
				const { kind, expiry, device, seq } = entry.header;
				if (kind !== KIND.message || expiry === 0 || secondOf(entry) >= LAST) continue;
				const at = rowOf(entry);
				const row = rows.get(at) ?? [
					...(read((await store.get(TABLE, [space, at])) ?? NOTHING) ?? []),
				];
				const isNoted = row.some((each) => each.seq === seq && equal(each.device, device));
				if (!isNoted) row.push({ device, seq });
				rows.set(at, row);
			}
			return [...rows].map(([at, row]) => ({
				table: TABLE,
				key: [space, at],
				value: encode(row.map(({ device, seq }) => [device, seq])),
			}));
		},
		async due(now) {
			const to = (Math.floor(now / 1000) + 1) * TAG;
			const rows = await store.range(TABLE, [space], { to, limit: AT_ONCE });
			const entries: Entry[] = [];
			const places = rows.map(({ value }) => read(value));
			// A row that doesn't say what is due: all that is here is looked at. [AT14]
			if (places.includes(undefined)) {
				const all = await allMessages(crypto, ledger, kept);
				entries.push(...all.filter((entry) => isExpired(entry, now)));
			}
			for (const { device, seq } of places.flatMap((place) => place ?? [])) {
				const packet = await kept.packet(device, seq);
				const entry = packet && readEntry(crypto, packet);
				if (entry?.ok && isExpired(entry.value, now)) entries.push(entry.value);
			}
			const settled = rows.map(({ at }) => ({ table: TABLE, key: [space, at], value: null }));
			return { entries, settled };
		},
		async next() {
			const [first] = await store.range(TABLE, [space], { limit: 1 });
			return first === undefined ? null : Math.floor(first.at / TAG) * 1000;
		},
	};
}
