// The messenger of one person on one device: brings spaces, relays, links and joins together behind the api.
import { decodeInvitation } from '#lib/protocol/invitation.ts';
import { HISTORY } from '#lib/protocol/content.ts';
import { MAX_NAME } from '#lib/protocol/limits.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import { equal, fromHex, toHex, utf8, type Bytes } from '#lib/util/bytes.ts';
import { err, ok } from '#lib/util/result.ts';
import type { Messenger } from './api.ts';
import { createArchive } from './archive/archive.ts';
import { createBlockList } from './block-list.ts';
// Not loaded when it is asked for: that is when nothing can be loaded.
import { testConnection } from './connection/testing.ts';
import { createDrafts } from './drafts.ts';
import { createFileSettings } from './files/automatic.ts';
import { createLinksByDevice } from './links-by-device.ts';
import { sweptContent } from './files/sweeping.ts';
import { createHiding } from './hiding.ts';
import { createOwnDevices } from './devices/devices.ts';
import { createDocumentKeeper } from './devices/document-keeper.ts';
import { BLOCKED, READ, SETTINGS } from './devices/sections.ts';
import { countDialer } from './delivery/traffic.ts';
import { createRelayPool } from './delivery/relay-pool.ts';
import { createComingBack } from './joining/coming-back.ts';
import { createInviting } from './joining/inviting.ts';
import { meshView } from './mesh-view.ts';
import { nameRelay } from './naming-relay.ts';
import { createNetworkWatch } from './network-watch.ts';
import type { Page, Ports, Self } from './ports.ts';
import { previewInvitation } from './preview.ts';
import { relayName } from './relay-name.ts';
import { createRelays, invitationOf } from './relays.ts';
import { createSharedSettings } from './shared-settings.ts';
import { createTyping } from './typing.ts';
import { createSpaces } from './spaces.ts';
import type { LiveSpace } from './spaces-face.ts';
import { isMember } from './summaries.ts';
import { createVerification } from './verification.ts';
import { createVerifiedPeople } from './verified.ts';

