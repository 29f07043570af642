// Very many nodes that run the mesh's pure machines (link choice, gossip) over a simulated network: no ledger, no keys, so
// that a thousand of them fit a test. Sizes are those of padded frames on links.
import { createGossip, type Gossip, type GossipEffect } from '#lib/mesh/gossip.ts';
import { chooseLinks, isWelcome, MOST, surplus, type Candidate } from '#lib/mesh/link-choice.ts';
import { BUCKETS, MAX_BLOCK } from '#lib/protocol/limits.ts';
import { createSeededRandom, type SeededRandom } from '#lib/simulation/random.ts';

/** silent: takes everything and hands on nothing. */
export type Manner = 'honest' | 'silent';

export interface MeshNode {
	readonly key: string;
	readonly gossip: Gossip;
	readonly links: Set<string>;
	readonly manner: Manner;
	/** First arrivals: message → hops, and when. */
	readonly got: Map<string, { readonly hops: number; readonly at: number }>;
	/** Sent and received: as padded frames, and without padding. */
	bytes: number;
	bare: number;
	running: boolean;
}

export interface MeshWorld {
	readonly nodes: readonly MeshNode[];
	readonly random: SeededRandom;
	now(): number;
	/** Lets everybody choose and make links until nothing changes; the number of rounds. */
	link(): number;
	stop(node: MeshNode): void;
	/** A message of so many bytes. */
	publish(author: MeshNode, size?: number): string;
	/** Something that is no good, from one neighbour to another. */
	spam(from: MeshNode, to: string, size?: number): void;
	run(ms: number): void;
	connected(): boolean;
}

const padded = (size: number): number =>
	[...BUCKETS].find((bucket) => bucket >= size + 4) ??
	Math.ceil((size + 4) / MAX_BLOCK) * MAX_BLOCK;
/** Envelope, tag and frame around what is said, and the link's own cryptography. */
const AROUND = 120;
const ID = 34;

interface Event {
	readonly at: number;
	readonly order: number;
	readonly work: () => void;
}

