// A space at work: its ledger joined to delivery, sync, links and admission.
import { EPOCH_REASON, type Content, type EpochReason } from '#lib/protocol/content.ts';
import { decodePacket, KIND } from '#lib/protocol/entry.ts';
import { decodeEnvelope, type Envelope } from '#lib/protocol/space-message.ts';
import { isOverheard } from '#lib/crdt/epoch-choice.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import { equal, fromHex, toHex } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';
import { startReminding } from './delivery/reminding.ts';
import { createAssembling } from './delivery/assembling.ts';
import { createCutOff } from './delivery/cut-off.ts';
import { concernedBy } from './delivery/last-word.ts';
import { createHeldNames } from './delivery/held-names.ts';
import { createOutbox, type Outbox } from './delivery/outbox.ts';
import { createPost } from './delivery/post.ts';
import type { Links } from './delivery/links.ts';
import { createGossiping } from './delivery/gossiping.ts';
import { createReach, type SpaceReach } from './delivery/reach.ts';
import type { RelayPool } from './delivery/relay-pool.ts';
import { createLeftStatements } from './delivery/left-statements.ts';
import { createMissingContent } from './delivery/missing-content.ts';
import { createMissingKeys } from './delivery/missing-keys.ts';
import { createRelayPurge } from './delivery/relay-purge.ts';
import { createSealedCare } from './delivery/sealed-care.ts';
import { createSignals } from './delivery/signals.ts';
import { createTaking } from './delivery/taking.ts';
import { createSpaceSync, type SpaceSync } from './delivery/space-sync.ts';
import { createAdmission, type Admission } from './joining/admission.ts';
import { createEnrolling } from './joining/enrolling.ts';
import { createReturnWatch } from './joining/return-watch.ts';
import { owedGrants } from './joining/promoting.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import { startEndingEpochs } from './ended-epochs.ts';
import { createEpochTurns } from './epoch-turns.ts';
import { createExpiryWatch } from './expiry-watch.ts';
import { createSpaceFiles } from './files/space-files.ts';
import type { Ports, SelfInSpace } from './ports.ts';
import { createPrekeyCare } from './prekey-care.ts';
import { draftOf, isLarge, type WriteHow } from './space/drafting.ts';
import { newEpoch } from './space/epochs.ts';
import type { Space, SpaceChange, WriteError } from './space/space-face.ts';
import type { SpaceNodeEvents, SpaceNode, ChangeRoster } from './space-node-face.ts';

