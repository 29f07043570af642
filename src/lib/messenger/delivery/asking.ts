// Asks those who can be reached for what is missing here: control entries first, then stretches of feeds, from one peer at a
// time; whoever doesn't answer is not asked first again. [SY2] [SY3] [SY5] [FE2]
import {
	createPeerKnowledge,
	disputedRanges,
	learn,
	MAX_SERVED,
	planPulls,
	RANGE,
	type PeerKnowledge,
} from '#lib/crdt/sync.ts';
import { MAX_AUTHORITY_HEADS } from '#lib/protocol/limits.ts';
import { type FeedRange } from '#lib/protocol/space-message.ts';
import { MAX_FEEDS_PER_MESSAGE, type State } from '#lib/protocol/space-state.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Ports } from '../ports.ts';
import type { Space } from '../space/space-face.ts';
import { createOnce } from './once.ts';
import type { Post } from './post-face.ts';

/** How long entries that were asked for may take before they are asked for again. */
const PULL_TIMEOUT = 3000;
/** What a peer was asked for in vain, and could not know when it said what it holds, is asked of it again after this time. */
const ASK_AGAIN = 30_000;

export interface Asking {
	/** What a device (hex) has said it holds. */
	knowledgeOf(device: string): PeerKnowledge;
	/** A device says what it holds: asks it for what is missing here. */
	onState(device: string, state: State): void;
	/** So many entries came from a device. */
	onServed(device: string, count: number): void;
	/** What this device sent follows other entries than are held here: asks for those before. */
	onDisputed(device: string, feeds: readonly Bytes[]): void;
	/** Asks everybody for what is missing: something was kept, or is missing that was not before. */
	askAll(): void;
	/** When (ms) a member's device last said all that it holds, and all of that is here; -Infinity: not since the start. */
	levelAt(): number;
	stop(): void;
}

interface Request {
	readonly device: string;
	readonly control: readonly string[];
	readonly ranges: readonly FeedRange[];
	/** Entries that came since. */
	came: number;
}

