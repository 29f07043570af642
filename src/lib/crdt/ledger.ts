// One space's set of entries as this device holds it: feeds, the authority log, and what the two say together.
// Pure and synchronous: entries come checked and opened, and what to keep is told to the caller.
// [FD1] [FD2] [FD3] [FD4] [FD5] [FD8]
import { compareTime, isControl, KIND, type Time } from '#lib/protocol/entry.ts';
import { MAX_FEED_HEADS } from '#lib/protocol/limits.ts';
import type { FeedHead } from '#lib/protocol/space-state.ts';
import { compare, equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Authority, ControlEntry } from './authority-state.ts';
import { createResolver, resolveAuthority, type Resolver } from './authority.ts';
import type { Entry } from './check-entry.ts';
import { createControlLog } from './control-log.ts';
import { isBeyond } from './fences.ts';
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

/**
 * How an entry stands to its feed. joined: at its head now. known: it was the head already. gap: earlier ones are
 * missing. past: its place is taken, or before the view; the store tells whether by the same entry. broken: it follows
 * another entry than the one held. early: its time is not after its predecessor's. frozen: beyond a fork.
 */
export type ChainState = 'joined' | 'known' | 'gap' | 'past' | 'broken' | 'early' | 'frozen';

export type Placement =
	/** Taken: by the feed (then `feed` is it), by the authority log (then `control` is true), or by both. */
	| {
			readonly type: 'added';
			readonly feed: Feed | null;
			readonly control: boolean;
			readonly chain: ChainState;
	  }
	| { readonly type: 'known' }
	/** For entries that must come first: these control entries, or earlier ones of its feed. */
	| { readonly type: 'waiting'; readonly control: readonly Bytes[]; readonly feed: boolean }
	| { readonly type: 'past' }
	| { readonly type: 'refused'; readonly reason: RefusedEntry };

export type RefusedEntry =
	| 'other-space'
	| 'broken-chain'
	| 'not-after-dependencies'
	| 'frozen'
	| 'needs-content'
	| 'not-a-member'
	| 'after-leaving'
	| 'beyond-fence';

/** What the next entry of a device builds on. */
export interface NextPlace {
	readonly seq: number;
	readonly prev: Bytes;
	readonly authorityHeads: readonly Bytes[];
	readonly feedHeads: readonly Bytes[];
	/** Its time must be after this. */
	readonly after: Time;
}

export interface Ledger {
	readonly space: Bytes;
	readonly authority: Authority;
	/** Ranks, pasts and shadows behind it. */
	readonly resolver: Resolver;
	readonly feeds: ReadonlyMap<string, Feed>;
	/** Opened control entries by id (hex). */
	readonly control: ReadonlyMap<string, ControlEntry>;
	/** Devices (hex) of which another entry is held than the one their fence names, with its place. */
	readonly contradicted: ReadonlyMap<string, number>;
	/** Places an entry; control entries need their opened content. */
	place(entry: Entry, control: ControlEntry | null): Placement;
	/** The feeds begin after these entries: what came before is not for this device. */
	setBases(bases: readonly FeedHead[]): void;
	/** Two entries of one device stand at `seq`, after `prev`: everything from there on is void. */
	freeze(device: Bytes, seq: number, prev: { id: Bytes; time: Time }): Feed;
	/** Puts back a feed as it was stored. */
	restoreFeed(feed: Feed): void;
	/** Puts back control entries as they were stored; any order. */
	restoreControl(entries: readonly ControlEntry[]): void;
	/** Heads of the authority log, ≤16, the latest first; with `now`, of what may be built upon then. */
	authorityHeads(now?: number): Bytes[];
	/** What others are told of the authority log, ≤16 heads: of what may be built upon first. */
	toldHeads(now: number): Bytes[];
	/** What an entry of this device that is written now builds on. */
	next(device: Bytes, now: number): NextPlace;
	/** What an entry written now builds on, near and far: the log without what is too far in the future. */
	seenAt(now: number): ReadonlyMap<string, ControlEntry>;
	/** What the authority log says to an entry written now. */
	authorityAt(now: number): Authority;
	/** When the next control entry may be built upon that may not yet, ms since 1970. */
	nextDue(now: number): number | null;
	/** Entries of this device (hex) from this seq on do not count, by what is known now: 0 if none does. */
	countsUpTo(device: string): number;
	/** Entries of this device (hex) from this seq on are not taken into its feed. */
	takesUpTo(device: string): number;
	/** Whether a genuine ADMIT, ENROL or GENESIS, void or not, names its device in the name of its author. */
	isAdmitted(entry: Pick<Entry, 'header'>): boolean;
	/** The last entry of a feed that is held and may be: what is said of it to others. */
	headOf(feed: Feed): FeedHead;
	/** Another entry is held where a fence ends this device (hex): nothing held counts from there. null: no longer. */
	contradict(device: string, seq: number | null): void;
	/** A sealed entry that is here, of which this device has learnt what it says. */
	unseal(control: ControlEntry): void;
}

