// The control entries that are held, and which of them something written now may build upon: all but those too far in the
// future, which are put off until they are due, so that they cost nothing and stand in nobody's way. [FD5] [HD1] [SY2]
import { MAX_AUTHORITY_HEADS, MAX_CLOCK_AHEAD } from '#lib/protocol/limits.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { inOrder, type ControlEntries, type ControlEntry } from './authority-state.ts';
import { ancestorsOf } from './causality.ts';
import { isDue } from './logical-clock.ts';

export interface ControlLog {
	/** By id (hex). */
	readonly entries: ControlEntries;
	/** Takes an entry whose authority heads were taken before; one that is here already is replaced. */
	take(control: ControlEntry): void;
	/** The device was let in at this time, ms: what came before it may build upon, whatever its clock says. */
	letIn(at: number): void;
	/** Entries that no other builds on, ≤16, the latest first; with `now`, of what may be built upon then. */
	heads(now?: number): Bytes[];
	/** What others are told of what is held, ≤16: the heads of what may be built upon, then those to come, the next first. */
	told(now: number): Bytes[];
	/** What may be built upon by now, each after what it builds on. It grows at its end, or is another list. */
	due(now: number): readonly ControlEntry[];
	/** What an entry written now builds on, near and far. */
	seenAt(now: number): ControlEntries;
	/** When the next entry may be built upon that may not yet, ms since 1970. */
	nextDue(now: number): number | null;
}

interface Due {
	readonly list: ControlEntry[];
	readonly entries: Map<string, ControlEntry>;
	readonly heads: Map<string, ControlEntry>;
	/** Time of the latest of them, ms. */
	latest: number;
}

const nothingDue = (): Due => ({ list: [], entries: new Map(), heads: new Map(), latest: 0 });

const byTime = (a: ControlEntry, b: ControlEntry): number => inOrder(a.entry, b.entry);

function addHead(heads: Map<string, ControlEntry>, control: ControlEntry): void {
	heads.set(control.entry.key, control);
	for (const head of control.entry.header.authorityHeads) heads.delete(toHex(head));
}

export function createControlLog(): ControlLog {
	const entries = new Map<string, ControlEntry>();
	const heads = new Map<string, ControlEntry>();
	let due = nothingDue();
	/** The others, by time. */
	let ahead: ControlEntry[] = [];
	let since = -Infinity;

	const isBuildable = (ms: number, now: number): boolean =>
		isDue({ ms, counter: 0 }, now) || ms <= since;

	/** Moves over what has become due; an entry never is before what it builds on. */
	function settle(now: number): void {
		if (!isBuildable(due.latest, now)) {
			// The clock was set back, or this device let in earlier than it seemed.
			due = nothingDue();
			ahead = [...entries.values()].sort(byTime);
		}
		let count = 0;
		for (const control of ahead) {
			const { key, header } = control.entry;
			if (!isBuildable(header.time.ms, now)) break;
			count += 1;
			due.list.push(control);
			due.entries.set(key, control);
			addHead(due.heads, control);
			due.latest = Math.max(due.latest, header.time.ms);
		}
		if (count > 0) ahead.splice(0, count);
	}

	function putOff(control: ControlEntry): void {
		let at = ahead.length;
		for (let before = ahead[at - 1]; before !== undefined; before = ahead[at - 1]) {
			if (byTime(before, control) < 0) break;
			at -= 1;
		}
		ahead.splice(at, 0, control);
	}

	const latestOf = (some: ReadonlyMap<string, ControlEntry>): Bytes[] =>
		[...some.values()]
			.sort((a, b) => byTime(b, a))
			.slice(0, MAX_AUTHORITY_HEADS)
			.map(({ entry }) => entry.id);

	function headsAt(now = Infinity): Bytes[] {
		if (now === Infinity) return latestOf(heads);
		settle(now);
		return latestOf(due.heads);
	}

	return {
		entries,
		take(control) {
			const { key } = control.entry;
			if (!entries.has(key)) {
				putOff(control);
				addHead(heads, control);
			}
			entries.set(key, control);
			for (const each of [heads, due.heads, due.entries]) {
				if (each.has(key)) each.set(key, control);
			}
		},
		letIn(at) {
			since = since === -Infinity ? at : Math.min(since, at);
		},
		heads: headsAt,
		told(now) {
			const first = headsAt(now);
			const next = ahead.filter(({ entry }) => heads.has(entry.key));
			return [...first, ...next.map(({ entry }) => entry.id)].slice(0, MAX_AUTHORITY_HEADS);
		},
		due(now) {
			settle(now);
			return due.list;
		},
		seenAt(now) {
			settle(now);
			if (due.heads.size > MAX_AUTHORITY_HEADS) return ancestorsOf(entries, latestOf(due.heads));
			return ahead.length === 0 ? entries : due.entries;
		},
		nextDue(now) {
			settle(now);
			const [next] = ahead;
			return next === undefined ? null : next.entry.header.time.ms - MAX_CLOCK_AHEAD;
		},
	};
}
