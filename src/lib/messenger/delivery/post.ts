// Carries a space's messages between its devices by whatever stands: a direct link, or a push through a relay where the
// device is connected; and leaves sealed copies in mailboxes for devices that are away. [DV3] [DV4] [DV5]
import { lateEnvelopeKey } from '#lib/crypto/epoch.ts';
import { deleteHash } from '#lib/crypto/hash.ts';
import { mailboxId } from '#lib/mailbox/proofs.ts';
import { openBlock, sealBlock } from '#lib/crypto/seal.ts';
import {
	decodeEnvelope,
	encodeEnvelope,
	MAX_HOPS,
	type Envelope,
	type SpaceMessage,
} from '#lib/protocol/space-message.ts';
import { DAY, EPOCHS_READ, LATE_ENVELOPE } from '#lib/protocol/limits.ts';
import { MAX_PRESENCE } from '#lib/protocol/mailbox.ts';
import { partName } from '#lib/protocol/part.ts';
import type { EpochState } from '#lib/crdt/authority-state.ts';
import { fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { fraction, type Ports, type Self } from '../ports.ts';
import type { Space } from '../space/space-face.ts';
import { attachMailbox, type Attachment, type MailboxSpec } from './attachment.ts';
import { draw } from './drawing.ts';
import { mayBeCarried } from './carrying.ts';
import { createWhereabouts, type EpochPost, type Place, type PostKeys } from './whereabouts.ts';
import type { Links } from './links.ts';
import type { RelayPool } from './relay-pool.ts';
import { forBlocks, forLinks } from './splitting.ts';
import type { Near, PostEvents, Stored, Post } from './post-face.ts';

/** Relays that a stored copy goes to. */
const COPIES = 2;

const NOTHING_STORED: Stored = { copies: [], devices: [] };

const readyOf = (post: Pick<EpochPost, 'attachments'> | undefined): Attachment[] =>
	[...(post?.attachments.values() ?? [])].filter((attachment) => attachment.ready());

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
		if (toHex(from) === ownKey) return true;
		if (to !== null && toHex(to) !== ownKey) {
			if (!isStored) events.onForOther?.(envelope.value, toHex(from), block.length);
			return true;
		}
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

	const addressed = (device: string | null, message: SpaceMessage, hops = 0): Envelope => ({
		from: own,
		to: device === null ? null : (fromHex(device) ?? null),
		hops,
		message,
	});
	const envelopeFor = (device: string | null, message: SpaceMessage): Bytes =>
		encodeEnvelope(addressed(device, message));

	function block({ keys, state }: EpochPost, envelope: Bytes): Bytes | undefined {
		const isLate = clock.now() - state.time.ms > LATE_ENVELOPE;
		const key = isLate ? keys.lateKey : (keys.envelopeKey ?? keys.lateKey);
		return sealBlock(crypto, random, key, envelope);
	}

	const via = (device: string): string | null => events.via?.(device) ?? null;

	function route(device: string): 'direct' | 'relay' | 'member' | null {
		if (links.carries(device, space.key)) return 'direct';
		if (where.place(device) !== null) return 'relay';
		return !isLarge() && via(device) !== null ? 'member' : null;
	}

	function near(): Near {
		const linked: string[] = [];
		const seen: string[] = [];
		for (const device of space.ledger.authority.active) {
			if (device === ownKey) continue;
			if (links.carries(device, space.key)) linked.push(device);
			else if (where.place(device) !== null) seen.push(device);
		}
		return { linked, seen };
	}

	function pass(device: string, envelope: Envelope): boolean {
		const encoded = encodeEnvelope(envelope);
		if (links.carries(device, space.key)) {
			links.send(device, space.key, encoded);
			return true;
		}
		const found = where.place(device);
		const sealed = found === null ? undefined : block(found.post, encoded);
		if (found === null || sealed === undefined) return false;
		void found.attachment.push(found.to, sealed);
		return true;
	}

	/** What is for all reaches it along links: members hand it on. */
	function isByLink(device: string): boolean {
		const carrier = via(device);
		return carrier !== null && links.carries(carrier, space.key);
	}

	function sendByMember(device: string, message: SpaceMessage): boolean {
		const carrier = via(device);
		if (carrier === null || !mayBeCarried(message)) return false;
		const parts = forBlocks(crypto, message);
		return parts.every((part) => pass(carrier, addressed(device, part, MAX_HOPS)));
	}

	function sendByLink(device: string, message: SpaceMessage): void {
		for (const part of forLinks(crypto, message)) {
			links.send(device, space.key, envelopeFor(device, part));
		}
	}

	function sendItself(device: string, message: SpaceMessage): boolean {
		if (links.carries(device, space.key)) {
			sendByLink(device, message);
			return true;
		}
		return sendByRelay(device, message);
	}

	const send = (device: string, message: SpaceMessage): boolean =>
		sendItself(device, message) || sendByMember(device, message);

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

	function sendUnseen(device: string, message: SpaceMessage): boolean {
		if (current === undefined || !isLarge()) return false;
		const post = current;
		const to = where.tokensOf(post, device);
		const ready = readyOf(post);
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
		near,
		relays: () => readyOf(current).map(({ relay }) => relay),
		pass,
		via: (device) => where.place(device)?.attachment.relay ?? null,
		send,
		attempt: (device, message) =>
			sendItself(device, message) || sendUnseen(device, message) || sendByMember(device, message),
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
				if (found === null && !isLarge() && !isByLink(key)) sendByMember(key, message);
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
			const ready = readyOf(post).filter(({ relay }) => !pool.isDraining(relay));
			const next = (): number => fraction(random);
			const drawn = draw(ready, COPIES, next, ({ relay }) => pool.isPreferred(relay));
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
				for (const attachment of readyOf(post)) void attachment.remove(packet, preimage);
			}
		},
		purge(packets, again) {
			for (const { keys, attachments } of posts.values()) {
				if (keys.ownerSeed === null) continue;
				const ready = readyOf({ attachments });
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
			const up = readyOf(posts.get(toHex(epoch))).filter((each) => !each.closed());
			await Promise.all(up.map((each) => each.close(ownerKey)));
		},
		isClosed(epoch) {
			const post = posts.get(toHex(epoch));
			return post === undefined || [...post.attachments.values()].every((each) => each.closed());
		},
		hasRelay: () => readyOf(current).length > 0,
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
