// One channel's messages in segments of about a thousand, so that opening it costs the same at any length. [DO1] [DO2]
// Changes are staged as store writes: the caller commits them together with the entries that they come from. What is
// damaged is told, and made anew by whoever has those entries. [DO3]
import { encode, list, tuple, uint, decode } from '#lib/protocol/cbor.ts';
import { compareTime, type Time } from '#lib/protocol/entry.ts';
import type { KeyValueStore, StoreWrite } from '#lib/ports/store.ts';
import { equal, utf8, type Bytes } from '#lib/util/bytes.ts';
import { inShownOrder, openSegment, type LoggedMessage, type Segment } from './segment.ts';

/** Messages in a segment before the next is begun, and before one that grew by late arrivals is split. */
const SEGMENT_SIZE = 1000;
const SPLIT_SIZE = 2000;
/** Changes kept of a segment before they are made one. */
const MAX_CHANGES = 64;
const CACHED_SEGMENTS = 4;
const BEGINNING: Time = { ms: 0, counter: 0 };
const beginning = (): Stretch => ({ number: 0, from: BEGINNING, count: 0, changes: 0 });

interface Stretch {
	readonly number: number;
	/** The segment holds messages from this time up to the next stretch's. */
	readonly from: Time;
	count: number;
	/** Changes kept so far; their keys count up from 0. */
	changes: number;
}

export interface MessageLog {
	/** Stretches there are, oldest first; at least one. */
	stretches(): Promise<number>;
	/** Messages of the n-th stretch in the order shown. */
	read(stretch: number): Promise<readonly LoggedMessage[]>;
	/**
	 * Places messages; returns what to commit and the messages that were new, in order, with their late mark set.
	 * `began`: what is older than this is history, and not late.
	 */
	insert(messages: readonly LoggedMessage[], began?: Time): Promise<StagedMessages>;
	/** The message of this id and time, if it is here. */
	get(id: Bytes, time: Time): Promise<LoggedMessage | undefined>;
	/** Puts these in place of what is here of the same ids and times; nothing of what was there survives. */
	replace(messages: readonly LoggedMessage[]): Promise<readonly StoreWrite[]>;
	/** Removes messages for good. */
	remove(messages: readonly { id: Bytes; time: Time }[]): Promise<readonly StoreWrite[]>;
	/** Empties it, whatever was damaged: what to commit, with what is inserted right after. */
	discard(): Promise<readonly StoreWrite[]>;
	/** Whether these words are in anything that the store keeps of it. For tests. */
	holds(words: string): Promise<boolean>;
	/** What was staged is committed. */
	settle(): void;
	/** Forgets everything staged or cached, after a commit that failed. */
	reload(): void;
}

export interface StagedMessages {
	readonly writes: readonly StoreWrite[];
	readonly added: readonly LoggedMessage[];
}

const indexShape = list(tuple(uint(), uint(2 ** 48), uint(65_535), uint(), uint()), 1_000_000);