export async function createMessenger(given: Ports, self: Self, page: Page): Promise<Messenger> {
	const relayDialer = countDialer(given.relayDialer);
	const ports: Ports = { ...given, relayDialer, content: sweptContent(given) };
	const { clock, crypto } = ports;
	const sha256 = (data: Uint8Array): Bytes => crypto.sha256(data);
	const keeper = createDocumentKeeper(ports, self);
	const pool = createRelayPool(ports, (relay) => invitationOf(keeper, relay), page.isInSight);
	const relays = createRelays(ports, page, pool, keeper);
	const inviting = createInviting(ports, page.origin);

	const settings = createSharedSettings(keeper);
	const lookAgain = (): void => {
		for (const { node } of spaces.live()) node.reach.look();
		publishNetwork();
	};
	const hiding = createHiding(keeper, self.rootHash, () => {
		for (const each of links.all()) each.greet();
		lookAgain();
	});

	const nameOfRelay = (key: string): string =>
		relayName(pool.relays.get().find((relay) => relay.key === key)?.address);

	const links = createLinksByDevice(ports, {
		...{ page, hiding },
		nodes(own) {
			const shared = spaces
				.live()
				.filter((live) => equal(live.self.device.publicKey, own))
				.map(({ node }) => node);
			return equal(own, self.device.publicKey) ? [...shared, ...devices.nodes()] : shared;
		},
		stun: () => pool.stun(),
		onChange: () => {
			publishNetwork();
		},
	});
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
		links.of,
		nameOfRelay,
		blocked.has,
		isVerified,
		inviting,
		{
			onPresence: () => {
				devices.meet();
				publishNetwork();
			},
			isShown: () => settings.get('presence') !== 'off',
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
			onTyping: (space, sign) => void typing.take(space, sign),
			onPlaced: (space, placed) => {
				typing.onPlaced(space, placed);
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
	const typing = createTyping({
		...{ clock, crypto: ports.crypto, self, settings },
		node: (space) => spaces.get(space)?.node,
		isBlocked: blocked.has,
	});
	const archive = createArchive(ports, self, { spaces, blocked, relays, keeper });
	const devices = createOwnDevices({
		ports,
		self,
		origin: page.origin,
		pool,
		keeper,
		links: () => links.of(self),
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
		if (names.has(SETTINGS.name('presence'))) lookAgain();
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

	const watch = createNetworkWatch({
		...{ clock, page, pool, links, tallyOf: relayDialer.tallyOf },
		spaces: spaces.live,
		relayName: nameOfRelay,
	});
	const { network, publish: publishNetwork } = watch;

	/** Where not everybody may begin something it takes an invitation; one that is emptied takes nothing. */
	const usableRelays = (): readonly RelayAddress[] =>
		relays.added().filter(({ key }) => {
			const relay = toHex(key);
			return !pool.isGuestOf(relay) && !pool.isDraining(relay);
		});

	const required = (space: string): LiveSpace => {
		const live = spaces.get(space);
		if (live === undefined) throw new Error('no such space');
		return live;
	};

	await keeper.load();
	hiding.load();
	await relays.load();
	const comingBack = createComingBack(ports, self, pool, (found) => void spaces.comeBack(found));
	await spaces.load();
	takeAllMarks();
	await devices.load();
	await comingBack.load();
	const stopWatching = pool.relays.subscribe(publishNetwork);
	const stopOnline = page.onChange((change) => {
		if (change !== 'offer') {
			pool.reconnect();
			for (const each of links.all()) {
				each.probe();
				if (change === 'network') each.moved();
			}
		}
		publishNetwork();
	});

	return {
		me: { name: self.name, rootHash: toHex(self.rootHash), deviceName: self.deviceName },
		devices: devices.face,
		ended: devices.ended,
		spaces: spaces.list,
		network,
		traffic: watch.traffic,
		mesh: (space) => meshView(required(space).node),
		async createSpace(kind, input, everything = false) {
			const name = input.trim();
			if (name.length === 0) return err({ type: 'empty' });
			if (utf8(name).length > MAX_NAME) return err({ type: 'too-long' });
			const isOpen = everything && kind === 'community';
			const history = isOpen ? HISTORY.everything : HISTORY.sinceJoined;
			const founded = await spaces.found(kind, name, usableRelays(), history);
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
		settings,
		typing,
		hiding,
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
		async meet() {
			const { startMeeting } = await import('./meeting/places.ts');
			const stun = (): readonly string[] => pool.stun();
			return startMeeting({
				...{ ports, self, origin: page.origin, links: links.of(self), stun },
				...{ spaces, inviting, usableRelays },
				isHidden: hiding.view.get().everywhere,
			});
		},
		async addRelay(address) {
			const added = await relays.add(address);
			if (!added.ok) return added;
			await nameRelay(added.value, spaces.live(), self.rootHash);
			await devices.useRelays();
			publishNetwork();
			return ok();
		},
		testConnection: () =>
			testConnection({
				...{ clock, pool, directDialer: ports.directDialer },
				online: page.isOnline(),
				hidden: hiding.view.get().everywhere,
				linked: network.get().state === 'direct',
			}),
		preferRelay: relays.prefer,
		async removeRelay(id) {
			await relays.remove(id);
			publishNetwork();
		},
		reconnect: () => {
			pool.reconnect();
			for (const each of links.all()) each.moved();
		},
		async stop() {
			stopWatching();
			stopOnline();
			stopKeeping();
			hiding.stop();
			verification.stop();
			relays.stop();
			drafts.stop();
			typing.stop();
			const kept = keeper.stop();
			devices.stop();
			comingBack.stop();
			spaces.stop();
			for (const each of links.all()) each.stop();
			pool.stop();
			await kept;
			ports.store.close();
			ports.content.close();
		},
	};
}