export function createAsking(
	{ clock }: Ports,
	space: Space,
	post: Post,
	isActive: (device: string) => boolean,
): Asking {
	const peers = new Map<string, PeerKnowledge>();
	/** Stretches that are on their way, by feed (hex): of several peers, one may come and the one before it not. */
	const feedsUnderWay = new Map<string, Set<FeedRange>>();
	const controlUnderWay = new Set<string>();
	const requests = new Set<Request>();
	const once = createOnce(clock, ASK_AGAIN);
	/** When (ms) a device (hex) last said all that it holds. */
	const toldAllAt = new Map<string, number>();
	let levelAt = -Infinity;
	let stopped = false;

	const knowledgeOf = (device: string): PeerKnowledge => {
		let knowledge = peers.get(device);
		if (knowledge === undefined) peers.set(device, (knowledge = createPeerKnowledge()));
		return knowledge;
	};

	const endOf = (key: string): number => (space.ledger.feeds.get(key)?.seq ?? -1) + 1;

	function upTo(feed: string, from: number): number {
		const ranges = [...(feedsUnderWay.get(feed) ?? [])].sort((a, b) => a.from - b.from);
		return ranges.reduce((at, range) => (range.from <= at ? Math.max(at, range.to) : at), from);
	}

	const wantOf = (device: string, key: string): string => `want ${device} ${key}`;

	/** `fresh`: the device has just said what it holds, so what it was asked for before may have been lost on the way. */
	function ask(device: string, fresh = false): void {
		if (stopped || !isActive(device)) return;
		const isAsked = (key: string): boolean =>
			controlUnderWay.has(key) || (!fresh && once.lately(wantOf(device, key)));
		const missing = space.missing(MAX_AUTHORITY_HEADS, (key) => !isAsked(key));
		const knowledge = knowledgeOf(device);
		const asked = { upTo, control: isAsked };
		const { control, ranges } = planPulls(space.ledger, knowledge, asked, missing);
		const disputed = disputedRanges(space.ledger, knowledge)
			.slice(0, MAX_FEEDS_PER_MESSAGE - ranges.length)
			.filter(({ feed, to }) => !once.lately(`fence ${device} ${toHex(feed)} ${to}`));
		if (control.length === 0 && ranges.length === 0 && disputed.length === 0) {
			if ([...requests].every(isServed)) {
				levelAt = Math.max(levelAt, toldAllAt.get(device) ?? -Infinity);
			}
			return;
		}
		const have = space.ledger.toldHeads(clock.now());
		const all = [...ranges, ...disputed];
		if (!post.attempt(device, { type: 'pull', control, have, ranges: all, wantsKeys: null }))
			return;
		for (const { feed, to } of disputed) once(`fence ${device} ${toHex(feed)} ${to}`);
		for (const range of ranges) {
			const key = toHex(range.feed);
			feedsUnderWay.set(key, (feedsUnderWay.get(key) ?? new Set()).add(range));
		}
		const request: Request = { device, control: control.map(toHex), ranges, came: 0 };
		for (const key of request.control) {
			controlUnderWay.add(key);
			once(wantOf(device, key));
		}
		requests.add(request);
		clock.after(PULL_TIMEOUT, () => {
			if (!requests.has(request) || !end(request)) return;
			// Whoever says that it holds more than it gives must not be asked first for ever.
			if (peers.delete(device)) peers.set(device, knowledge);
			askAll();
		});
	}

	const isServed = ({ ranges, control }: Request): boolean =>
		control.every((key) => space.ledger.control.has(key)) &&
		ranges.every(({ feed, to }) => endOf(toHex(feed)) >= to);

	/** What it asked for is on its way no longer; whether anything of that is missing still. */
	function end(request: Request): boolean {
		requests.delete(request);
		let lacks = false;
		for (const range of request.ranges) {
			const key = toHex(range.feed);
			const under = feedsUnderWay.get(key);
			under?.delete(range);
			if (under?.size === 0) feedsUnderWay.delete(key);
			lacks ||= endOf(key) < range.to;
		}
		for (const key of request.control) {
			controlUnderWay.delete(key);
			lacks ||= !space.ledger.control.has(key);
		}
		return lacks;
	}

	function askAll(): void {
		for (const device of [...peers.keys()]) ask(device);
	}

	return {
		knowledgeOf,
		levelAt: () => levelAt,
		onState(device, { feeds, controlHeads, full }) {
			if (full) toldAllAt.set(device, clock.now());
			learn(knowledgeOf(device), feeds, controlHeads);
			ask(device, true);
		},
		onServed(device, count) {
			// Answers come in the order of the requests: what comes now is the first one's, not those' that follow from it.
			const request = [...requests].find((each) => each.device === device);
			if (request === undefined) return;
			request.came += count;
			const isWhole = isServed(request);
			// More is not given for one request: the rest is asked for at once.
			if ((!isWhole && request.came < MAX_SERVED) || !end(request)) return;
			for (const key of request.control) once.forget(wantOf(device, key));
			ask(device);
		},
		onDisputed(device, feeds) {
			const ranges = feeds.flatMap((key): FeedRange[] => {
				const feed = space.ledger.feeds.get(toHex(key));
				if (feed === undefined || feed.seq < 0) return [];
				return [{ feed: key, from: Math.max(0, feed.seq + 1 - RANGE), to: feed.seq + 1 }];
			});
			const asked = ranges.filter(({ feed, to }) => once(`dispute ${device} ${toHex(feed)} ${to}`));
			if (asked.length === 0 || stopped) return;
			const pull = {
				type: 'pull',
				control: [],
				have: [],
				ranges: asked,
				wantsKeys: null,
			} as const;
			post.attempt(device, pull);
		},
		askAll,
		stop() {
			stopped = true;
		},
	};
}
