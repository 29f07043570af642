// Keeps a space's devices level: says what is held, asks for what is missing, serves what others ask. [SY1] … [SY6]
import { controlBetween, holdsMore, MAX_SERVED, type PeerKnowledge } from '#lib/crdt/sync.ts';
import type { Packet } from '#lib/protocol/entry.ts';
import { label } from '#lib/protocol/labels.ts';
import { type SpaceMessage } from '#lib/protocol/space-message.ts';
import {
	MAX_FEEDS_PER_MESSAGE,
	stateContent,
	type FeedHead,
	type State,
} from '#lib/protocol/space-state.ts';
import { concat, equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { fraction, type Ports, type Self } from '../ports.ts';
import type { Space } from '../space/space-face.ts';
import { createAsking } from './asking.ts';
import { readableFor } from './handing-on.ts';
import { createLevelling } from './levelling.ts';
import { createOnce } from './once.ts';
import type { Post } from './post-face.ts';
import { signedState } from './statement.ts';

/** A statement younger than this needs no repeating. */
const SAID_LATELY = 5000;
/** Statements about several entries that came at once go out together. */
const ANNOUNCE_DELAY = 10;
/** In a large space an author hears of one device in this time. */
const ANNOUNCE_SPREAD = 10;

/** Each device is shown a fork once in a while. */
const SAY_AGAIN = 30_000;

type Pull = Extract<SpaceMessage, { type: 'pull' }>;

export interface SpaceSync {
	/** Says to a device what is held here, and asks for the same. */
	hello(device: string): void;
	/** Says to a device what is held here of the own feed, and asks how far it has that. */
	ask(device: string): Promise<void>;
	/** Somebody signed that they hold this. */
	onState(from: string, state: State): Promise<void>;
	onPull(from: string, pull: Pull): Promise<void>;
	/** So many entries came from a device; those of `disputed` feeds follow others than are held here. */
	onEntries(from: string, count: number, disputed: readonly Bytes[]): void;
	/** New entries are kept: tells their authors and everybody on a direct link, and asks for what comes next. */
	onKept(feeds: readonly Bytes[]): void;
	/** These feeds were found to be forked just now: everybody who can be reached is shown. */
	onForks(feeds: readonly Bytes[]): Promise<void>;
	/** Something is missing that was not before: asks everybody. */
	askAll(): void;
	/** Heads of the authority log as the device (hex) last stated them; empty when it never did. */
	heldBy(device: string): readonly Bytes[];
	/** When (ms) a member's device last said all that it holds, and all of that is here; -Infinity: not since the start. */
	levelAt(): number;
	stop(): void;
}

export interface SyncEvents {
	/** A device holds my feed up to this entry. */
	onAcknowledged(device: string, seq: number): void;
	/** The author is away: leave the statement for it. */
	onAuthorAway(device: string, message: SpaceMessage): void;
	/** A member's device signed what it holds. */
	onStated(device: string, state: State): void;
	/** A device that is no member said what it holds. */
	onOutsider(device: string, state: State): void;
}

export function createSpaceSync(
	ports: Ports,
	self: Self,
	space: Space,
	post: Post,
	events: SyncEvents,
): SpaceSync {
	const { clock, crypto, random } = ports;
	const own = toHex(self.device.publicKey);
	const isActive = (device: string): boolean =>
		space.ledger.authority.devices.get(device)?.active === true;
	const asking = createAsking(ports, space, post, isActive);
	/** When each device (hex) was last told all that is held. */
	const saidAt = new Map<string, number>();
	const announcing = new Map<string, Bytes>();
	let cancelAnnounce: (() => void) | undefined;
	let stopped = false;

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
			post.attempt(device, message);
		}
	}

	/** Says what is held of these feeds. */
	async function saySome(device: string, feeds: readonly FeedHead[]): Promise<void> {
		const message = await statement(
			feeds.flatMap(({ feed }) => headOf(feed)),
			false,
			false,
		);
		if (!stopped) post.attempt(device, message);
	}

	/** Whether a device that asks is owed an answer: two that meet each say what they hold, once. */
	const owes = (device: string, knowledge: PeerKnowledge): boolean =>
		holdsMore(space.ledger, knowledge) ||
		clock.now() - (saidAt.get(device) ?? -Infinity) > SAID_LATELY;

	/** Where very many answer one, they take their time, and answer several at once. */
	const announceDelay = (): number =>
		post.isLarge()
			? fraction(random) * ANNOUNCE_SPREAD * space.ledger.authority.active.size
			: ANNOUNCE_DELAY;

	async function announce(): Promise<void> {
		cancelAnnounce = undefined;
		const feeds = [...announcing.values()];
		announcing.clear();
		const heads = feeds.flatMap(headOf).slice(0, MAX_FEEDS_PER_MESSAGE);
		// The authority log may take what its feed does not yet, or never will: that is news without a head to tell. [FD8]
		const message = await statement(heads, false, false);
		if (stopped) return;
		const authors = new Set(heads.map(({ feed }) => toHex(feed)));
		for (const { device, active } of space.ledger.authority.devices.values()) {
			const key = toHex(device);
			if (key === own || space.ledger.authority.fences.has(key)) continue;
			// Whoever has left is told that its word has come, and no more.
			if (!active && !authors.has(key)) continue;
			// In a large space neighbours hear of entries by name. [GS3]
			const isTold = authors.has(key) || !post.isLarge();
			if (isTold && post.route(key) === 'direct') post.send(key, message);
			else if (authors.has(key) && !post.attempt(key, message)) events.onAuthorAway(key, message);
		}
	}

	const once = createOnce(clock, SAY_AGAIN);

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

	const levelling = createLevelling(ports, space, own, post, (device) => {
		void sayAll(device, true);
	});

	return {
		hello(device) {
			if (isActive(device)) void sayAll(device, true);
		},
		async ask(device) {
			if (!isActive(device)) return;
			const message = await statement(headOf(self.device.publicKey), false, true);
			if (!stopped) post.attempt(device, message);
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
			const mine = state.feeds.find((head) => toHex(head.feed) === own);
			if (mine !== undefined) events.onAcknowledged(from, mine.seq);
			events.onStated(from, state);
			levelling.heard(from);
			if (state.full) levelling.answered();
			await showForks(from, state);
			asking.onState(from, state);
			if (!state.wantsReply) return;
			if (!state.full) await saySome(from, state.feeds);
			else if (owes(from, asking.knowledgeOf(from))) await sayAll(from, false);
		},
		async onPull(from, request) {
			if (!isActive(from)) return;
			const packets: Packet[] = [];
			const wanted = controlBetween(space.ledger, request.control, request.have);
			for (const id of wanted.slice(0, MAX_SERVED)) {
				const control = space.ledger.control.get(toHex(id));
				if (control !== undefined) packets.push(control.entry.packet);
			}
			for (const range of request.ranges) {
				if (packets.length >= MAX_SERVED) break;
				const limit = MAX_SERVED - packets.length;
				packets.push(...(await space.kept.packets(range.feed, range.from, range.to, limit)));
			}
			if (packets.length === 0) return;
			const { wantsKeys } = request;
			if (wantsKeys !== null) await space.takePrekeys([wantsKeys]);
			const handed = await readableFor(ports, space, from, packets, wantsKeys !== null);
			if (!stopped) post.attempt(from, { type: 'entries', packets: handed });
		},
		onEntries(from, count, disputed) {
			asking.onServed(from, count);
			if (disputed.length > 0) asking.onDisputed(from, disputed);
		},
		onKept(feeds) {
			for (const feed of feeds) if (toHex(feed) !== own) announcing.set(toHex(feed), feed);
			if (announcing.size > 0)
				cancelAnnounce ??= clock.after(announceDelay(), () => void announce());
			asking.askAll();
		},
		async onForks(feeds) {
			for (const feed of feeds) {
				const packets = await space.kept.forkProof(feed);
				if (packets.length > 0 && !stopped) post.sendAll({ type: 'entries', packets });
			}
		},
		levelAt: asking.levelAt,
		askAll: asking.askAll,
		heldBy: (device) => asking.knowledgeOf(device).controlHeads,
		stop() {
			stopped = true;
			asking.stop();
			cancelAnnounce?.();
			levelling.stop();
		},
	};
}