export function createMeshWorld(
	count: number,
	seed: number,
	mannerOf: (index: number) => Manner = () => 'honest',
): MeshWorld {
	const random = createSeededRandom(seed);
	const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
	const nodes = Array.from({ length: count }, (_, index): MeshNode => ({
		key: hex(random.bytes(32)),
		gossip: createGossip(),
		links: new Set(),
		manner: mannerOf(index),
		got: new Map(),
		bytes: 0,
		bare: 0,
		running: true,
	}));
	const byKey = new Map(nodes.map((node) => [node.key, node]));
	const authors = new Map<string, { readonly author: MeshNode; readonly size: number }>();
	const waiting: Event[] = [];
	let now = 0;
	let order = 0;
	let messages = 0;

	const before = (a: Event, b: Event): boolean =>
		a.at < b.at || (a.at === b.at && a.order < b.order);
	const at = (index: number): Event => waiting[index] as Event;
	function later(ms: number, work: () => void): void {
		waiting.push({ at: now + ms, order: order++, work });
		for (let child = waiting.length - 1; child > 0;) {
			const parent = (child - 1) >> 1;
			if (!before(at(child), at(parent))) break;
			[waiting[child], waiting[parent]] = [at(parent), at(child)];
			child = parent;
		}
	}
	function next(): Event {
		const first = at(0);
		const last = waiting.pop() as Event;
		if (waiting.length > 0) {
			waiting[0] = last;
			for (let parent = 0; ;) {
				let least = parent;
				for (const child of [2 * parent + 1, 2 * parent + 2]) {
					if (child < waiting.length && before(at(child), at(least))) least = child;
				}
				if (least === parent) break;
				[waiting[parent], waiting[least]] = [at(least), at(parent)];
				parent = least;
			}
		}
		return first;
	}

	const placeOf = new Map(nodes.map(({ key }, index) => [key, index]));
	/** Random, and the same for both. */
	function rankOf(a: string, b: string): string {
		const [i, j] = [placeOf.get(a) ?? 0, placeOf.get(b) ?? 0];
		let mixed =
			Math.imul(Math.min(i, j) + 1, 0x9e3779b9) ^ Math.imul(Math.max(i, j) + 1, 0x85ebca6b) ^ seed;
		for (const prime of [0x21f0aaad, 0x735a2d97]) {
			mixed = Math.imul(mixed ^ (mixed >>> 15), prime);
		}
		return ((mixed ^ (mixed >>> 15)) >>> 0).toString(16).padStart(8, '0');
	}

	const candidatesOf = (node: MeshNode): Candidate[] =>
		nodes
			.filter((other) => other !== node && other.running)
			.map(({ key }) => ({
				device: key,
				person: key,
				rank: rankOf(node.key, key),
				linked: node.links.has(key),
				failures: 0,
			}));

	function join(a: MeshNode, b: MeshNode): void {
		a.links.add(b.key);
		b.links.add(a.key);
		a.gossip.up(b.key);
		b.gossip.up(a.key);
	}
	function part(a: MeshNode, b: MeshNode): void {
		a.links.delete(b.key);
		b.links.delete(a.key);
		a.gossip.down(b.key);
		b.gossip.down(a.key);
	}

	function link(): number {
		for (let round = 1; ; round++) {
			let changes = 0;
			const choices = new Map(
				nodes
					.filter(({ running }) => running)
					.map((node) => [node, chooseLinks(node.key, candidatesOf(node))] as const),
			);
			for (const [node, choice] of choices) {
				for (const key of choice.wanted) {
					const other = byKey.get(key) as MeshNode;
					const theirs = choices.get(other);
					if (node.links.has(key) || theirs === undefined) continue;
					if (node.links.size >= MOST || !isWelcome(theirs, node.key, other.links.size)) continue;
					join(node, other);
					changes++;
				}
			}
			for (const [node, choice] of choices) {
				if (node.links.size <= MOST) continue;
				for (const key of surplus(choice, candidatesOf(node))) {
					part(node, byKey.get(key) as MeshNode);
					changes++;
				}
			}
			if (changes === 0 || round === 10) return round;
		}
	}

	const sizeOf = (effect: GossipEffect): number => {
		if (effect.type === 'push') return (authors.get(effect.id)?.size ?? 0) + AROUND;
		return (effect.type === 'prune' ? 0 : effect.ids.length * ID) + AROUND;
	};

	const ticking = new Set<MeshNode>();
	function perform(node: MeshNode, effects: readonly GossipEffect[]): void {
		for (const effect of effects) {
			const other = byKey.get(effect.to);
			if (other === undefined || !node.links.has(effect.to)) continue;
			const bare = sizeOf(effect);
			const size = padded(bare);
			node.bytes += size;
			node.bare += bare;
			later(5 + random.below(40), () => {
				if (!other.running || !other.links.has(node.key)) return;
				other.bytes += size;
				other.bare += bare;
				take(other, node, effect, size);
			});
		}
		schedule(node);
	}

	function schedule(node: MeshNode): void {
		const due = node.gossip.dueAt();
		if (due === null || ticking.has(node)) return;
		ticking.add(node);
		later(Math.max(0, due - now), () => {
			ticking.delete(node);
			if (node.running) perform(node, node.gossip.tick(now));
		});
	}

	function take(node: MeshNode, from: MeshNode, effect: GossipEffect, size: number): void {
		if (effect.type === 'have') perform(node, node.gossip.onHave(from.key, effect.ids, now));
		else if (effect.type === 'want') perform(node, node.gossip.onWant(from.key, effect.ids, now));
		else if (effect.type === 'prune') node.gossip.onPrune(from.key);
		else takePush(node, from, effect.id, size);
	}

	function takePush(node: MeshNode, from: MeshNode, id: string, size: number): void {
		if (!node.gossip.admits(from.key, size, now)) return;
		const message = authors.get(id);
		const verdict = message === undefined ? 'invalid' : node.got.has(id) ? 'known' : 'valid';
		if (verdict === 'valid') {
			node.got.set(id, { hops: (from.got.get(id)?.hops ?? 0) + 1, at: now });
		}
		if (node.manner === 'silent') return;
		const how = {
			isFirstHand: message?.author === from,
			covered: (peer: string) => message?.author.links.has(peer) === true,
			now,
		};
		perform(node, node.gossip.received(from.key, id, verdict, how));
	}

	return {
		nodes,
		random,
		now: () => now,
		link,
		stop(node) {
			node.running = false;
			for (const key of [...node.links]) part(node, byKey.get(key) as MeshNode);
		},
		publish(author, size = 600) {
			const id = `message ${messages++}`;
			authors.set(id, { author, size });
			author.got.set(id, { hops: 0, at: now });
			perform(author, author.gossip.publish(id));
			return id;
		},
		spam(from, to, size = 600) {
			const bytes = padded(size + AROUND);
			const other = byKey.get(to) as MeshNode;
			later(5 + random.below(40), () => {
				if (other.running) takePush(other, from, `spam ${messages++}`, bytes);
			});
		},
		run(ms) {
			const end = now + ms;
			while (waiting.length > 0 && at(0).at <= end) {
				const event = next();
				now = Math.max(now, event.at);
				event.work();
			}
			now = end;
		},
		connected() {
			const there = nodes.filter(({ running }) => running);
			const reached = new Set<string>();
			const edge = there.slice(0, 1).map(({ key }) => key);
			for (let key = edge.pop(); key !== undefined; key = edge.pop()) {
				if (reached.has(key)) continue;
				reached.add(key);
				edge.push(...(byKey.get(key)?.links ?? []));
			}
			return reached.size === there.length;
		},
	};
}