export async function startSpaceNode(
	ports: Ports,
	self: SelfInSpace,
	space: Space,
	pool: RelayPool,
	links: Links,
	events: SpaceNodeEvents,
): Promise<SpaceNode> {
	const { clock, crypto, random } = ports;
	const own = toHex(self.device.publicKey);
	const held = createHeldNames(crypto);
	let stopped = false;

	const post = createPost(ports, self, space, pool, links, {
		onEnvelope,
		isHeld: held.has,
		onRelayReady: () => {
			outbox.flush();
			prekeys.onReachable();
			relayPurge.onRelayReady();
			files.onRelayReady();
			sealedCare.onReachable();
		},
		onPresence,
		onForOther: (...carried) => {
			reach.onForOther(...carried);
		},
		via: (device) => reach.via(device),
	});
	const reach: SpaceReach = createReach(ports, self, space, post, links, {
		isShown: () => events.isShown?.() === true,
		onChange: onPresence,
	});
	const gossiping = createGossiping(ports, own, post, reach);
	const outbox: Outbox = createOutbox(ports, self, space, post, {
		toLeave: (packet, to, last) => cutOff.toLeave(packet, to, last),
	});
	const signals = createSignals(ports, self, space, post, links);
	const missing = createMissingContent(space, post, () => self.prekeys.record);
	const relayPurge = createRelayPurge(ports, self, space, post, outbox);
	const expiry = createExpiryWatch(clock, space);
	const sealedCare = createSealedCare(ports, self, space, post);
	const parts = createAssembling(crypto, clock, (from, whole) => {
		const packet = decodePacket(whole);
		// What is no packet now is none later either.
		return packet.ok ? takeEntries(from, [packet.value], true) : Promise.resolve(true);
	});
	const { onForeign } = events;
	const takeEntries = createTaking(crypto, space, {
		onForeign: onForeign && ((from, packets) => onForeign(from, { type: 'entries', packets })),
		onTaken(from, count, disputed) {
			// What waits for its key is no news to anybody else.
			missingKeys.look();
			sync.onEntries(from, count, disputed);
		},
	});
	const prekeys = createPrekeyCare(ports, self, space, post);
	const sync: SpaceSync = createSpaceSync(ports, self, space, post, {
		onAcknowledged: (device, seq) => outbox.acknowledged(device, seq),
		onAuthorAway: createLeftStatements(random, post),
		onStated: prekeys.onState,
		onOutsider: (device, state) => cutOff.onOutsider(device, state),
	});
	const cutOff = createCutOff(
		ports,
		self,
		space,
		post,
		(device) => sync.heldBy(device),
		() => outbox.isLeaving(),
	);
	const epochs = createEpochTurns(ports, space, self.device.publicKey, (reason) =>
		startEpoch(reason, (present) => present),
	);
	const missingKeys = createMissingKeys(ports, self, space, post);
	const admission: Admission = createAdmission(ports, self, space, pool, {
		admit: async (content, extra) => (await write(content, {}, extra)).ok,
		isSeen: (device) =>
			post.route(device) !== null || (space.ledger.feeds.get(device)?.seq ?? -1) >= 0,
	});

	const enrolling = createEnrolling(ports, self, space, {
		write: async (content) => (await write(content)).ok,
		reply(device, message) {
			if (post.send(device, message)) return;
			const copy = { packet: random.bytes(32), preimage: random.bytes(32), notIn: null };
			void post.store([device], copy, message);
		},
	});

	const files = createSpaceFiles(ports, self, space, links, pool, {
		write: (content, attached, extra) => write(content, { attached }, extra),
	});
	const returns = createReturnWatch(ports, self, space, pool, enrolling);

	/** Only members answer those who knock. */
	const admit = (): Promise<void> =>
		space.ledger.authority.devices.get(own)?.active === true
			? admission.update()
			: Promise.resolve();

	let presentBefore = new Set<string>();
	let onRelayBefore = new Set<string>();
	function onPresence(): void {
		reach.look();
		gossiping.look();
		const present = new Set<string>();
		const onRelay = new Set<string>();
		for (const [device, { active }] of space.ledger.authority.devices) {
			if (device === own || !active) continue;
			if (post.via(device) !== null) onRelay.add(device);
			// A page that is closed may leave its links open; its relays know at once. A relay that is lost itself says nothing.
			else if (onRelayBefore.has(device) && post.hasRelay()) links.doubt(device);
			if (post.route(device) === null) continue;
			present.add(device);
			if (!presentBefore.has(device) && reach.wants(device)) links.returned(device);
			prekeys.onReachable();
			sealedCare.onReachable();
			if (!presentBefore.has(device)) sync.hello(device);
		}
		presentBefore = present;
		onRelayBefore = onRelay;
		events.onPresence();
	}

	async function onEnvelope(envelope: Envelope, isStored = false): Promise<boolean> {
		const from = toHex(envelope.from);
		const { message } = envelope;
		if (!isStored) reach.heard(from);
		switch (message.type) {
			case 'entries':
				return takeEntries(from, message.packets, isStored);
			case 'state':
				await sync.onState(from, message.state);
				if (presentBefore.has(from)) await missing.onPeer(from);
				return true;
			case 'pull':
				await sync.onPull(from, message);
				return true;
			case 'signal':
				await signals.take(message.signal);
				return true;
			case 'enrol-me':
				if (equal(message.space, space.id)) void enrolling.onRequest(from, message);
				else events.onKin?.(from, message);
				return true;
			case 'kin':
				events.onKin?.(from, message);
				return true;
			case 'typing':
				events.onTyping?.(message);
				return true;
			case 'part':
				return parts.take(from, message.part);
			case 'enrolled':
				events.onEnrolled(message.device, message.block);
				return true;
			case 'prekeys':
				return prekeys.onRecords(message.records);
			case 'held-prekeys':
				prekeys.onHeld(from, message);
				return true;
			case 'keys-me':
				await missingKeys.onAsked(message);
				return true;
			case 'keys':
				await missingKeys.onKeys(message);
				return true;
			case 'opening':
				return (await space.takeControlKeys(message.controlKeys)).ok;
			case 'records':
				await reach.onRecords(from, message.records);
				return true;
			case 'held-records':
				reach.onHeld(from, message);
				return true;
			case 'gossip':
			case 'copy':
				return true; // heard on links alone
		}
	}

	function onSpaceChange(change: SpaceChange): void {
		// First of all: who waits for it waits longest.
		outbox.publish(change.placed.flatMap(({ entry, message }) => (message ? [entry] : [])));
		const spaceKey = space.ledger.authority.genesis?.spaceKey;
		if (spaceKey !== undefined) {
			held.note(
				spaceKey,
				change.placed.map(({ entry }) => entry),
			);
		}
		for (const [channel, messages] of change.messages) {
			missing.note(fromHex(channel) ?? new Uint8Array(32), messages);
		}
		for (const device of presentBefore) void missing.onPeer(device);
		gossiping.onKept(change.placed.map(({ entry }) => entry));
		relayPurge.onChange(change);
		files.onChange(change);
		expiry.onChange(change);
		sealedCare.onChange(change);
		if (change.control) {
			cutOff.onChange(change);
			outbox.membersChanged();
			void post.update().then(() => {
				links.greet();
				onPresence();
			});
			void admit();
			returns.update();
			epochs.plan();
			prekeys.look();
			void promote();
		} else if (change.messages.size > 0) {
			epochs.onMessages();
		}
		missingKeys.look();
		const feeds = new Map(
			change.placed.map(({ entry }) => [toHex(entry.header.device), entry.header.device]),
		);
		if (feeds.size > 0) sync.onKept([...feeds.values()]);
		if (change.forks.length > 0) void sync.onForks(change.forks);
		if (change.wanted.length > 0 || change.control) sync.askAll();
		events.onChange(change);
	}

	let promoting = Promise.resolve();
	/** One at a time: what the one before has written is seen by the next. */
	function promote(): Promise<void> {
		promoting = promoting.then(async () => {
			const [grant] = stopped ? [] : owedGrants(space.ledger, self.rootHash);
			if (grant !== undefined) await write(grant);
		});
		return promoting;
	}

	async function startEpoch(reason: EpochReason, roster: ChangeRoster): Promise<void> {
		const written = await space.write(
			() => {
				const present = space.ledger.authorityAt(clock.now()).epoch?.content.relays ?? [];
				return newEpoch(ports, self.device.publicKey, space, reason, roster(present));
			},
			(entry) => outbox.rowFor(entry),
		);
		if (!written.ok) return;
		await post.update();
		outbox.publish([written.value]);
	}

	async function write(
		content: Content,
		how: WriteHow = {},
		extra: (entry: Entry) => readonly StoreWrite[] = () => [],
	): Promise<Result<Entry, WriteError>> {
		// Whoever has gone reads nothing more: keys that all have in common are changed before they are used.
		if (content.kind === KIND.message && isLarge(space) && isOverheard(space.ledger.authority)) {
			await startEpoch(EPOCH_REASON.removal, (present) => present);
		}
		const writeBy = content.kind === KIND.message ? space.writeMessage : space.write;
		const written = await writeBy(
			() => Promise.resolve(draftOf(ports, self, space, content, how)),
			(entry) => [...outbox.rowFor(entry, concernedBy(space.ledger, content)), ...extra(entry)],
		);
		// Messages have gone with the change that brought them.
		if (written.ok && content.kind !== KIND.message) outbox.publish([written.value]);
		return written;
	}

	outbox.onChange = events.onDelivery;
	space.onChange = onSpaceChange;
	await Promise.all([outbox.load(), missing.load(), reach.load()]);
	await expiry.start();
	outbox.membersChanged();
	const stopReminding = startReminding(clock, outbox, post, sync);
	await post.update();
	await admit();
	epochs.plan();
	missingKeys.look();
	void files.start();
	void promote();
	prekeys.start(sync);
	const stopEnding = startEndingEpochs(clock, space);

	return {
		space,
		self,
		post,
		outbox,
		linked: {
			key: space.key,
			get spaceKey() {
				return space.ledger.authority.genesis?.spaceKey ?? new Uint8Array(32);
			},
			has: (device) => space.ledger.authority.devices.get(device)?.active === true,
		},
		reach,
		write,
		startEpoch,
		signal: signals.send,
		letIn: admission.letIn,
		files,
		onMember(device) {
			files.onMember(device);
			sync.hello(device);
			onPresence();
		},
		onLinkLost(device) {
			if (post.route(device) !== null) sync.hello(device);
			onPresence();
		},
		onLinkEnvelope(device, bytes) {
			const envelope = decodeEnvelope(bytes);
			if (!envelope.ok) return;
			const isCarried = reach.onCarried(envelope.value, device, bytes.length);
			if (isCarried !== undefined) {
				if (isCarried) void onEnvelope(envelope.value);
				return;
			}
			// Whoever is no member may say what it holds, and is told why it hears nothing more.
			const isMember = space.ledger.authority.devices.get(device)?.active === true;
			const { message } = envelope.value;
			if (message.type === 'copy') {
				if (isMember) events.onCopy?.(device, message.copy);
			} else if (message.type === 'gossip') {
				if (isMember) gossiping.onNews(device, message.news);
			} else if (isMember && message.type === 'entries') {
				const packets = gossiping.admit(device, message.packets);
				if (packets.length > 0) void takeEntries(device, packets, false);
			} else if (isMember || message.type === 'state') void onEnvelope(envelope.value);
		},
		stop() {
			stopped = true;
			epochs.stop();
			prekeys.stop();
			missingKeys.stop();
			sealedCare.stop();
			cutOff.stop();
			files.stop();
			signals.stop();
			stopReminding();
			stopEnding();
			parts.stop();
			reach.stop();
			gossiping.stop();
			expiry.stop();
			sync.stop();
			outbox.stop();
			admission.stop();
			enrolling.stop();
			returns.stop();
			post.stop();
		},
	};
}