/** `onDamaged`: something of it is kept and can't be read, or is missing. */
export function createMessageLog(
	store: KeyValueStore,
	space: Bytes,
	channel: Bytes,
	onDamaged: () => void = () => undefined,
): MessageLog {
	// Promises, so that whoever comes while something is being read gets the same copy: a change to another would be lost.
	let index: Promise<Stretch[]> | undefined;
	const cache = new Map<number, Promise<Segment>>();
	/** Stretches with staged changes: their segments stay, for the store doesn't have the like of them yet. */
	const staged = new Set<number>();
	const segmentKey = (number: number): readonly (Bytes | number)[] => [space, channel, number];

	async function readIndex(): Promise<Stretch[]> {
		const stored = await store.get('log', [space, channel]);
		if (stored === undefined) return [beginning()];
		const decoded = decode(indexShape, stored, Number.MAX_SAFE_INTEGER);
		if (decoded.ok) {
			return decoded.value.map(([number, ms, counter, count, changes]) => ({
				number,
				from: { ms, counter },
				count,
				changes,
			}));
		}
		onDamaged();
		return [beginning()];
	}

	const loadIndex = (): Promise<Stretch[]> => (index ??= readIndex());

	async function readSegment(stretch: Stretch): Promise<Segment> {
		const { changes } = stretch;
		const rows = await store.range('segment', segmentKey(stretch.number));
		const readable = rows.map((row) => row.value).filter((value) => value.length > 0);
		if (readable.length < changes) onDamaged();
		return openSegment(readable);
	}

	function load(stretch: Stretch): Promise<Segment> {
		const segment = cache.get(stretch.number) ?? readSegment(stretch);
		cache.delete(stretch.number);
		cache.set(stretch.number, segment);
		for (const number of cache.keys()) {
			if (cache.size <= CACHED_SEGMENTS) break;
			if (!staged.has(number) && number !== stretch.number) cache.delete(number);
		}
		return segment;
	}

	const indexWrite = (stretches: readonly Stretch[]): StoreWrite => ({
		table: 'log',
		key: [space, channel],
		value: encode(stretches.map((s) => [s.number, s.from.ms, s.from.counter, s.count, s.changes])),
	});

	const stretchAt = (stretches: readonly Stretch[], time: Time): Stretch => {
		const found = stretches.findLast((stretch) => compareTime(stretch.from, time) <= 0);
		const [first] = stretches;
		if (found === undefined && first === undefined) throw new Error('a log has a stretch');
		return (found ?? first) as Stretch;
	};

	/** Keeps a change of a segment; when many have gathered, all of them as one. */
	function keep(stretch: Stretch, segment: Segment, change: Bytes): StoreWrite[] {
		staged.add(stretch.number);
		const at = (n: number): readonly (Bytes | number)[] => [...segmentKey(stretch.number), n];
		if (stretch.changes < MAX_CHANGES) {
			stretch.changes += 1;
			return [{ table: 'segment', key: at(stretch.changes - 1), value: change }];
		}
		const gone = Array.from({ length: stretch.changes }, (_, n) => n).slice(1);
		stretch.changes = 1;
		return [
			{ table: 'segment', key: at(0), value: segment.compacted() },
			...gone.map((n) => ({ table: 'segment', key: at(n), value: null })),
		];
	}

	function split(stretches: Stretch[], stretch: Stretch, segment: Segment): StoreWrite[] {
		const messages = segment.list();
		const middle = messages[Math.floor(messages.length / 2)];
		if (middle === undefined) return [];
		const upper = messages.filter((message) => compareTime(message.time, middle.time) >= 0);
		const lower = messages.filter((message) => compareTime(message.time, middle.time) < 0);
		if (lower.length === 0) return [];
		const number = Math.max(...stretches.map((each) => each.number)) + 1;
		const added: Stretch = { number, from: middle.time, count: upper.length, changes: 1 };
		stretches.splice(stretches.indexOf(stretch) + 1, 0, added);
		const gone = Array.from({ length: stretch.changes }, (_, n) => n).slice(1);
		stretch.count = lower.length;
		stretch.changes = 1;
		const halves = [
			[stretch, openSegment([])],
			[added, openSegment([])],
		] as const;
		const writes: StoreWrite[] = gone.map((n) => ({
			table: 'segment',
			key: [...segmentKey(stretch.number), n],
			value: null,
		}));
		for (const [half, fresh] of halves) {
			fresh.add(half === stretch ? lower : upper);
			cache.set(half.number, Promise.resolve(fresh));
			staged.add(half.number);
			writes.push({
				table: 'segment',
				key: [...segmentKey(half.number), 0],
				value: fresh.compacted(),
			});
		}
		return writes;
	}

	/** Changes segments for good: what they held must not survive in an older change. */
	async function rewrite<T extends { readonly time: Time }>(
		messages: readonly T[],
		change: (segment: Segment, message: T) => boolean,
	): Promise<StoreWrite[]> {
		const stretches = await loadIndex();
		const touched = new Map<Stretch, Segment>();
		for (const message of messages) {
			const stretch = stretchAt(stretches, message.time);
			const segment = await load(stretch);
			if (!change(segment, message)) continue;
			stretch.count = segment.size();
			staged.add(stretch.number);
			touched.set(stretch, segment);
		}
		const writes: StoreWrite[] = [];
		for (const [stretch, segment] of touched) {
			const key = segmentKey(stretch.number);
			for (let n = 1; n < stretch.changes; n++) {
				writes.push({ table: 'segment', key: [...key, n], value: null });
			}
			stretch.changes = 1;
			writes.push({ table: 'segment', key: [...key, 0], value: segment.compacted() });
		}
		if (writes.length > 0) writes.push(indexWrite(stretches));
		return writes;
	}

	/** Time of the youngest message there is. */
	async function newestTime(stretches: readonly Stretch[]): Promise<Time> {
		const last = stretches.findLast((stretch) => stretch.count > 0);
		return (last && (await load(last)).list().at(-1)?.time) ?? BEGINNING;
	}

	return {
		stretches: async () => (await loadIndex()).length,
		async read(n) {
			const stretch = (await loadIndex())[n];
			return stretch === undefined ? [] : (await load(stretch)).list();
		},
		async insert(messages, began = BEGINNING) {
			const stretches = await loadIndex();
			const writes: StoreWrite[] = [];
			const added: LoggedMessage[] = [];
			const groups = new Map<Stretch, LoggedMessage[]>();
			const newest = await newestTime(stretches);
			for (const message of [...messages].sort(inShownOrder)) {
				let stretch = stretchAt(stretches, message.time);
				const waiting = groups.get(stretch)?.length ?? 0;
				if (stretch === stretches.at(-1) && stretch.count + waiting >= SEGMENT_SIZE) {
					const segment = await load(stretch);
					const last = groups.get(stretch)?.at(-1) ?? segment.list().at(-1);
					if (last !== undefined && compareTime(message.time, last.time) > 0) {
						const number = Math.max(...stretches.map((each) => each.number)) + 1;
						stretch = { number, from: message.time, count: 0, changes: 0 };
						stretches.push(stretch);
					}
				}
				groups.set(stretch, [...(groups.get(stretch) ?? []), message]);
			}
			for (const [stretch, group] of groups) {
				const segment = await load(stretch);
				const fresh = group
					.filter((message) => !segment.has(message.id))
					.map((message) => ({
						...message,
						late: compareTime(message.time, began) >= 0 && compareTime(message.time, newest) < 0,
					}));
				const change = segment.add(fresh);
				if (change === null) continue;
				added.push(...fresh);
				stretch.count = segment.size();
				writes.push(...keep(stretch, segment, change));
				if (stretch.count > SPLIT_SIZE) writes.push(...split(stretches, stretch, segment));
			}
			if (writes.length > 0) writes.push(indexWrite(stretches));
			return { writes, added };
		},
		async get(id, time) {
			return (await load(stretchAt(await loadIndex(), time))).get(id);
		},
		replace: (messages) =>
			rewrite(messages, (segment, message) => segment.replace([message]) !== null),
		remove: (messages) => rewrite(messages, (segment, { id }) => segment.remove([id]) !== null),
		async discard() {
			const known = Math.max(...(await loadIndex()).map(({ number }) => number));
			const gone: StoreWrite[] = [];
			for (let number = 0; ; number++) {
				const rows = await store.range('segment', segmentKey(number));
				if (rows.length === 0 && number > known) break;
				for (const { at } of rows) {
					gone.push({ table: 'segment', key: [...segmentKey(number), at], value: null });
				}
			}
			const first = beginning();
			index = Promise.resolve([first]);
			cache.clear();
			staged.clear();
			cache.set(first.number, Promise.resolve(openSegment([])));
			staged.add(first.number);
			return [...gone, indexWrite([first])];
		},
		async holds(words) {
			const wanted = utf8(words);
			for (const { number } of await loadIndex()) {
				const rows = await store.range('segment', segmentKey(number));
				if (rows.some(({ value }) => contains(value, wanted))) return true;
			}
			return false;
		},
		settle() {
			staged.clear();
		},
		reload() {
			index = undefined;
			staged.clear();
			cache.clear();
		},
	};
}

function contains(value: Bytes, wanted: Bytes): boolean {
	for (
		let at = value.indexOf(wanted[0] ?? 0);
		at >= 0;
		at = value.indexOf(wanted[0] ?? 0, at + 1)
	) {
		if (equal(value.subarray(at, at + wanted.length), wanted)) return true;
	}
	return false;
}
