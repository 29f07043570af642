// What each control entry builds on, near and far: its authority heads and its device's own earlier entries, with all
// that these build on. Kept as one number for each device, in chunks that entries share, so that a question costs the
// same in a log of ten and of ten thousand. [AU1]
import { inOrder } from './authority-state.ts';
import type { Entry } from './check-entry.ts';
import { compareTime } from '#lib/protocol/entry.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

/** Everything that something builds on. */
export interface Past {
	/** Whether this control entry is part of it. */
	has(entry: Entry): boolean;
	/** Whether any control entry of this device in this place, or a later one, is part of it. */
	reaches(device: Bytes, seq: number): boolean;
}

export interface Pasts {
	/** Takes an entry in whose authority heads are in already; false when later entries of its device were here before. */
	add(entry: Entry): boolean;
	/** What an entry that is in builds on, itself left out. */
	of(entry: Entry): Past;
	/** What somebody builds on who has seen these entries; heads that are not in are passed over. */
	after(heads: readonly Bytes[]): Past;
	/** The control entry with the highest seq of each device (hex) of this author (hex). */
	devicesOf(author: string): ReadonlyMap<string, Entry>;
	/** Whether its time is after that of every control entry of its device with a lower seq. */
	isInTime(entry: Entry): boolean;
}

/** Per device index the highest seq seen plus one, in chunks; a missing chunk holds zeros. */
type Clock = readonly (Int32Array | undefined)[];

const CHUNK = 64;
const NOTHING: Clock = [];

const seen = (clock: Clock, device: number): number =>
	clock[Math.floor(device / CHUNK)]?.[device % CHUNK] ?? 0;

function raised(clock: Clock, device: number, to: number): Clock {
	if (seen(clock, device) >= to) return clock;
	const at = Math.floor(device / CHUNK);
	const chunk = new Int32Array(CHUNK);
	const before = clock[at];
	if (before !== undefined) chunk.set(before);
	chunk[device % CHUNK] = to;
	const next = [...clock];
	while (next.length < at) next.push(undefined);
	next[at] = chunk;
	return next;
}

/** Whether nothing in `b` is higher than in `a`. */
function covers(a: Int32Array, b: Int32Array): boolean {
	for (let n = 0; n < CHUNK; n++) if ((b[n] ?? 0) > (a[n] ?? 0)) return false;
	return true;
}

function mergedChunk(a: Int32Array, b: Int32Array): Int32Array {
	if (covers(a, b)) return a;
	if (covers(b, a)) return b;
	const both = a.slice();
	for (let n = 0; n < CHUNK; n++) both[n] = Math.max(both[n] ?? 0, b[n] ?? 0);
	return both;
}

function merged(a: Clock, b: Clock): Clock {
	if (a === b || b.length === 0) return a;
	if (a.length === 0) return b;
	const chunks: (Int32Array | undefined)[] = [];
	for (let n = 0; n < Math.max(a.length, b.length); n++) {
		const [one, two] = [a[n], b[n]];
		if (one === two || two === undefined) chunks.push(one);
		else chunks.push(one === undefined ? two : mergedChunk(one, two));
	}
	return chunks;
}

export function createPasts(): Pasts {
	const indexes = new Map<string, number>();
	const clocks = new Map<string, Clock>();
	/** Entries by id (hex), to go from heads to their places. */
	const entries = new Map<string, Entry>();
	/** By device (hex), ascending by seq. */
	const own = new Map<string, Entry[]>();
	const authors = new Map<string, Map<string, Entry>>();
	/** Devices (hex) with control entries whose times do not follow their places. */
	const disordered = new Set<string>();

	const indexOf = (device: Bytes): number => {
		const key = toHex(device);
		let index = indexes.get(key);
		if (index === undefined) indexes.set(key, (index = indexes.size));
		return index;
	};

	const withItself = (entry: Entry): Clock =>
		raised(clocks.get(entry.key) ?? NOTHING, indexOf(entry.header.device), entry.header.seq + 1);

	const afterHeads = (heads: readonly Bytes[]): Clock =>
		heads.reduce<Clock>((clock, head) => {
			const entry = entries.get(toHex(head));
			return entry === undefined ? clock : merged(clock, withItself(entry));
		}, NOTHING);

	const pastOf = (clock: Clock): Past => {
		const reaches = (device: Bytes, seq: number): boolean => {
			const index = indexes.get(toHex(device));
			return index !== undefined && seen(clock, index) > seq;
		};
		return { has: ({ header }) => reaches(header.device, header.seq), reaches };
	};

	return {
		add(entry) {
			const { device, seq, author, authorityHeads } = entry.header;
			const key = toHex(device);
			const mine = own.get(key) ?? [];
			own.set(key, mine);
			// Of its own earlier entries those count that are earlier by their time as well.
			const before = mine.findLast((other) => other.header.seq < seq && inOrder(other, entry) < 0);
			const heads = afterHeads(authorityHeads);
			clocks.set(entry.key, before === undefined ? heads : merged(heads, withItself(before)));
			entries.set(entry.key, entry);
			const isLast = (mine.at(-1)?.header.seq ?? -1) <= seq;
			if (isLast) mine.push(entry);
			else
				mine.splice(
					mine.findIndex((other) => other.header.seq > seq),
					0,
					entry,
				);
			const n = mine.lastIndexOf(entry);
			const isAfter = (a: Entry | undefined, b: Entry | undefined): boolean =>
				a === undefined || b === undefined || compareTime(a.header.time, b.header.time) < 0;
			if (!isAfter(mine[n - 1], entry) || !isAfter(entry, mine[n + 1])) disordered.add(key);
			const devices = authors.get(toHex(author)) ?? new Map<string, Entry>();
			authors.set(toHex(author), devices);
			if (seq >= (devices.get(key)?.header.seq ?? -1)) devices.set(key, entry);
			return isLast;
		},
		of: (entry) => pastOf(clocks.get(entry.key) ?? NOTHING),
		after: (heads) => pastOf(afterHeads(heads)),
		devicesOf: (author) => authors.get(author) ?? new Map<string, Entry>(),
		isInTime({ header }) {
			const key = toHex(header.device);
			if (!disordered.has(key)) return true;
			return (own.get(key) ?? []).every(
				(other) =>
					other.header.seq >= header.seq || compareTime(other.header.time, header.time) < 0,
			);
		},
	};
}
