// What to ask of a peer, given what it says it holds: pure planning, authority first. [SY1] [SY2] [SY3]
import { compareTime } from '#lib/protocol/entry.ts';
import type { FeedRange } from '#lib/protocol/space-message.ts';
import type { FeedHead } from '#lib/protocol/space-state.ts';
import { MAX_AUTHORITY_HEADS } from '#lib/protocol/limits.ts';
import { MAX_FEEDS_PER_MESSAGE } from '#lib/protocol/space-state.ts';
import { equal, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { ancestorsOf } from './causality.ts';
import type { Feed, Ledger } from './ledger.ts';

/** Entries served for one request; more are asked for with another. [SY5] */
export const MAX_SERVED = 512;

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

/** What is not to be asked for now. */
export interface Asked {
	/** Up to where entries of this feed (hex) are on their way, without a gap from this seq on; the seq itself: none are. */
	upTo(feed: string, from: number): number;
	/** Whether this control entry (hex) is on its way, or was asked for in vain. */
	control(key: string): boolean;
}

/**
 * What this ledger lacks and this peer may hold, less what was asked for already. First what others wait for, then what
 * the peer says it holds. Only of feeds whose entries would be taken: an admission comes before the entries of whom it
 * admits. `missing`: control entries (hex) that others wait for.
 */
export function planPulls(
	ledger: Ledger,
	knowledge: PeerKnowledge,
	asked: Asked,
	missing: readonly string[] = [],
): PullPlan {
	const lacks = (key: string): boolean => !ledger.control.has(key) && !asked.control(key);
	const control = [...new Set([...missing, ...knowledge.controlHeads.map(toHex)])]
		.filter(lacks)
		.slice(0, MAX_AUTHORITY_HEADS)
		.flatMap((key) => fromHex(key) ?? []);
	const ranges: FeedRange[] = [];
	for (const [key, head] of knowledge.feeds) {
		if (ranges.length === MAX_FEEDS_PER_MESSAGE) break;
		const feed = ledger.feeds.get(key);
		const held = feed?.seq ?? -1;
		const isFrozen = feed !== undefined && feed.frozenAt !== null;
		if (held > head.seq) continue;
		if (feed !== undefined && held === head.seq) {
			// Two entries in one place: theirs is the other half of the proof.
			if (!isFrozen && !equal(feed.head, head.id) && held < ledger.takesUpTo(key)) {
				ranges.push({ feed: head.feed, from: head.seq, to: head.seq + 1 });
			}
			continue;
		}
		const from = asked.upTo(key, held + 1);
		// A fork may be known before what leads to it.
		const end = Math.min(ledger.takesUpTo(key), feed?.frozenAt ?? Infinity);
		const to = Math.min(head.seq + 1, from + RANGE, end);
		if (from < to) ranges.push({ feed: head.feed, from, to });
	}
	return { control, ranges };
}

/**
 * Where another entry is held than the one a fence names: the stretch that leads to the right one, of a peer that holds
 * the feed so far. A fork that is known there answers it. [FE2]
 */
export function disputedRanges(ledger: Ledger, knowledge: PeerKnowledge): FeedRange[] {
	return [...ledger.contradicted].flatMap(([key, seq]): FeedRange[] => {
		const feed = ledger.feeds.get(key);
		const held = knowledge.feeds.get(key)?.seq ?? -1;
		if (feed === undefined || held < seq) return [];
		if (feed.frozenAt !== null && feed.frozenAt <= seq) return [];
		return [{ feed: feed.device, from: Math.max(0, seq + 1 - RANGE), to: seq + 1 }];
	});
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
