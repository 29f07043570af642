// The control entries that are held, and which of them something written now may build upon: all but those too far in the
// future. [FD5] [HD1]
import { compareTime } from '#lib/protocol/entry.ts';
import { MAX_AUTHORITY_HEADS, MAX_CLOCK_AHEAD } from '#lib/protocol/limits.ts';
import { compare, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { ControlEntries, ControlEntry } from './authority-state.ts';
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
	/** What an entry written now builds on, near and far. */
	seenAt(now: number): ControlEntries;
	/** When the next entry may be built upon that may not yet, ms since 1970. */
	nextDue(now: number): number | null;
}

export function createControlLog(): ControlLog {
	const entries = new Map<string, ControlEntry>();
	const heads = new Map<string, ControlEntry>();
	let since = -Infinity;
	/** Time of the latest entry, ms. */
	let latest = 0;

	/** An entry is never due before what it builds on. */
	const isBuildable = (ms: number, now: number): boolean =>
		isDue({ ms, counter: 0 }, now) || ms <= since;
	const mayBuildUpon = ({ entry }: ControlEntry, now: number): boolean =>
		isBuildable(entry.header.time.ms, now);
	/** Whether all there is may be built upon: the common case, which costs nothing to tell. */
	const isAllDue = (now: number): boolean => isBuildable(latest, now);

	function dueHeads(now: number): readonly ControlEntry[] {
		if (isAllDue(now)) return [...heads.values()];
		const due = [...entries.values()].filter((each) => mayBuildUpon(each, now));
		const builtUpon = new Set(due.flatMap(({ entry }) => entry.header.authorityHeads.map(toHex)));
		return due.filter(({ entry }) => !builtUpon.has(entry.key));
	}

	const headsAt = (now = Infinity): Bytes[] =>
		dueHeads(now)
			.map(({ entry }) => entry)
			.sort((a, b) => compareTime(b.header.time, a.header.time) || compare(a.id, b.id))
			.slice(0, MAX_AUTHORITY_HEADS)
			.map((entry) => entry.id);

	return {
		entries,
		take(control) {
			const { key, header } = control.entry;
			const isNew = !entries.has(key);
			entries.set(key, control);
			if (isNew || heads.has(key)) heads.set(key, control);
			for (const head of header.authorityHeads) heads.delete(toHex(head));
			latest = Math.max(latest, header.time.ms);
		},
		letIn(at) {
			since = since === -Infinity ? at : Math.min(since, at);
		},
		heads: headsAt,
		seenAt: (now) =>
			isAllDue(now) && heads.size <= MAX_AUTHORITY_HEADS
				? entries
				: ancestorsOf(entries, headsAt(now)),
		nextDue(now) {
			if (isAllDue(now)) return null;
			const times = [...entries.values()]
				.filter((each) => !mayBuildUpon(each, now))
				.map(({ entry }) => entry.header.time.ms);
			return times.length === 0 ? null : Math.min(...times) - MAX_CLOCK_AHEAD;
		},
	};
}
