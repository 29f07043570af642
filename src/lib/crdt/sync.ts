// What to ask of a peer, given what it says it holds: pure planning, authority first. [SY1] [SY2] [SY3]
import { compareTime } from '#lib/protocol/entry.ts';
import type { FeedHead, FeedRange } from '#lib/protocol/space-message.ts';
import { MAX_AUTHORITY_HEADS } from '#lib/protocol/limits.ts';
import { MAX_FEEDS_PER_MESSAGE } from '#lib/protocol/space-message.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { ancestorsOf } from './causality.ts';
import type { Feed, Ledger } from './ledger.ts';

/** What one peer has said it holds. Grows only. */
export interface PeerKnowledge {
	readonly feeds: Map<string, FeedHead>;
	controlHeads: readonly Bytes[];
}

export interface PullPlan {
	readonly control: readonly Bytes[];
	readonly ranges: readonly FeedRange[];
}

/** Entries asked for at once from one feed; the rest follows when these have come. */
export const RANGE = 256;

export const createPeerKnowledge = (): PeerKnowledge => ({ feeds: new Map(), controlHeads: [] });

/** Takes in a peer's statement; a lower one than before says nothing new. */
export function learn(
	knowledge: PeerKnowledge,
	heads: readonly FeedHead[],
	controlHeads: readonly Bytes[],
): void {
	for (const head of heads) {
		const key = toHex(head.feed);
		const known = knowledge.feeds.get(key);
		if (known === undefined || head.seq > known.seq) knowledge.feeds.set(key, head);
	}
	if (controlHeads.length > 0) knowledge.controlHeads = controlHeads;
}

/**
 * What this peer holds and this ledger lacks, less what is already on its way (by feed, hex → up to seq). Only of feeds
 * whose entries would be taken: an admission comes before the entries of whom it admits.
 */
export function planPulls(
	ledger: Ledger,
	knowledge: PeerKnowledge,
	underWay: ReadonlyMap<string, number>,
): PullPlan {
	const control = knowledge.controlHeads
		.filter((head) => !ledger.control.has(toHex(head)))
		.slice(0, MAX_AUTHORITY_HEADS);
	const ranges: FeedRange[] = [];
	for (const [key, head] of knowledge.feeds) {
		if (ranges.length === MAX_FEEDS_PER_MESSAGE) break;
		const feed = ledger.feeds.get(key);
		if (feed !== undefined && feed.frozenAt !== null) continue;
		const isOpen = feed !== undefined && feed.seq < ledger.takesUpTo(key);
		if (isOpen && feed.seq === head.seq && !equal(feed.head, head.id)) {
			// Two entries in one place: theirs is the other half of the proof.
			ranges.push({ feed: head.feed, from: head.seq, to: head.seq + 1 });
			continue;
		}
		const from = Math.max((feed?.seq ?? -1) + 1, underWay.get(key) ?? 0);
		const to = Math.min(head.seq + 1, from + RANGE, ledger.takesUpTo(key));
		if (from < to) ranges.push({ feed: head.feed, from, to });
	}
	return { control, ranges };
}

/** Whether this ledger holds anything that the peer has not said it holds. */
export function holdsMore(ledger: Ledger, knowledge: PeerKnowledge): boolean {
	const lacks = (feed: Feed): boolean =>
		ledger.headOf(feed).seq > (knowledge.feeds.get(toHex(feed.device))?.seq ?? -1);
	if ([...ledger.feeds.values()].some(lacks)) return true;
	const told = new Set(knowledge.controlHeads.map(toHex));
	const own = ledger.authorityHeads();
	if (own.length < MAX_AUTHORITY_HEADS && own.every((head) => told.has(toHex(head)))) return false;
	const theirs = ancestorsOf(ledger.control, knowledge.controlHeads);
	// A head unknown here stands on more than this ledger holds: then nothing can be said, and nothing is.
	if (knowledge.controlHeads.some((head) => !ledger.control.has(toHex(head)))) return false;
	return theirs.size < ledger.control.size;
}

/** The control entries that lead to `wanted` and that one who holds `have` lacks; oldest first. */
export function controlBetween(
	ledger: Ledger,
	wanted: readonly Bytes[],
	have: readonly Bytes[],
): Bytes[] {
	const held = ancestorsOf(ledger.control, have);
	return [...ancestorsOf(ledger.control, wanted).values()]
		.filter(({ entry }) => !held.has(entry.key))
		.sort(({ entry: a }, { entry: b }) => compareTime(a.header.time, b.header.time))
		.map(({ entry }) => entry.id);
}
