// Keeps a space's devices level: says what is held, asks for what is missing, serves what others ask. [SY1] … [SY6]
import {
	controlBetween,
	createPeerKnowledge,
	holdsMore,
	learn,
	planPulls,
	RANGE,
	type PeerKnowledge,
} from '#lib/crdt/sync.ts';
import type { Packet } from '#lib/protocol/entry.ts';
import { label } from '#lib/protocol/labels.ts';
import {
	MAX_FEEDS_PER_MESSAGE,
	stateContent,
	type FeedHead,
	type FeedRange,
	type SpaceMessage,
	type State,
} from '#lib/protocol/space-message.ts';
import { concat, equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { fraction, type Ports, type Self } from '../ports.ts';
import type { Space } from '../space/space.ts';
import type { Post } from './post.ts';
import { signedState } from './statement.ts';

/** How long entries that were asked for may take before they are asked for again. */
const PULL_TIMEOUT = 3000;
/** A statement younger than this needs no repeating. */
const SAID_LATELY = 5000;
/** Entries served for one request. */
const MAX_SERVED = 512;
/** Statements about several entries that came at once go out together. */
const ANNOUNCE_DELAY = 10;

/** Now and then one of those who can be reached is told what is held, in case something was lost on the way. */
const LEVEL_EVERY = 60_000;

/** Forks shown and disputes raised, remembered so that each device hears of each once in a while. */
const MAX_TOLD = 10_000;
const SAY_AGAIN = 30_000;

type Pull = Extract<SpaceMessage, { type: 'pull' }>;

export interface SpaceSync {
	/** Says to a device what is held here, and asks for the same. */
	hello(device: string): void;
	/** Somebody signed that they hold this. */
	onState(from: string, state: State): Promise<void>;
	onPull(from: string, pull: Pull): Promise<void>;
	/** What this device sent follows other entries than are held here: asks for those before. */
	onDisputed(from: string, feeds: readonly Bytes[]): void;
	/** New entries are kept: tells their authors and everybody on a direct link, and asks for what comes next. */
	onKept(feeds: readonly Bytes[]): void;
	/** These feeds were found to be forked just now: everybody who can be reached is shown. */
	onForks(feeds: readonly Bytes[]): Promise<void>;
	/** Control entries that others build on and that are missing here. */
	want(control: readonly Bytes[]): void;
	/** Heads of the authority log as the device (hex) last stated them; empty when it never did. */
	heldBy(device: string): readonly Bytes[];
	stop(): void;
}

export interface SyncEvents {
	/** A device holds my feed up to this entry. */
	onAcknowledged(device: string, seq: number): void;
	/** The author is away: leave the statement for it. */
	onAuthorAway(device: string, message: SpaceMessage): void;
	/** A device that is no member said what it holds. */
	onOutsider(device: string, state: State): void;
}

export function createSpaceSync(
	{ clock, crypto, random }: Ports,
	self: Self,
	space: Space,
	post: Post,
	events: SyncEvents,
): SpaceSync {
	const own = toHex(self.device.publicKey);
	const peers = new Map<string, PeerKnowledge>();
	/** When each device (hex) was last told all that is held. */
	const saidAt = new Map<string, number>();
	/** Feeds (hex) → up to which seq entries are on their way. */
	const underWay = new Map<string, number>();
	const controlUnderWay = new Set<string>();
	const announcing = new Map<string, Bytes>();
	let cancelAnnounce: (() => void) | undefined;
	let stopped = false;

	const knowledgeOf = (device: string): PeerKnowledge => {
		let knowledge = peers.get(device);
		if (knowledge === undefined) peers.set(device, (knowledge = createPeerKnowledge()));
		return knowledge;
	};

	const isActive = (device: string): boolean =>
		space.ledger.authority.devices.get(device)?.active === true;

	const headOf = (device: Bytes): FeedHead[] => {
		const feed = space.ledger.feeds.get(toHex(device));
		const head = feed && space.ledger.headOf(feed);
		return head === undefined || head.seq < 0 ? [] : [head];
	};

	const statement = (
		feeds: readonly FeedHead[],
		full: boolean,
		wantsReply: boolean,
	): Promise<SpaceMessage> => signedState(clock, self, space, feeds, { full, wantsReply });

	async function sayAll(device: string, wantsReply: boolean): Promise<void> {
		const heads = [...space.ledger.feeds.values()].flatMap((feed) => headOf(feed.device));
		for (let at = 0; at === 0 || at < heads.length; at += MAX_FEEDS_PER_MESSAGE) {
			const part = heads.slice(at, at + MAX_FEEDS_PER_MESSAGE);
			const message = await statement(part, true, wantsReply);
			if (stopped) return;
			saidAt.set(device, clock.now());
			post.send(device, message);
		}
	}

	/** Whether a device that asks is owed an answer: two that meet each say what they hold, once. */
	const owes = (device: string, knowledge: PeerKnowledge): boolean =>
		holdsMore(space.ledger, knowledge) ||
		clock.now() - (saidAt.get(device) ?? -Infinity) > SAID_LATELY;

	function pull(device: string): void {
		if (stopped || !isActive(device)) return;
		const plan = planPulls(space.ledger, knowledgeOf(device), underWay);
		const control = plan.control.filter((id) => !controlUnderWay.has(toHex(id)));
		if (control.length === 0 && plan.ranges.length === 0) return;
		const have = space.ledger.toldHeads(clock.now());
		if (!post.send(device, { type: 'pull', control, have, ranges: plan.ranges })) return;
		for (const range of plan.ranges) underWay.set(toHex(range.feed), range.to);
		for (const id of control) controlUnderWay.add(toHex(id));
		clock.after(PULL_TIMEOUT, () => {
			let overdue = false;
			for (const { feed, to } of plan.ranges) {
				if (underWay.get(toHex(feed)) !== to) continue;
				underWay.delete(toHex(feed));
				overdue ||= (space.ledger.feeds.get(toHex(feed))?.seq ?? -1) + 1 < to;
			}
			for (const id of control) controlUnderWay.delete(toHex(id));
			if (!overdue) return;
			// Whoever says that it holds more than it gives must not be asked first for ever.
			const knowledge = peers.get(device);
			if (knowledge !== undefined && peers.delete(device)) peers.set(device, knowledge);
			pullFromAll();
		});
	}

	function pullFromAll(): void {
		for (const device of peers.keys()) pull(device);
	}

	async function announce(): Promise<void> {
		cancelAnnounce = undefined;
		const feeds = [...announcing.values()];
		announcing.clear();
		const heads = feeds.flatMap(headOf).slice(0, MAX_FEEDS_PER_MESSAGE);
		if (heads.length === 0) return;
		const message = await statement(heads, false, false);
		if (stopped) return;
		const authors = new Set(feeds.map(toHex));
		for (const { device, active } of space.ledger.authority.devices.values()) {
			const key = toHex(device);
			if (key === own || space.ledger.authority.fences.has(key)) continue;
			// Whoever has left is told that its word has come, and no more.
			if (!active && !authors.has(key)) continue;
			if (post.route(key) === 'direct') post.send(key, message);
			else if (authors.has(key) && !post.send(key, message)) events.onAuthorAway(key, message);
		}
	}

	const told = new Map<string, number>();
	/** Whether this is asked for the first time, or the first time in a long while: what was said may have been lost. */
	const once = (what: string, again = SAY_AGAIN): boolean => {
		const now = clock.now();
		if (now - (told.get(what) ?? -Infinity) < again) return false;
		told.delete(what);
		told.set(what, now);
		// The oldest goes, and is told once more if it must: nobody can fill this so that nothing is told any longer.
		for (const oldest of told.keys()) {
			if (told.size <= MAX_TOLD) break;
			told.delete(oldest);
		}
		return true;
	};

	/**
	 * What counts depends on the forks known, so everybody is to know of each: two entries prove it. A device that says it
	 * holds entries beyond one doesn't know of it; of others nobody can tell.
	 */
	async function showForks(device: string, state: State): Promise<void> {
		for (const [key, { device: feed, frozenAt }] of space.ledger.feeds) {
			if (frozenAt === null) continue;
			const stated = state.feeds.find((head) => equal(head.feed, feed));
			const again = stated !== undefined && stated.seq >= frozenAt ? SAY_AGAIN : Infinity;
			if (!once(`fork ${device} ${key} ${frozenAt}`, again)) continue;
			const packets = await space.kept.forkProof(feed);
			if (packets.length > 0 && !stopped) post.send(device, { type: 'entries', packets });
		}
	}

	/** Whoever has left waits for the word that its leaving has come; everybody else is somebody else's business. */
	async function answerOutsider(device: string, state: State): Promise<void> {
		events.onOutsider(device, state);
		const { devices, fences } = space.ledger.authority;
		if (!state.wantsReply || !devices.has(device) || fences.has(device)) return;
		const message = await statement(headOf(state.device), false, false);
		if (!stopped) post.tell(device, message);
	}

	function level(): void {
		const reachable = [...space.ledger.authority.devices.keys()].filter(
			(device) => device !== own && isActive(device) && post.route(device) !== null,
		);
		const chosen = reachable[Math.floor(fraction(random) * reachable.length)];
		if (chosen !== undefined) void sayAll(chosen, true);
		cancelLevel = clock.after(LEVEL_EVERY, level);
	}
	let cancelLevel = clock.after(LEVEL_EVERY, level);

	return {
		hello(device) {
			if (isActive(device)) void sayAll(device, true);
		},
		async onState(from, state) {
			if (!equal(state.space, space.id) || toHex(state.device) !== from) return;
			const { signature, ...content } = state;
			const signed = concat(label('state'), stateContent(content));
			if (!(await crypto.verify(state.device, signed, signature)) || stopped) return;
			if (!isActive(from)) {
				await answerOutsider(from, state);
				return;
			}
			const knowledge = knowledgeOf(from);
			learn(knowledge, state.feeds, state.controlHeads);
			const mine = state.feeds.find((head) => toHex(head.feed) === own);
			if (mine !== undefined) events.onAcknowledged(from, mine.seq);
			await showForks(from, state);
			pull(from);
			if (state.wantsReply && owes(from, knowledge)) await sayAll(from, false);
		},
		async onPull(from, request) {
			if (!isActive(from)) return;
			const packets: Packet[] = [];
			for (const id of controlBetween(space.ledger, request.control, request.have)) {
				const control = space.ledger.control.get(toHex(id));
				if (control !== undefined) packets.push(control.entry.packet);
			}
			for (const range of request.ranges) {
				if (packets.length >= MAX_SERVED) break;
				const limit = MAX_SERVED - packets.length;
				packets.push(...(await space.kept.packets(range.feed, range.from, range.to, limit)));
			}
			if (packets.length > 0 && !stopped) post.send(from, { type: 'entries', packets });
		},
		onDisputed(from, feeds) {
			const ranges = feeds.flatMap((device): FeedRange[] => {
				const feed = space.ledger.feeds.get(toHex(device));
				if (feed === undefined || feed.seq < 0) return [];
				return [{ feed: device, from: Math.max(0, feed.seq + 1 - RANGE), to: feed.seq + 1 }];
			});
			const asked = ranges.filter(({ feed, to }) => once(`dispute ${from} ${toHex(feed)} ${to}`));
			if (asked.length === 0 || stopped) return;
			post.send(from, { type: 'pull', control: [], have: [], ranges: asked });
		},
		onKept(feeds) {
			for (const feed of feeds) {
				const key = toHex(feed);
				const seq = space.ledger.feeds.get(key)?.seq ?? -1;
				if (seq + 1 >= (underWay.get(key) ?? 0)) underWay.delete(key);
				if (key !== own) announcing.set(key, feed);
			}
			if (announcing.size > 0)
				cancelAnnounce ??= clock.after(ANNOUNCE_DELAY, () => void announce());
			pullFromAll();
		},
		async onForks(feeds) {
			for (const feed of feeds) {
				const packets = await space.kept.forkProof(feed);
				if (packets.length > 0 && !stopped) post.sendAll({ type: 'entries', packets });
			}
		},
		want(control) {
			for (const knowledge of peers.values()) {
				const heads = new Map([...knowledge.controlHeads, ...control].map((id) => [toHex(id), id]));
				knowledge.controlHeads = [...heads.values()].slice(0, 16);
			}
			pullFromAll();
		},
		heldBy: (device) => peers.get(device)?.controlHeads ?? [],
		stop() {
			stopped = true;
			cancelAnnounce?.();
			cancelLevel();
		},
	};
}
