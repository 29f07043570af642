// Hands new entries on along direct links, as the gossip machine says, so that they reach those whom their author doesn't.
// Only what has been checked and kept, and is new; whatever is lost by that, levelling finds. [GS1] … [GS5]
import { createGossip, type GossipEffect } from '#lib/mesh/gossip.ts';
import { encodePacket, type Packet } from '#lib/protocol/entry.ts';
import type { News } from '#lib/protocol/news.ts';
import { recordNameHex } from '#lib/protocol/peer-record.ts';
import { entryId, type Entry } from '#lib/crdt/check-entry.ts';
import { equal, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Ports } from '../ports.ts';
import type { Post } from './post-face.ts';
import type { SpaceReach } from './reach.ts';

/** What is older than this is no news, ms: levelling brings it. */
const NEWS = 60_000;
/** Entries that are at hand for whoever asks for them by name. */
const MAX_AT_HAND = 256;
const MAX_SOURCES = 1024;

export interface Gossiping {
	/** Direct links may have come or gone. */
	look(): void;
	/** A device (hex) pushes these over its link; those that are to be looked at. */
	admit(from: string, packets: readonly Packet[]): readonly Packet[];
	/** These were checked and are kept. */
	onKept(entries: readonly Entry[]): void;
	/** A member's device (hex) tells over its link. */
	onNews(from: string, news: News): void;
	stop(): void;
}

/** `own`: this device, hex. */
export function createGossiping(
	{ clock, crypto }: Pick<Ports, 'clock' | 'crypto'>,
	own: string,
	post: Pick<Post, 'near' | 'send' | 'isLarge'>,
	reach: Pick<SpaceReach, 'recordOf'>,
): Gossiping {
	const gossip = createGossip();
	const atHand = new Map<string, Packet>();
	const authors = new Map<string, string>();
	/** Who pushed what is not kept yet. */
	const sources = new Map<string, string>();
	let linked = new Set<string>();
	let cancelTick: (() => void) | undefined;
	let stopped = false;

	function trim<T>(map: Map<string, T>, most: number): void {
		for (const oldest of map.keys()) {
			if (map.size <= most) break;
			map.delete(oldest);
		}
	}

	/** Whom the author pushed to itself: over a link, or through a relay that both read. */
	function coveredBy(author: string): (peer: string) => boolean {
		const record = reach.recordOf(author);
		const names = new Set([...(record?.linked ?? []), ...(record?.seen ?? [])].map(toHex));
		return (peer) => {
			if (peer === author || names.has(recordNameHex(peer))) return true;
			const theirs = reach.recordOf(peer)?.relays ?? [];
			return record?.relays.some((relay) => theirs.some((each) => equal(each, relay))) === true;
		};
	}

	const bytesOf = (ids: readonly string[]): Bytes[] => ids.flatMap((id) => fromHex(id) ?? []);
	function perform(effects: readonly GossipEffect[]): void {
		for (const effect of effects) {
			if (effect.type === 'push') {
				const packet = atHand.get(effect.id);
				if (packet !== undefined) post.send(effect.to, { type: 'entries', packets: [packet] });
				continue;
			}
			// Where not too many are, STATE tells as much, and at once. [SY1]
			if (effect.type === 'have' && !post.isLarge()) continue;
			const have = effect.type === 'have' ? bytesOf(effect.ids) : [];
			const want = effect.type === 'want' ? bytesOf(effect.ids) : [];
			post.send(effect.to, {
				type: 'gossip',
				news: { have, want, prune: effect.type === 'prune' },
			});
		}
		schedule();
	}

	function schedule(): void {
		cancelTick?.();
		const due = gossip.dueAt();
		if (due === null || stopped) return;
		cancelTick = clock.after(Math.max(0, due - clock.now()), () => {
			cancelTick = undefined;
			perform(gossip.tick(clock.now()));
		});
	}

	return {
		look() {
			const now = new Set(post.near().linked);
			for (const device of now) if (!linked.has(device)) gossip.up(device);
			for (const device of linked) if (!now.has(device)) gossip.down(device);
			linked = now;
		},
		admit(from, packets) {
			const size = packets.reduce((sum, packet) => sum + encodePacket(packet).length, 0);
			// What was asked for comes in large pieces: only what is pushed one by one is gossip.
			const [packet] = packets;
			if (packet === undefined || packets.length > 1 || !linked.has(from)) return packets;
			if (!gossip.admits(from, size, clock.now())) return [];
			const id = toHex(entryId(crypto, packet.header));
			if (!atHand.has(id)) {
				sources.set(id, from);
				trim(sources, MAX_SOURCES);
				return packets;
			}
			const how = { isFirstHand: authors.get(id) === from, covered: () => false, now: clock.now() };
			perform(gossip.received(from, id, 'known', how));
			return packets;
		},
		onKept(entries) {
			for (const { id, header, packet } of entries) {
				const key = toHex(id);
				const author = toHex(header.device);
				if (atHand.has(key) || clock.now() - header.time.ms > NEWS) {
					gossip.seen(key);
					sources.delete(key);
					continue;
				}
				atHand.set(key, packet);
				authors.set(key, author);
				trim(atHand, MAX_AT_HAND);
				trim(authors, MAX_AT_HAND);
				const from = sources.get(key) ?? author;
				sources.delete(key);
				// One's own goes to everybody by the outbox.
				if (author === own) gossip.publish(key);
				else {
					const covered = coveredBy(author);
					const how = { isFirstHand: from === author, covered, now: clock.now() };
					perform(gossip.received(from, key, 'valid', how));
				}
			}
		},
		onNews(from, { have, want, prune }) {
			const now = clock.now();
			if (prune) gossip.onPrune(from);
			perform([
				...gossip.onHave(from, have.map(toHex), now),
				...gossip.onWant(from, want.map(toHex), now),
			]);
		},
		stop() {
			stopped = true;
			cancelTick?.();
		},
	};
}
