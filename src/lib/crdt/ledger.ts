// One space's set of entries as this device holds it: feeds, the authority log, and what the two say together.
// Pure and synchronous: entries come checked and opened, and what to keep is told to the caller. [FD1] … [FD5] [FD8]
import { compareTime, isControl, KIND, type Time } from '#lib/protocol/entry.ts';
import { MAX_AUTHORITY_HEADS, MAX_FEED_HEADS } from '#lib/protocol/limits.ts';
import type { FeedHead } from '#lib/protocol/space-message.ts';
import { compare, equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { resolveAuthority, type Authority, type ControlEntry, type Verdict } from './authority.ts';
import type { Entry } from './check-entry.ts';
import { isDue } from './logical-clock.ts';

export interface Feed {
	readonly device: Bytes;
	/** The last entry held in an unbroken chain from the base; seq -1 before the first. */
	seq: number;
	head: Bytes;
	time: Time;
	/** Entries from this seq on are void: two of them were signed. */
	frozenAt: number | null;
}

/** waiting: for entries that must come first (these control entries, or earlier ones of its feed). */
export type Placement =
	| { readonly type: 'added'; readonly feed: Feed | null }
	| { readonly type: 'known' }
	| { readonly type: 'waiting'; readonly control: readonly Bytes[]; readonly feed: boolean }
	/** Its place in the feed is taken, or before the view: the store tells whether by the same entry. */
	| { readonly type: 'past' }
	| { readonly type: 'refused'; readonly reason: RefusedEntry };

export type RefusedEntry =
	'other-space' | 'broken-chain' | 'not-after-dependencies' | 'frozen' | 'needs-content' | Verdict;

export interface Ledger {
	readonly space: Bytes;
	readonly authority: Authority;
	readonly feeds: ReadonlyMap<string, Feed>;
	/** Opened control entries by id (hex). */
	readonly control: ReadonlyMap<string, ControlEntry>;
	/** Places an entry; control entries need their opened content. */
	place(entry: Entry, control: ControlEntry | null): Placement;
	/** The feeds begin after these entries: what came before is not for this device. */
	setBases(bases: readonly FeedHead[]): void;
	/**
	 * Two entries of one device stand at `seq`: everything from there on is void. `prefix` is the last common entry.
	 * Control entries beyond it leave the authority log.
	 */
	freeze(device: Bytes, seq: number, prefix: { id: Bytes; time: Time } | null): Feed;
	/** Puts back a feed as it was stored. */
	restoreFeed(feed: Feed): void;
	/** Puts back control entries as they were stored; any order. */
	restoreControl(entries: readonly ControlEntry[]): void;
	/** Heads of the authority log that may be built upon now, ≤16. */
	authorityHeads(now: number): Bytes[];
	/** The latest heads of other devices' feeds that may be built upon now, ≤8. */
	feedHeads(own: Bytes, now: number): Bytes[];
}

const NOTHING = new Uint8Array(0);

export function createLedger(space: Bytes): Ledger {
	const feeds = new Map<string, Feed>();
	const control = new Map<string, ControlEntry>();
	let authority = resolveAuthority(space, control);
	const builtUpon = new Set<string>();

	const feedOf = (device: Bytes): Feed => {
		const key = toHex(device);
		let feed = feeds.get(key);
		if (feed === undefined) {
			feed = { device, seq: -1, head: NOTHING, time: { ms: 0, counter: 0 }, frozenAt: null };
			feeds.set(key, feed);
		}
		return feed;
	};

	const note = (entry: ControlEntry): void => {
		control.set(entry.entry.key, entry);
		for (const head of entry.entry.header.authorityHeads) builtUpon.add(toHex(head));
	};

	const resolve = (): void => {
		authority = resolveAuthority(space, control);
	};

	/** Adds to the authority log when that leaves the entry valid; an invalid one has no effect and is not kept. */
	const addControl = (opened: ControlEntry): Verdict => {
		note(opened);
		resolve();
		return authority.verdicts.get(opened.entry.key) ?? 'not-allowed';
	};

	const missingAuthority = (entry: Entry): Bytes[] =>
		entry.header.authorityHeads.filter((head) => !control.has(toHex(head)));

	const beforeDependency = (entry: Entry): boolean =>
		entry.header.authorityHeads.some((head) => {
			const seen = control.get(toHex(head));
			return seen !== undefined && compareTime(entry.header.time, seen.entry.header.time) <= 0;
		});

	/** Whether the author's device may write: undefined while its admission may still be on the way. */
	const allowed = (entry: Entry): Verdict => {
		const device = authority.devices.get(toHex(entry.header.device));
		if (device === undefined || !equal(device.rootHash, entry.header.author)) return 'not-a-member';
		const ended = authority.ended.get(toHex(entry.header.device));
		return ended !== undefined && entry.header.seq > ended ? 'after-leaving' : 'valid';
	};

	const chain = (entry: Entry): Placement | null => {
		const { header } = entry;
		const feed = feedOf(header.device);
		if (feed.frozenAt !== null && header.seq >= feed.frozenAt) {
			return { type: 'refused', reason: 'frozen' };
		}
		if (header.seq <= feed.seq) {
			if (header.seq === feed.seq && equal(feed.head, entry.id)) return { type: 'known' };
			return { type: 'past' };
		}
		if (header.seq > feed.seq + 1) return { type: 'waiting', control: [], feed: true };
		if (!equal(feed.head, header.prev)) return { type: 'refused', reason: 'broken-chain' };
		if (feed.seq >= 0 && compareTime(header.time, feed.time) <= 0) {
			return { type: 'refused', reason: 'not-after-dependencies' };
		}
		return null;
	};

	const advance = (entry: Entry): Feed => {
		const feed = feedOf(entry.header.device);
		feed.seq = entry.header.seq;
		feed.head = entry.id;
		feed.time = entry.header.time;
		return feed;
	};

	return {
		space,
		get authority() {
			return authority;
		},
		feeds,
		control,
		place(entry, opened) {
			const { header } = entry;
			const inSpace =
				header.kind === KIND.genesis ? equal(entry.id, space) : equal(header.space, space);
			if (!inSpace) return { type: 'refused', reason: 'other-space' };
			const missing = missingAuthority(entry);
			if (missing.length > 0) return { type: 'waiting', control: missing, feed: false };
			if (beforeDependency(entry)) return { type: 'refused', reason: 'not-after-dependencies' };

			const inChain = chain(entry);
			if (!isControl(header.kind)) {
				if (inChain !== null) return inChain;
				const verdict = allowed(entry);
				if (verdict !== 'valid') return { type: 'refused', reason: verdict };
				return { type: 'added', feed: advance(entry) };
			}

			if (control.has(entry.key) && inChain !== null) return { type: 'known' };
			if (inChain?.type === 'refused') return inChain;
			if (!control.has(entry.key) && opened === null) {
				return { type: 'refused', reason: 'needs-content' };
			}
			const verdict = opened === null ? 'valid' : addControl(opened);
			if (verdict === 'not-a-member' || verdict === 'not-the-genesis') {
				control.delete(entry.key);
				resolve();
				return { type: 'refused', reason: verdict };
			}
			// The authority log may run ahead of the feed that an entry stands in: it is kept in the log at once, and
			// takes its place in the chain when that has caught up.
			return { type: 'added', feed: inChain === null ? advance(entry) : null };
		},
		setBases(bases) {
			for (const base of bases) {
				const feed = feedOf(base.feed);
				if (base.seq <= feed.seq) continue;
				feed.seq = base.seq;
				feed.head = base.id;
			}
		},
		freeze(device, seq, prefix) {
			const feed = feedOf(device);
			feed.frozenAt = Math.min(seq, feed.frozenAt ?? seq);
			if (feed.seq >= feed.frozenAt) {
				feed.seq = feed.frozenAt - 1;
				feed.head = prefix?.id ?? NOTHING;
				feed.time = prefix?.time ?? { ms: 0, counter: 0 };
			}
			for (const { entry } of [...control.values()]) {
				const { header } = entry;
				if (equal(header.device, device) && header.seq >= seq) control.delete(entry.key);
			}
			resolve();
			return feed;
		},
		restoreFeed(feed) {
			feeds.set(toHex(feed.device), feed);
		},
		restoreControl(entries) {
			for (const entry of entries) note(entry);
			resolve();
		},
		authorityHeads(now) {
			return [...control.values()]
				.filter(({ entry }) => isDue(entry.header.time, now))
				.filter(({ entry }) => !builtUpon.has(entry.key))
				.map(({ entry }) => entry)
				.sort((a, b) => compareTime(b.header.time, a.header.time) || compare(a.id, b.id))
				.slice(0, MAX_AUTHORITY_HEADS)
				.map((entry) => entry.id);
		},
		feedHeads(own, now) {
			return [...feeds.values()]
				.filter((feed) => feed.seq >= 0 && !equal(feed.device, own))
				.filter((feed) => feed.time.ms > 0 && isDue(feed.time, now))
				.sort((a, b) => compareTime(b.time, a.time) || compare(a.head, b.head))
				.slice(0, MAX_FEED_HEADS)
				.map((feed) => feed.head);
		},
	};
}
