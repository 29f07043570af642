// Carries a space's messages between its devices by whatever stands: a direct link, or a push through a relay where the
// device is connected; and leaves sealed copies in mailboxes for devices that are away. [DV3] [DV4] [DV5]
import { lateEnvelopeKey } from '#lib/crypto/epoch.ts';
import { deleteHash } from '#lib/crypto/hash.ts';
import { mailboxId } from '#lib/mailbox/proofs.ts';
import { openBlock, sealBlock } from '#lib/crypto/seal.ts';
import { decodeEnvelope, encodeEnvelope, type SpaceMessage } from '#lib/protocol/space-message.ts';
import { DAY, EPOCHS_READ, LATE_ENVELOPE } from '#lib/protocol/limits.ts';
import { MAX_PRESENCE } from '#lib/protocol/mailbox.ts';
import { partName } from '#lib/protocol/part.ts';
import type { EpochState } from '#lib/crdt/authority-state.ts';
import { fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { fraction, type Ports, type Self } from '../ports.ts';
import type { Space } from '../space/space-face.ts';
import { attachMailbox, type Attachment, type MailboxSpec } from './attachment.ts';
import { createWhereabouts, type EpochPost, type Place, type PostKeys } from './whereabouts.ts';
import type { Links } from './links.ts';
import type { RelayPool } from './relay-pool.ts';
import { forBlocks, forLinks } from './splitting.ts';
import type { PostEvents, Stored, Post } from './post-face.ts';

/** Relays that a stored copy goes to. */
const COPIES = 2;

const NOTHING_STORED: Stored = { copies: [], devices: [] };

export function createPost(
	ports: Ports,
	self: Self,
	space: Space,
	pool: RelayPool,
	links: Pick<Links, 'carries' | 'send'>,
	events: PostEvents,
): Post {
	const { clock, crypto, random } = ports;
	const own = self.device.publicKey;
	const ownKey = toHex(own);
	const posts = new Map<string, EpochPost>();
	let current: EpochPost | undefined;
	let stopped = false;
	let updating: Promise<void> = Promise.resolve();

	const isLarge = (): boolean =>
		current !== undefined && [...current.state.tokenHashes.values()].flat().length > MAX_PRESENCE;
	const where = createWhereabouts(clock, space, posts, isLarge, () => current);

	const specOf = (post: EpochPost): MailboxSpec => ({
		mailbox: mailboxId(crypto, post.state.content.writeKey, post.state.content.ownerKey),
		writeKey: post.writeKey,
		ownerKey: post.state.content.ownerKey,
		tokenHashes: [...post.state.tokenHashes.values()].flat(),
		ttl: post.state.content.ttl,
		tokens: space.ring.get(post.state.id)?.tokens ?? [],
	});

	async function onBlock(
		post: EpochPost,
		relay: string,
		block: Bytes,
		isStored: boolean,
	): Promise<boolean> {
		const { envelopeKey, lateKey } = post.keys;
		const early = envelopeKey === null ? undefined : openBlock(crypto, envelopeKey, block);
		const content = early ?? openBlock(crypto, lateKey, block);
		const envelope = content && decodeEnvelope(content);
		// What can't be opened now can't be opened later either: it is dealt with.
		if (envelope?.ok !== true) return true;
		const { from, to } = envelope.value;
		if (toHex(from) === ownKey || (to !== null && toHex(to) !== ownKey)) return true;
		if (!isStored) where.notice(post, relay, toHex(from));
		return events.onEnvelope(envelope.value, isStored);
	}

	function attach(post: EpochPost): void {
		for (const address of post.state.content.relays) {
			pool.add(address, 'space');
			const relay = toHex(address.key);
			const known = post.attachments.get(relay);
			if (known !== undefined) {
				known.update(specOf(post));
				continue;
			}
			post.attachments.set(
				relay,
				attachMailbox(ports, pool, relay, specOf(post), {
					onBlock: (block, _packet, isStored) => onBlock(post, relay, block, isStored),
					isHeld: events.isHeld,
					onReady: events.onRelayReady,
					onPresence() {
						where.meet();
						events.onPresence();
					},
				}),
			);
		}
	}

	/**
	 * Nothing is put into an epoch's mailbox once the next is known, and nothing stays for longer than its time to live. But
	 * whoever was away for long comes back to the last one it knows, and is met there.
	 */
	function mayHoldSomething(epochs: readonly EpochState[]): EpochState[] {
		const { devices } = space.ledger.authority;
		return epochs.filter((epoch, n) => {
			const next = epochs[n + 1];
			const isOver =
				next !== undefined && next.time.ms + epoch.content.ttl * 1000 <= clock.now() - DAY;
			return (
				!isOver ||
				[...epoch.tokenHashes.keys()].some(
					(device) =>
						device !== ownKey &&
						devices.get(device)?.active === true &&
						where.metIn(device) <= epoch.time.ms,
				)
			);
		});
	}

	function keysOf(epoch: Bytes): PostKeys | null {
		const { grant = null, ended = null } = space.ring.get(epoch) ?? {};
		if (grant !== null) {
			const { envelopeKey, writeSeed, ownerSeed } = grant;
			const lateKey = lateEnvelopeKey(crypto, envelopeKey);
			return { envelopeKey, lateKey, writeSeed, ownerSeed };
		}
		if (ended === null || ended.meeting === null) return null;
		const { envelopeKey: lateKey, writeSeed } = ended.meeting;
		return { envelopeKey: null, lateKey, writeSeed, ownerSeed: null };
	}

	async function update(): Promise<void> {
		const { authority } = space.ledger;
		where.meet();
		const wanted = mayHoldSomething(authority.epochs).slice(-EPOCHS_READ);
		if (authority.epoch !== null && !wanted.includes(authority.epoch)) wanted.push(authority.epoch);
		const keep = new Set<string>();
		for (const state of wanted) {
			const keys = keysOf(state.id);
			if (keys === null) continue;
			const key = toHex(state.id);
			keep.add(key);
			let post = posts.get(key);
			if (post === undefined) {
				const writeKey = await crypto.signingKey(keys.writeSeed);
				post = { keys, writeKey, state, attachments: new Map() };
				posts.set(key, post);
			}
			post.state = state;
			post.keys = keys;
			if (!stopped) attach(post);
		}
		for (const [key, post] of posts) {
			if (keep.has(key)) continue;
			for (const attachment of post.attachments.values()) attachment.detach();
			posts.delete(key);
		}
		current = authority.epoch === null ? undefined : posts.get(toHex(authority.epoch.id));
	}

	const envelopeFor = (device: string | null, message: SpaceMessage): Bytes =>
		encodeEnvelope({ from: own, to: device === null ? null : (fromHex(device) ?? null), message });

	function block({ keys, state }: EpochPost, envelope: Bytes): Bytes | undefined {
		const isLate = clock.now() - state.time.ms > LATE_ENVELOPE;
		const key = isLate ? keys.lateKey : (keys.envelopeKey ?? keys.lateKey);
		return sealBlock(crypto, random, key, envelope);
	}

	function route(device: string): 'direct' | 'relay' | null {
		if (links.carries(device, space.key)) return 'direct';
		return where.place(device) === null ? null : 'relay';
	}

	function sendByLink(device: string, message: SpaceMessage): void {
		for (const part of forLinks(crypto, message)) {
			links.send(device, space.key, envelopeFor(device, part));
		}
	}

	function send(device: string, message: SpaceMessage): boolean {
		if (links.carries(device, space.key)) {
			sendByLink(device, message);
			return true;
		}
		return sendByRelay(device, message);
	}

	function sendByRelay(device: string, message: SpaceMessage, tokens = where.tokensOf): boolean {
		const found = where.place(device, tokens);
		if (found !== null) pushTo(found, device, message);
		return found !== null;
	}

	function pushTo({ post, attachment, to }: Place, device: string, message: SpaceMessage): void {
		for (const part of forBlocks(crypto, message)) {
			const sealed = block(post, envelopeFor(device, part));
			if (sealed !== undefined) void attachment.push(to, sealed);
		}
	}

	/** To wherever the device may be connected. */
	function sendUnseen(device: string, message: SpaceMessage): boolean {
		if (current === undefined || !isLarge()) return false;
		const post = current;
		const to = where.tokensOf(post, device);
		const ready = [...post.attachments.values()].filter((attachment) => attachment.ready());
		if (to.length === 0 || ready.length === 0) return false;
		for (const part of forBlocks(crypto, message)) {
			const sealed = block(post, envelopeFor(device, part));
			if (sealed === undefined) continue;
			for (const attachment of ready) void attachment.push(to, sealed);
		}
		return true;
	}

	return {
		update() {
			updating = updating.then(update);
			return updating;
		},
		route,
		via: (device) => where.place(device)?.attachment.relay ?? null,
		send,
		attempt: (device, message) => send(device, message) || sendUnseen(device, message),
		isLarge,
		sendAll(message) {
			const devices = [...space.ledger.authority.devices.values()].filter((each) => each.active);
			// Those on one relay are told by one push; those with a link, over it.
			const pushes = new Map<Attachment, { post: EpochPost; to: Bytes[] }>();
			for (const { device } of devices) {
				const key = toHex(device);
				if (key === ownKey) continue;
				if (links.carries(key, space.key)) {
					send(key, message);
					continue;
				}
				const found = where.place(key);
				if (found === null) continue;
				const group = pushes.get(found.attachment) ?? { post: found.post, to: [] };
				group.to.push(...found.to);
				pushes.set(found.attachment, group);
			}
			for (const [attachment, { post, to }] of pushes) {
				for (const part of forBlocks(crypto, message)) {
					const sealed = block(post, envelopeFor(null, part));
					if (sealed !== undefined) void attachment.push(to, sealed);
				}
			}
		},
		async store(devices, { packet, preimage, notIn, only, until }, message) {
			const avoided = notIn === null ? undefined : posts.get(toHex(notIn));
			const usual =
				avoided === current ? [...posts.values()].findLast((p) => p !== avoided) : current;
			const post = only === undefined ? usual : posts.get(toHex(only));
			if (post === undefined) return NOTHING_STORED;
			const tokens = only === undefined ? where.tokensOf : where.tokensGiven;
			const reached = devices.filter((device) => tokens(post, device).length > 0);
			const to = reached.flatMap((device) => tokens(post, device));
			if (to.length === 0) return NOTHING_STORED;
			const blocks = forBlocks(crypto, message).flatMap(
				(piece) => block(post, envelopeFor(null, piece)) ?? [],
			);
			const ready = [...post.attachments.values()].filter((attachment) => attachment.ready());
			const lasting = ready.filter(({ relay }) => !pool.isDraining(relay));
			const drawn = draw(lasting, COPIES, () => fraction(random));
			const hash = deleteHash(crypto, preimage);
			const ttl =
				until === undefined ? Infinity : Math.max(1, Math.floor((until - clock.now()) / 1000));
			const stored = await Promise.all(
				drawn.map((attachment) =>
					Promise.all(
						blocks.map((sealed, index) =>
							attachment.put(partName(crypto, packet, index), hash, to, sealed, ttl),
						),
					),
				),
			);
			const copies = stored.flatMap((results) => {
				const [first] = results;
				return first?.ok === true && results.every((result) => result.ok) ? [first.value] : [];
			});
			return copies.length === 0 ? NOTHING_STORED : { copies, devices: reached };
		},
		remove(packet, preimage) {
			for (const post of posts.values()) {
				for (const attachment of post.attachments.values()) {
					if (attachment.ready()) void attachment.remove(packet, preimage);
				}
			}
		},
		purge(packets, again) {
			for (const { keys, attachments } of posts.values()) {
				if (keys.ownerSeed === null) continue;
				const ready = [...attachments.values()].filter((attachment) => attachment.ready());
				void crypto.signingKey(keys.ownerSeed).then((ownerKey) => {
					for (const attachment of ready) {
						for (const packet of packets) void attachment.purge(packet, ownerKey, again);
					}
				});
			}
		},
		tell(device, message, onlyByLink = false) {
			sendByLink(device, message);
			if (onlyByLink || sendByRelay(device, message, where.tokensGiven)) return;
			for (const place of where.unseen(device)) pushTo(place, device, message);
		},
		async close(epoch, ownerKey) {
			const attachments = posts.get(toHex(epoch))?.attachments.values() ?? [];
			const up = [...attachments].filter((each) => each.ready() && !each.closed());
			await Promise.all(up.map((each) => each.close(ownerKey)));
		},
		isClosed(epoch) {
			const post = posts.get(toHex(epoch));
			return post === undefined || [...post.attachments.values()].every((each) => each.closed());
		},
		hasRelay: () =>
			current !== undefined && [...current.attachments.values()].some((each) => each.ready()),
		isDrained() {
			const all = [...posts.values()].flatMap(({ attachments }) => [...attachments.values()]);
			const up = all.filter((each) => each.ready());
			return (all.length === 0 || up.length > 0) && up.every((each) => each.drained());
		},
		stop() {
			stopped = true;
			for (const post of posts.values()) {
				for (const attachment of post.attachments.values()) attachment.detach();
			}
			posts.clear();
		},
	};
}

/** `count` of the items, drawn at random. */
function draw<T>(items: readonly T[], count: number, next: () => number): T[] {
	const left = [...items];
	const drawn: T[] = [];
	while (drawn.length < count && left.length > 0) {
		drawn.push(...left.splice(Math.floor(next() * left.length), 1));
	}
	return drawn;
}
