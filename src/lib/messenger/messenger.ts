// The messenger of one person on one device: brings spaces, relays, links and joins together behind the api.
import { decodeInvitation } from '#lib/protocol/invitation.ts';
import { EPOCH_REASON, HISTORY } from '#lib/protocol/content.ts';
import { MAX_NAME, MAX_RELAYS } from '#lib/protocol/limits.ts';
import { relayHostAndPort, type RelayAddress } from '#lib/protocol/relay-address.ts';
import { createSignal } from '#lib/util/signal.ts';
import { equal, fromHex, toHex, utf8, type Bytes } from '#lib/util/bytes.ts';
import { err, ok } from '#lib/util/result.ts';
import type { Messenger, NetworkView } from './api.ts';
import { createArchive } from './archive/archive.ts';
import { createBlockList } from './block-list.ts';
import { createDrafts } from './drafts.ts';
import { createFileSettings } from './files/automatic.ts';
import { sweptContent } from './files/sweeping.ts';
import { createLinks, type Links } from './delivery/links.ts';
import { createOwnDevices } from './devices/devices.ts';
import { createDocumentKeeper } from './devices/document-keeper.ts';
import { BLOCKED, READ } from './devices/sections.ts';
import { createRelayPool } from './delivery/relay-pool.ts';
import { createComingBack } from './joining/coming-back.ts';
import { createInviting } from './joining/inviting.ts';
import { networkView } from './network-view.ts';
import type { Page, Ports, Self } from './ports.ts';
import { powersIn } from './powers.ts';
import { previewInvitation } from './preview.ts';
import { relayName } from './relay-name.ts';
import { createRelays, invitationOf, relayView } from './relays.ts';
import { createSharedSettings } from './shared-settings.ts';
import type { SpaceNode } from './space-node-face.ts';
import { createSpaces } from './spaces.ts';
import type { LiveSpace } from './spaces-face.ts';
import { isMember } from './summaries.ts';
import { createVerification } from './verification.ts';
import { createVerifiedPeople } from './verified.ts';

const PICTURE_EVERY = 50;