const NOTHING = new Uint8Array(0);
const BEGINNING: Time = { ms: 0, counter: 0 };

const later = (a: Time, b: Time): Time => (compareTime(a, b) > 0 ? a : b);

/** `own`: the device whose ledger this is. What let it in it builds upon, whatever its clock says of that. */
export function createLedger(space: Bytes, own: Bytes | null = null): Ledger {
	const feeds = new Map<string, Feed>();
	const log = createControlLog();
	const control = log.entries;
	/**
	 * Root Hashes (hex) by device key (hex) of every device that a genuine ADMIT names, void or not. It only grows with the set,
	 * so what is kept of a device's feed does not depend on the order in which entries came.
	 */
	const admitted = new Map<string, Set<string>>();
	/** Devices (hex) that have ever written a LEAVE. */
	const leavers = new Set<string>();
	/** Feeds found to be forked: device (hex) → the first seq that is void. */
	const forks = new Map<string, number>();
	/** Devices (hex) of which another entry is held than the one their fence names, and its place. */
	const contradicted = new Map<string, number>();

	const feedOf = (device: Bytes): Feed => {
		const key = toHex(device);
		let feed = feeds.get(key);
		if (feed === undefined) {
			feed = { device, seq: -1, head: NOTHING, time: BEGINNING, frozenAt: null };
			feeds.set(key, feed);
		}
		return feed;
	};

	const resolver = createResolver(space, () => forks);
	const authority = (): Authority => resolver.authority;

	/** What is due, judged as it grows, as long as something is here that is not. */
	let due:
		| { readonly list: readonly ControlEntry[]; taken: number; readonly resolver: Resolver }
		| undefined;

	function judgedDue(list: readonly ControlEntry[]): Authority {
		if (due?.list !== list) due = { list, taken: 0, resolver: createResolver(space, () => forks) };
		for (const control of list.slice(due.taken)) due.resolver.take(control);
		due.taken = list.length;
		return due.resolver.authority;
	}

	function setFork(device: Bytes, seq: number): void {
		forks.set(toHex(device), seq);
		resolver.reset(device, seq);
		due?.resolver.reset(device, seq);
	}

	const admit = (device: Bytes, root: Bytes): void => {
		const roots = admitted.get(toHex(device)) ?? new Set<string>();
		admitted.set(toHex(device), roots.add(toHex(root)));
	};

	const note = (opened: ControlEntry): void => {
		const { entry, content, proven, memberRoot } = opened;
		log.take(opened);
		resolver.take(opened);
		if (content.kind === KIND.leave) leavers.add(toHex(entry.header.device));
		if (!proven || memberRoot === null) return;
		if (content.kind === KIND.admit || content.kind === KIND.enrol) {
			const { deviceKey } = content.member.certificate;
			admit(deviceKey, memberRoot);
			if (own !== null && equal(deviceKey, own)) log.letIn(entry.header.time.ms);
		} else if (content.kind === KIND.genesis) {
			admit(content.founder.certificate.deviceKey, memberRoot);
		}
	};

	const isAdmitted = ({ header }: Pick<Entry, 'header'>): boolean => {
		return admitted.get(toHex(header.device))?.has(toHex(header.author)) === true;
	};

	const beforeDependency = ({ header }: Entry): boolean =>
		header.authorityHeads.some((head) => {
			const seen = control.get(toHex(head));
			return seen !== undefined && compareTime(header.time, seen.entry.header.time) <= 0;
		});

	/** Where the entry would stand in its feed; 'joined' when it is the next. */
	const chain = ({ header, id }: Entry): ChainState => {
		const feed = feeds.get(toHex(header.device));
		if (feed === undefined) return header.seq === 0 ? 'joined' : 'gap';
		if (feed.frozenAt !== null && header.seq >= feed.frozenAt) return 'frozen';
		if (header.seq <= feed.seq) {
			return header.seq === feed.seq && equal(feed.head, id) ? 'known' : 'past';
		}
		if (header.seq > feed.seq + 1) return 'gap';
		if (!equal(feed.head, header.prev)) return 'broken';
		return feed.seq >= 0 && compareTime(header.time, feed.time) <= 0 ? 'early' : 'joined';
	};

	const advance = ({ header, id }: Entry): Feed => {
		const feed = feedOf(header.device);
		feed.seq = header.seq;
		feed.head = id;
		feed.time = header.time;
		return feed;
	};

	/** What becomes of an entry that the authority log has no new use for. */
	const placeInFeed = (entry: Entry, state: ChainState): Placement => {
		switch (state) {
			case 'joined': {
				const feed = advance(entry);
				return { type: 'added', feed, control: false, chain: state };
			}
			case 'known':
				return { type: 'known' };
			case 'gap':
				return { type: 'waiting', control: [], feed: true };
			case 'past':
				return { type: 'past' };
			case 'broken':
				return { type: 'refused', reason: 'broken-chain' };
			case 'early':
				return { type: 'refused', reason: 'not-after-dependencies' };
			case 'frozen':
				return { type: 'refused', reason: 'frozen' };
		}
	};

	const takesUpTo = (device: string): number => {
		if (!admitted.has(device)) return 0;
		const { ended, fences } = authority();
		const fence = fences.get(device);
		const left = leavers.has(device) ? ended.get(device) : undefined;
		return Math.min(fence === undefined ? Infinity : fence.seq + 1, (left ?? Infinity) + 1);
	};

	/** Whether a ban or a revocation ends the device before this entry. */
	const isFenced = (entry: Entry): boolean => {
		const end = authority().fences.get(toHex(entry.header.device));
		return end !== undefined && isBeyond(end, entry);
	};

	/** Its own LEAVE stands before it in the feed, so everybody says the same. */
	const hasLeft = ({ header }: Entry): boolean => header.seq >= takesUpTo(toHex(header.device));

	return {
		space,
		get authority() {
			return authority();
		},
		resolver,
		feeds,
		control,
		contradicted,
		place(entry, opened) {
			const { header } = entry;
			const inSpace =
				header.kind === KIND.genesis ? equal(entry.id, space) : equal(header.space, space);
			if (!inSpace) return { type: 'refused', reason: 'other-space' };
			const missing = header.authorityHeads.filter((head) => !control.has(toHex(head)));
			if (missing.length > 0) return { type: 'waiting', control: missing, feed: false };
			if (beforeDependency(entry)) return { type: 'refused', reason: 'not-after-dependencies' };

			const state = chain(entry);
			if (!isControl(header.kind) || control.has(entry.key)) {
				if (!isAdmitted(entry)) return { type: 'refused', reason: 'not-a-member' };
				const isNext = state === 'joined' || state === 'gap';
				if (isNext && isFenced(entry)) return { type: 'refused', reason: 'beyond-fence' };
				if (isNext && hasLeft(entry)) return { type: 'refused', reason: 'after-leaving' };
				return placeInFeed(entry, state);
			}

			if (header.kind !== KIND.genesis && !isAdmitted(entry)) {
				return { type: 'refused', reason: 'not-a-member' };
			}
			if (opened === null) return { type: 'refused', reason: 'needs-content' };
			// Whether the log takes an entry depends on nothing but what it builds on: the feed it stands in may be
			// behind, broken or frozen on some devices and not on others.
			note(opened);
			const isEnded = isFenced(entry) || hasLeft(entry);
			const feed = state === 'joined' && !isEnded ? advance(entry) : null;
			return { type: 'added', feed, control: true, chain: state };
		},
		setBases(bases) {
			for (const base of bases) {
				const feed = feedOf(base.feed);
				if (base.seq <= feed.seq) continue;
				feed.seq = base.seq;
				feed.head = base.id;
			}
		},
		freeze(device, seq, prev) {
			const feed = feedOf(device);
			feed.frozenAt = Math.min(seq, feed.frozenAt ?? seq);
			if (feed.seq >= feed.frozenAt) {
				feed.seq = feed.frozenAt - 1;
				feed.head = prev.id;
				feed.time = prev.time;
			}
			setFork(device, feed.frozenAt);
			return feed;
		},
		restoreFeed(feed) {
			feeds.set(toHex(feed.device), feed);
			if (feed.frozenAt !== null) setFork(feed.device, feed.frozenAt);
		},
		restoreControl(entries) {
			// Whatever something builds on is earlier by its time.
			for (const entry of [...entries].sort((a, b) =>
				compareTime(a.entry.header.time, b.entry.header.time),
			)) {
				note(entry);
			}
		},
		authorityHeads: log.heads,
		toldHeads: log.told,
		next(device, now) {
			const own = feeds.get(toHex(device));
			const others = [...feeds.values()]
				.filter((feed) => feed.seq >= 0 && !equal(feed.device, device))
				.filter((feed) => feed.time.ms > 0 && isDue(feed.time, now))
				.sort((a, b) => compareTime(b.time, a.time) || compare(a.head, b.head))
				.slice(0, MAX_FEED_HEADS);
			const heads = log.heads(now);
			const times = [
				...heads.flatMap((head) => control.get(toHex(head))?.entry.header.time ?? []),
				...others.map((feed) => feed.time),
			];
			return {
				seq: (own?.seq ?? -1) + 1,
				prev: own?.head ?? NOTHING,
				authorityHeads: heads,
				feedHeads: others.map((feed) => feed.head),
				after: times.reduce(later, own?.time ?? BEGINNING),
			};
		},
		seenAt: log.seenAt,
		authorityAt(now) {
			const seen = log.seenAt(now);
			if (seen.size === control.size) return authority();
			const due = log.due(now);
			return seen.size === due.length ? judgedDue(due) : resolveAuthority(space, seen, forks);
		},
		nextDue: log.nextDue,
		countsUpTo(device) {
			if (!authority().devices.has(device)) return 0;
			const frozenAt = feeds.get(device)?.frozenAt ?? Infinity;
			return Math.min(frozenAt, takesUpTo(device), contradicted.get(device) ?? Infinity);
		},
		takesUpTo,
		isAdmitted,
		headOf(feed) {
			const key = toHex(feed.device);
			const end = authority().fences.get(key);
			if (end === undefined || feed.seq < end.seq || contradicted.has(key)) {
				return { feed: feed.device, seq: contradicted.has(key) ? -1 : feed.seq, id: feed.head };
			}
			if (end.id === null) return { feed: feed.device, seq: -1, id: NOTHING };
			return { feed: feed.device, seq: end.seq, id: end.id };
		},
		contradict(device, seq) {
			if (seq === null) contradicted.delete(device);
			else contradicted.set(device, seq);
		},
		unseal(opened) {
			log.take(opened);
			resolver.retake(opened);
			due?.resolver.retake(opened);
		},
	};
}
