// How what is new reaches everybody over few links: it is pushed along some of them, told of by name along the others, and
// fetched where a push did not come. Links that bring what is here already stop being pushed along, so that what is left
// is nearly a tree; a name without its push mends it. Pure: says what to send, sends nothing. [GS1] … [GS5]
import { createAllowance } from './allowance.ts';

export type GossipEffect =
	/** The whole message. */
	| { readonly type: 'push'; readonly to: string; readonly id: string }
	/** That these are here. */
	| { readonly type: 'have'; readonly to: string; readonly ids: readonly string[] }
	/** That these are missing, and are to be pushed from now on. */
	| { readonly type: 'want'; readonly to: string; readonly ids: readonly string[] }
	/** That pushes are not needed: names are enough. */
	| { readonly type: 'prune'; readonly to: string };

export interface Gossip {
	/** A neighbour (hex) came or went. */
	up(peer: string): void;
	down(peer: string): void;
	/** Something of one's own. */
	publish(id: string): readonly GossipEffect[];
	/** Whether a push of so many bytes is looked at at all. */
	admits(peer: string, size: number, now: number): boolean;
	/**
	 * A push was checked. `covered`: neighbours whom its author is taken to reach itself; they are told by name. `isFirstHand`:
	 * it came from its author.
	 */
	received(
		peer: string,
		id: string,
		verdict: 'valid' | 'known' | 'invalid',
		how: { readonly isFirstHand: boolean; covered(peer: string): boolean; readonly now: number },
	): readonly GossipEffect[];
	/** It came by another way than a push from a neighbour. */
	seen(id: string): void;
	onHave(peer: string, ids: readonly string[], now: number): readonly GossipEffect[];
	onWant(peer: string, ids: readonly string[], now: number): readonly GossipEffect[];
	onPrune(peer: string): void;
	/** What is due by now. */
	tick(now: number): readonly GossipEffect[];
	/** When `tick` is due next; null: nothing waits. */
	dueAt(): number | null;
	/** Neighbours along which all is pushed. */
	eager(): readonly string[];
}

/** Names are told together after this time, ms; */
const TELL_AFTER = 100;
/** a push that others know of is waited for so long before it is asked for. */
const WAIT_FOR_PUSH = 250;
/** Who was asked has this long before another one is. */
const WAIT_FOR_ANSWER = 1000;
/** A bare tree would have every link in it fail somebody: so many pushes go on, though they bring what is here. */
const MIN_EAGER = 4;
const MAX_SEEN = 8192;
const MAX_MISSING = 1024;
const MAX_TELLERS = 4;
/** Names in one message. */
export const MAX_GOSSIP_IDS = 64;
/** What a neighbour may push at once, and in a second, bytes. */
const PUSHED_AT_ONCE = 2 << 20;
const PUSHED_PER_SECOND = 128 * 1024;
const NAMES_AT_ONCE = 4096;
const NAMES_PER_SECOND = 256;
/** Messages that a neighbour is given by name. */
const GIVEN_AT_ONCE = 256;
const GIVEN_PER_SECOND = 16;
/** So many faults, and a neighbour is not listened to for a while; one is forgiven in ten seconds. */
const FAULTS = 8;
const SILENT_FOR = 10 * 60_000;

interface Neighbour {
	isEager: boolean;
	/** It has pushed something itself: who hands on nothing is no way to anybody. */
	hasPushed: boolean;
	silentUntil: number;
	readonly toTell: Set<string>;
}

interface Missing {
	readonly tellers: string[];
	askAt: number;
	/** Who was asked last. */
	asked: string | undefined;
}