export async function createMessenger(given: Ports, self: Self, page: Page): Promise<Messenger> {
	const ports: Ports = { ...given, content: sweptContent(given) };
	const { clock, crypto } = ports;
	const sha256 = (data: Uint8Array): Bytes => crypto.sha256(data);
	const keeper = createDocumentKeeper(ports, self);
	const pool = createRelayPool(ports, (relay) => invitationOf(keeper, relay));
	const relays = createRelays(ports, page, pool, keeper);
	const inviting = createInviting(ports, page.origin);

	const nameOfRelay = (key: string): string =>
		relayName(pool.relays.get().find((relay) => relay.key === key)?.address);

	/** Links by the device (hex) that has them: this installation may be another one in some spaces. */
	const links = new Map<string, Links>();
	function linksFor({ device }: Self): Links {
		const own = toHex(device.publicKey);
		const known = links.get(own);
		if (known !== undefined) return known;
		const nodes = (): readonly SpaceNode[] => {
			const shared = spaces
				.live()
				.filter((live) => equal(live.self.device.publicKey, device.publicKey))
				.map(({ node }) => node);
			return own === toHex(self.device.publicKey) ? [...shared, ...devices.nodes()] : shared;
		};
		const nodeOf = (space: string): SpaceNode | undefined =>
			nodes().find((node) => node.space.key === space);
		const made = createLinks(
			ports,
			{ device },
			{
				async signal(to, attempt, step, payload) {
					for (const node of nodes()) {
						if (await node.signal(to, attempt, step, payload)) return true;
					}
					return false;
				},
				spaces: () => nodes().map(({ linked }) => linked),
				stun: () => pool.stun(),
				onMember: (other, space) => nodeOf(space)?.onMember(other),
				onEnvelope: (other, space, envelope) => {
					nodeOf(space)?.onLinkEnvelope(other, envelope);
				},
				serveFile: async (other, of) => nodeOf(toHex(of.space))?.files.serve(other, of),
				onLost: (other) => {
					for (const node of nodes()) node.onLinkLost(other);
				},
				onChange: () => {
					publishNetwork();
				},
			},
		);
		links.set(own, made);
		return made;
	}
	/** Names what this device has read: no two devices write the same mark, so none is lost where they merge. */
	const marker = toHex(self.device.publicKey).slice(0, 16);
	const drafts = createDrafts(clock, keeper);
	const blocked = createBlockList(clock, keeper);
	const verified = createVerifiedPeople(keeper);
	const isVerified = (rootHash: string): boolean => verified.get(rootHash) !== undefined;
	const spaces = createSpaces(
		ports,
		self,
		pool,
		linksFor,
		nameOfRelay,
		blocked.has,
		isVerified,
		inviting,
		{
			onPresence: () => {
				devices.meet();
				publishNetwork();
			},
			onControl: (space) => {
				verification.update(space);
				devices.meet();
			},
			onKin: (space, from, message) => {
				devices.onKin(space, from, message);
			},
			onEnrolled: (device, block) => {
				devices.onEnrolled(device, block);
			},
			onJoined: (space, name) => {
				devices.joined(space, name);
			},
			onSpaces: () => {
				devices.spacesChanged();
				takeAllMarks();
			},
			onLeft: (space, name) => {
				drafts.forget(space);
				devices.left(space, name);
			},
			onRead: (space, channel, time) => {
				keeper.note(new Map([[READ.name(space, channel, marker), READ.encode(time)]]));
			},
		},
	);
	const verification = createVerification(ports, self, verified, {
		ledger: (space) => spaces.get(space)?.node.space.ledger,
		ledgers: () => spaces.live().map(({ node }) => node.space.ledger),
		onChange() {
			for (const { summaries } of spaces.live()) summaries.updateMembers();
		},
	});
	const archive = createArchive(ports, self, { spaces, blocked, relays, keeper });
	const devices = createOwnDevices({
		ports,
		self,
		origin: page.origin,
		pool,
		keeper,
		links: () => linksFor(self),
		addedRelays: relays.added,
		spaces: spaces.live,
		knows: spaces.knows,
		isInside: spaces.isInside,
		isBarred: spaces.isBarred,
		archive,
		letGo(space) {
			const live = spaces.get(space);
			if (live !== undefined) void spaces.letGo(live);
		},
		arriving: {
			selfIn: spaces.selfIn,
			open: spaces.open,
			onEntered: (space, own, done) => void spaces.enter(space, own, done),
		},
	});
	const stopKeeping = keeper.watch((names) => {
		takeMarks(names);
		if ([...names].some((name) => name.startsWith(BLOCKED.prefix))) showBlocks();
	});

	/** What another device has read is read here too. */
	function takeMarks(names: Iterable<string>): void {
		for (const name of names) {
			const [space = '', channel = ''] = READ.parts(name) ?? [];
			const live = spaces.get(space);
			const time = READ.decode(keeper.get(name));
			if (live !== undefined && time !== undefined) spaces.markRead(live, channel, time);
		}
	}

	/** What was read of a space before it came here. */
	function takeAllMarks(): void {
		takeMarks(keeper.list(READ.prefix).map(([name]) => name));
	}

	/** Whom the person doesn't want to read has changed. */
	function showBlocks(): void {
		for (const { summaries, conversations } of spaces.live()) {
			summaries.updateMembers();
			for (const conversation of conversations) conversation.refresh();
		}
	}

	const view = (): NetworkView => {
		const added = relays.added();
		const offered = page.offeredRelay;
		const hosts = new Set(added.flatMap((relay) => relay.urls.map(relayHostAndPort)));
		return networkView({
			nodes: spaces
				.live()
				.map(({ node, self: own }) => ({ node, links: linksFor(own), self: own })),
			relays: pool.relays.get().map((relay) => relayView(page, relay)),
			relayName: nameOfRelay,
			offered: offered === null || hosts.has(relayHostAndPort(offered)) ? null : offered,
			direct: page.direct,
			online: page.isOnline(),
		});
	};
	const network = createSignal<NetworkView>(view());
	let publishDue = false;
	/** Many changes come in bursts, a round trip measured on every link among them; people need one picture of them. */
	const publishNetwork = (): void => {
		if (publishDue) return;
		publishDue = true;
		clock.after(PICTURE_EVERY, () => {
			publishDue = false;
			for (const { summaries } of spaces.live()) summaries.updateOnline();
			network.set(view());
		});
	};

	const mayShape = ({ node }: LiveSpace): boolean =>
		powersIn(node.space.ledger, self.rootHash).channels;

	/** Names the relay in the spaces whose relays are this person's to choose. */
	async function useRelay(address: RelayAddress): Promise<void> {
		for (const live of spaces.live()) {
			const present = live.node.space.ledger.authority.epoch?.content.relays ?? [];
			const named = present.some((relay) => equal(relay.key, address.key));
			if (named || present.length >= MAX_RELAYS || !mayShape(live)) continue;
			await live.node.startEpoch(EPOCH_REASON.relays, (relays) => [...relays, address]);
		}
	}

	const required = (space: string): LiveSpace => {
		const live = spaces.get(space);
		if (live === undefined) throw new Error('no such space');
		return live;
	};

	await keeper.load();
	await relays.load();
	const comingBack = createComingBack(ports, self, pool, (found) => void spaces.comeBack(found));
	await spaces.load();
	takeAllMarks();
	await devices.load();
	await comingBack.load();
	const stopWatching = pool.relays.subscribe(publishNetwork);
	const stopOnline = page.onOnline(() => {
		pool.reconnect();
		publishNetwork();
	});

	return {
		me: { name: self.name, rootHash: toHex(self.rootHash), deviceName: self.deviceName },
		devices: devices.face,
		ended: devices.ended,
		spaces: spaces.list,
		network,
		async createSpace(kind, input, everything = false) {
			const name = input.trim();
			if (name.length === 0) return err({ type: 'empty' });
			if (utf8(name).length > MAX_NAME) return err({ type: 'too-long' });
			const isOpen = everything && kind === 'community';
			const history = isOpen ? HISTORY.everything : HISTORY.sinceJoined;
			// Where not everybody may begin something it takes an invitation; one that is emptied takes nothing.
			const usable = relays.added().filter(({ key }) => {
				const relay = toHex(key);
				return !pool.isGuestOf(relay) && !pool.isDraining(relay);
			});
			const founded = await spaces.found(kind, name, usable, history);
			return founded.ok ? ok(founded.value.node.space.key) : err({ type: 'storage' });
		},
		channels: (space) => required(space).summaries.channels,
		members: (space) => required(space).summaries.members,
		conversation: (space, channel) =>
			spaces.conversation(required(space), fromHex(channel) ?? new Uint8Array(32)),
		async leave(space) {
			const left = await spaces.leave(required(space));
			return left.ok ? ok() : err({ type: 'storage' });
		},
		moderation: (space) => required(space).moderation,
		files: (space) => required(space).node.files,
		fileSettings: createFileSettings(ports),
		async block(rootHash, isBlocked) {
			const kept = await blocked.set(rootHash, isBlocked);
			return kept.ok ? ok() : err({ type: 'storage' });
		},
		verification,
		drafts,
		settings: createSharedSettings(keeper),
		invite(space, choice) {
			const { node, self: own } = required(space);
			return inviting.invite(node, own, choice);
		},
		preview: (link) =>
			previewInvitation(link, sha256, clock.now(), (space) => spaces.get(space) !== undefined),
		async join(link) {
			const previewed = previewInvitation(link, sha256, clock.now(), () => false);
			if (!previewed.ok) return previewed;
			const invitation = decodeInvitation(link, sha256);
			if (!invitation.ok) return invitation;
			const space = toHex(invitation.value.space);
			const here = spaces.get(space);
			if (here !== undefined && isMember(here.node.space, here.self)) return ok(space);
			await relays.include(invitation.value.relays);
			const kept = await spaces.join(invitation.value);
			return kept.ok ? ok(space) : err({ type: 'storage' });
		},
		cancelJoin: (space) => spaces.cancelJoin(space),
		dismiss: (space) => spaces.dismiss(space),
		comingBack: comingBack.view,
		comeBack: comingBack.begin,
		stopComingBack: comingBack.end,
		archive,
		async addRelay(address) {
			const added = await relays.add(address);
			if (!added.ok) return added;
			await useRelay(added.value);
			await devices.useRelays();
			publishNetwork();
			return ok();
		},
		async removeRelay(id) {
			await relays.remove(id);
			publishNetwork();
		},
		reconnect: () => {
			pool.reconnect();
		},
		async stop() {
			stopWatching();
			stopOnline();
			stopKeeping();
			verification.stop();
			relays.stop();
			drafts.stop();
			const kept = keeper.stop();
			devices.stop();
			comingBack.stop();
			spaces.stop();
			for (const each of links.values()) each.stop();
			pool.stop();
			await kept;
			ports.store.close();
			ports.content.close();
		},
	};
}
