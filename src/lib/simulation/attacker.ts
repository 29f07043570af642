// A member that has turned: its identity, keys and store without its node. It is linked and attached like everybody, says
// and writes what it likes, and answers as it likes.
import { createLinks, type Links } from '#lib/messenger/delivery/links.ts';
import { createSignals } from '#lib/messenger/delivery/signals.ts';
import { createPost } from '#lib/messenger/delivery/post.ts';
import type { Post } from '#lib/messenger/delivery/post-face.ts';
import { createRelayPool, type RelayPool } from '#lib/messenger/delivery/relay-pool.ts';
import type { Ports, Self } from '#lib/messenger/ports.ts';
import { createSelvesInSpaces } from '#lib/messenger/self-in-space.ts';
import { composeEntry, type EntryPlace } from '#lib/messenger/space/composing.ts';
import { openSpace } from '#lib/messenger/space/space.ts';
import type { Space } from '#lib/messenger/space/space-face.ts';
import { entryId, signedContent, type Entry } from '#lib/crdt/check-entry.ts';
import { controlBetween } from '#lib/crdt/sync.ts';
import type { DirectLink } from '#lib/ports/direct-dialer.ts';
import type { Content } from '#lib/protocol/content.ts';
import {
	encodeHeader,
	isControl,
	type Header,
	type Packet,
	type Time,
} from '#lib/protocol/entry.ts';
import { label } from '#lib/protocol/labels.ts';
import { decodeEnvelope, type Envelope, type SpaceMessage } from '#lib/protocol/space-message.ts';
import { stateContent, type State } from '#lib/protocol/space-state.ts';
import { createSeededRandom, type SeededRandom } from './random.ts';
import type { SimulatedNode } from './simulation.ts';
import { concat, equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';

/** How it answers who asks: as everybody, not at all, or with headers alone. */
export type Manner = 'serves' | 'withholds' | 'strips';

export interface Attacker {
	readonly node: SimulatedNode;
	readonly self: Self;
	readonly space: Space;
	readonly pool: RelayPool;
	readonly post: Post;
	readonly random: SeededRandom;
	manner: Manner;
	/** Feed heads that it claims in its statements beyond its own. */
	readonly claims: State['feeds'][number][];
	/** What others have told it, the latest last. */
	readonly heard: readonly SpaceMessage[];
	/** Devices (hex) of the other members. */
	others(): string[];
	/** The next entry of its own feed, as it would be written by the rules but for what is said. Not yet told to anybody. */
	compose(content: Content, changes?: Partial<EntryPlace>): Promise<Entry>;
	/** Composes, and goes on after it: the next entry follows this one. */
	write(content: Content, changes?: Partial<EntryPlace>): Promise<Entry>;
	/** Another header over the same body, signed by its own device. */
	resign(entry: Entry, changes: Partial<Header>): Promise<Entry>;
	/** Tells these devices, and leaves copies for those that are away. */
	tell(packets: readonly Packet[], devices?: readonly string[]): Promise<void>;
	/** Packets (hex) that it left on relays. */
	readonly left: ReadonlySet<string>;
	/** Bytes as they are, on every direct link that stands. */
	raw(frame: Bytes): void;
	stop(): void;
}

const HEARD = 200;
const EMPTY = new Uint8Array(0);

/** Takes over from a node that has ended; null when it had not been let in. */
export async function createAttacker(
	node: SimulatedNode,
	spaceId: Bytes,
	seed: number,
): Promise<Attacker | null> {
	const standing = new Set<DirectLink>();
	const left = new Set<string>();
	const ports = overhearing(node.ports(), standing);
	const self = await createSelvesInSpaces(ports, node.self).in(spaceId);
	const { clock, crypto } = ports;
	const random = createSeededRandom(seed);
	const space = unwrap(await openSpace(ports, self, spaceId));
	const own = toHex(self.device.publicKey);
	if (space.ledger.authority.devices.get(own) === undefined) return null;
	const pool = createRelayPool(ports);
	const heard: SpaceMessage[] = [];
	let tip = tipOf(space, self.device.publicKey);
	let stopped = false;

	const links: Links = createLinks(ports, self, {
		signal: (...said) => signals.send(...said),
		takesDirect: () => true,
		wants: () => true,
		welcomes: () => true,
		serveFile: () => Promise.resolve(undefined),
		spaces: () => [
			{
				key: space.key,
				spaceKey: space.ledger.authority.genesis?.spaceKey ?? new Uint8Array(32),
				has: (device) => space.ledger.authority.devices.has(device),
			},
		],
		stun: () => [],
		onMember: (device) => void state(device, true),
		onEnvelope: (device, _space, bytes) => {
			const envelope = decodeEnvelope(bytes);
			if (envelope.ok && toHex(envelope.value.from) === device) void onEnvelope(envelope.value);
		},
		onLost: () => undefined,
		onChange: () => undefined,
	});
	const post: Post = createPost(ports, self, space, pool, links, {
		onEnvelope,
		isHeld: () => false,
		onRelayReady: () => undefined,
		onPresence: () => {
			for (const device of others()) if (post.route(device) !== null) links.reachable(device, true);
		},
	});
	const signals = createSignals(ports, self, space, post, links);
	space.onChange = ({ control }) => {
		if (control && !stopped)
			void post.update().then(() => {
				links.greet();
			});
	};

	const others = (): string[] =>
		[...space.ledger.authority.devices.values()]
			.filter(({ active, device }) => active && !equal(device, self.device.publicKey))
			.map(({ device }) => toHex(device));

	async function state(device: string, wantsReply: boolean): Promise<void> {
		const feeds = [...space.ledger.feeds.values()]
			.map((feed) => space.ledger.headOf(feed))
			.filter(({ seq }) => seq >= 0);
		const claimed = new Set(attacker.claims.map(({ feed }) => toHex(feed)));
		const content = {
			space: space.id,
			device: self.device.publicKey,
			full: true,
			wantsReply,
			controlHeads: space.ledger.authorityHeads(),
			feeds: [...feeds.filter(({ feed }) => !claimed.has(toHex(feed))), ...attacker.claims].slice(
				0,
				200,
			),
			time: Math.max(0, Math.floor(clock.now())),
			prekeys: space.prekeys.digest(),
		};
		const signature = await self.device.sign(concat(label('state'), stateContent(content)));
		if (!stopped) post.send(device, { type: 'state', state: { ...content, signature } });
	}

	async function onEnvelope({ from, message }: Envelope): Promise<boolean> {
		if (stopped) return false;
		heard.push(message);
		if (heard.length > HEARD) heard.shift();
		const device = toHex(from);
		switch (message.type) {
			case 'entries':
				await space.receive(message.packets);
				break;
			case 'state':
				if (message.state.wantsReply) await state(device, false);
				break;
			case 'pull':
				if (attacker.manner !== 'withholds') await serve(device, message);
				break;
			case 'signal':
				await signals.take(message.signal);
				break;
			default:
		}
		return true;
	}

	async function serve(
		device: string,
		{ control, have, ranges }: Extract<SpaceMessage, { type: 'pull' }>,
	): Promise<void> {
		const packets = controlBetween(space.ledger, control, have).flatMap(
			(id) => space.ledger.control.get(toHex(id))?.entry.packet ?? [],
		);
		for (const { feed, from, to } of ranges) {
			packets.push(...(await space.kept.packets(feed, from, to, 256)));
		}
		const strips = attacker.manner === 'strips';
		const served = strips ? packets.map((each) => stripped(each, random)) : packets;
		if (served.length > 0 && !stopped) post.send(device, { type: 'entries', packets: served });
	}

	function sealingFor(content: Content): Parameters<typeof composeEntry>[2] {
		const epochs = space.ledger.authority.epochs.map(({ id }) => id).reverse();
		const current = space.ledger.authority.epoch?.id;
		const epoch = [...(current ? [current] : []), ...epochs].find((id) => space.ring.get(id));
		const devices = [...space.ledger.authority.devices.values()].filter(
			({ active, device }) => active && toHex(device) !== own,
		);
		return {
			epoch: epoch ?? new Uint8Array(16),
			controlKey: (epoch && space.ring.get(epoch)?.controlKey) ?? new Uint8Array(32),
			recipients: isControl(content.kind)
				? []
				: devices.map(({ member }) => ({ publicKey: member.prekey.publicKey, secret: null })),
		};
	}

	const attacker: Attacker = {
		node,
		self,
		space,
		pool,
		post,
		random,
		manner: random.pick(['serves', 'withholds']),
		claims: [],
		heard,
		left,
		others,
		async compose(content, changes = {}) {
			const next = space.ledger.next(self.device.publicKey, clock.now());
			const { authorityHeads, feedHeads } = next;
			const after = Math.max(tip.time.ms, next.after.ms) + 1;
			return composeEntry(
				{ crypto, random, device: self.device },
				{
					space: space.id,
					author: self.rootHash,
					seq: tip.seq + 1,
					prev: tip.id,
					time: { ms: Math.max(Math.floor(clock.now()), after), counter: 0 },
					authorityHeads,
					feedHeads,
					...changes,
				},
				sealingFor(content),
				content,
			);
		},
		async write(content, changes) {
			const entry = await attacker.compose(content, changes);
			tip = { seq: entry.header.seq, id: entry.id, time: entry.header.time };
			await space.receive([entry.packet]);
			return entry;
		},
		async resign(entry, changes) {
			const header = { ...entry.header, ...changes };
			const encoded = encodeHeader(header);
			const signature = await self.device.sign(signedContent(encoded));
			const id = entryId(crypto, encoded);
			const packet = { ...entry.packet, header: encoded, signature };
			return { id, key: toHex(id), header, packet };
		},
		async tell(packets, devices = others()) {
			const away: string[] = [];
			for (const device of devices) {
				if (!post.send(device, { type: 'entries', packets })) away.push(device);
			}
			if (away.length === 0 || packets.length > 4) return;
			const copy = { packet: random.bytes(32), preimage: random.bytes(32), notIn: null };
			left.add(toHex(copy.packet));
			await post.store(away, copy, { type: 'entries', packets });
		},
		raw(frame) {
			for (const link of standing) link.send(frame);
		},
		stop() {
			stopped = true;
			post.stop();
			links.stop();
			pool.stop();
		},
	};
	await post.update();
	return attacker;
}

interface Tip {
	readonly seq: number;
	readonly id: Bytes;
	readonly time: Time;
}

function tipOf({ ledger }: Space, device: Bytes): Tip {
	const feed = ledger.feeds.get(toHex(device));
	if (feed === undefined) return { seq: -1, id: EMPTY, time: { ms: 0, counter: 0 } };
	return { seq: feed.seq, id: feed.head, time: feed.time };
}

/** The same entry with less to it: without body, without boxes, or without either. */
export function stripped(packet: Packet, random: SeededRandom): Packet {
	const what = random.below(3);
	return {
		...packet,
		body: what === 1 ? packet.body : null,
		wraps: what === 0 ? packet.wraps : null,
	};
}

/** The same ports; direct links that stand are kept at hand. */
function overhearing(ports: Ports, standing: Set<DirectLink>): Ports {
	const keep = <T extends { ok: boolean }>(opened: T): T => {
		if (opened.ok && 'value' in opened) standing.add(opened.value as DirectLink);
		return opened;
	};
	return {
		...ports,
		async directDialer() {
			const dialer = await ports.directDialer();
			return {
				available: dialer.available,
				bulk: dialer.bulk,
				probe: dialer.probe,
				async offer(options) {
					const made = await dialer.offer(options);
					if (!made.ok) return made;
					const { value } = made;
					return {
						ok: true,
						value: { ...value, accept: async (answer) => keep(await value.accept(answer)) },
					};
				},
				async answer(offer, options) {
					const made = await dialer.answer(offer, options);
					if (!made.ok) return made;
					return { ok: true, value: { ...made.value, link: made.value.link.then(keep) } };
				},
			};
		},
	};
}