export function createGossip(): Gossip {
	const neighbours = new Map<string, Neighbour>();
	const known = new Set<string>();
	const missing = new Map<string, Missing>();
	const pushes = createAllowance(PUSHED_AT_ONCE, PUSHED_PER_SECOND);
	const names = createAllowance(NAMES_AT_ONCE, NAMES_PER_SECOND);
	const given = createAllowance(GIVEN_AT_ONCE, GIVEN_PER_SECOND);
	const faults = createAllowance(FAULTS, 0.1);
	let tellAt: number | null = null;

	const eager = (): string[] =>
		[...neighbours].filter(([, { isEager }]) => isEager).map(([peer]) => peer);

	const trusted = (): number =>
		[...neighbours.values()].filter(({ isEager, hasPushed }) => isEager && hasPushed).length;

	function note(id: string): void {
		known.delete(id);
		known.add(id);
		missing.delete(id);
		for (const oldest of known) {
			if (known.size <= MAX_SEEN) break;
			known.delete(oldest);
		}
	}

	function blame(peer: string, now: number): void {
		const neighbour = neighbours.get(peer);
		if (neighbour === undefined || faults.take(peer, 1, now)) return;
		neighbour.silentUntil = now + SILENT_FOR;
		neighbour.isEager = false;
	}

	const isHeard = (peer: string, now: number): boolean =>
		(neighbours.get(peer)?.silentUntil ?? Infinity) <= now;

	function spread(
		id: string,
		isLeftOut: (peer: string) => boolean,
		isTold: (peer: string) => boolean,
		now: number,
	): GossipEffect[] {
		const effects: GossipEffect[] = [];
		for (const [peer, neighbour] of neighbours) {
			if (isLeftOut(peer)) continue;
			if (neighbour.isEager && !isTold(peer)) effects.push({ type: 'push', to: peer, id });
			else {
				neighbour.toTell.add(id);
				tellAt ??= now + TELL_AFTER;
			}
		}
		return effects;
	}

	function ask(now: number): GossipEffect[] {
		const wanted = new Map<string, string[]>();
		for (const [id, each] of missing) {
			if (each.askAt > now) continue;
			// Whoever tells of what it doesn't give is at fault.
			if (each.asked !== undefined) blame(each.asked, now);
			const peer = each.tellers.shift();
			each.asked = peer;
			if (peer === undefined) {
				missing.delete(id);
				continue;
			}
			each.askAt = now + WAIT_FOR_ANSWER;
			const neighbour = neighbours.get(peer);
			if (neighbour === undefined || !isHeard(peer, now)) continue;
			neighbour.isEager = true;
			const ids = wanted.get(peer) ?? [];
			if (ids.length < MAX_GOSSIP_IDS) wanted.set(peer, [...ids, id]);
		}
		return [...wanted].map(([to, ids]) => ({ type: 'want', to, ids }));
	}

	return {
		up(peer) {
			if (neighbours.has(peer)) return;
			neighbours.set(peer, { isEager: true, hasPushed: false, silentUntil: 0, toTell: new Set() });
		},
		down(peer) {
			neighbours.delete(peer);
		},
		publish(id) {
			note(id);
			return [...neighbours.keys()].map((to) => ({ type: 'push', to, id }));
		},
		admits(peer, size, now) {
			if (!isHeard(peer, now)) return false;
			if (pushes.take(peer, size, now)) return true;
			blame(peer, now);
			return false;
		},
		received(peer, id, verdict, { isFirstHand, covered, now }) {
			if (verdict === 'invalid') {
				blame(peer, now);
				return [];
			}
			const neighbour = neighbours.get(peer);
			if (neighbour !== undefined) neighbour.hasPushed = true;
			if (verdict === 'known' || known.has(id)) {
				// What its author pushes to all its neighbours says nothing of the links of others.
				if (isFirstHand || neighbour?.isEager !== true || trusted() <= MIN_EAGER) return [];
				neighbour.isEager = false;
				return [{ type: 'prune', to: peer }];
			}
			note(id);
			return spread(id, (other) => other === peer, covered, now);
		},
		seen: note,
		onHave(peer, ids, now) {
			if (!isHeard(peer, now)) return [];
			if (!names.take(peer, ids.length, now)) {
				blame(peer, now);
				return [];
			}
			for (const id of ids) {
				if (known.has(id)) continue;
				const waits = missing.get(id);
				if (waits !== undefined) {
					if (waits.tellers.length < MAX_TELLERS && !waits.tellers.includes(peer)) {
						waits.tellers.push(peer);
					}
				} else if (missing.size < MAX_MISSING) {
					missing.set(id, { tellers: [peer], askAt: now + WAIT_FOR_PUSH, asked: undefined });
				}
			}
			return [];
		},
		onWant(peer, ids, now) {
			const neighbour = neighbours.get(peer);
			if (neighbour === undefined || ids.length === 0 || !isHeard(peer, now)) return [];
			const held = ids.filter((id) => known.has(id));
			if (!given.take(peer, held.length, now)) {
				blame(peer, now);
				return [];
			}
			neighbour.isEager = true;
			return held.map((id) => ({ type: 'push', to: peer, id }));
		},
		onPrune(peer) {
			const neighbour = neighbours.get(peer);
			if (neighbour !== undefined) neighbour.isEager = false;
		},
		tick(now) {
			const effects: GossipEffect[] = [];
			if (tellAt !== null && tellAt <= now) {
				tellAt = null;
				for (const [to, { toTell }] of neighbours) {
					const ids = [...toTell].slice(-MAX_GOSSIP_IDS);
					toTell.clear();
					if (ids.length > 0) effects.push({ type: 'have', to, ids });
				}
			}
			return [...effects, ...ask(now)];
		},
		dueAt() {
			const asks = [...missing.values()].map(({ askAt }) => askAt);
			const due = Math.min(tellAt ?? Infinity, ...asks);
			return due === Infinity ? null : due;
		},
		eager,
	};
}
