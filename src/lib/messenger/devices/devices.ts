// A person's devices as people see them: which there are, which one is new, and what can be done: link another, give one a
// name, end one. Brings the account space, its document and the spaces together. [MD1] [MD3] [MD5] [MD6] [MD7]
import { MAX_SEALED_TO, sealTo } from '#lib/crypto/seal.ts';
import { bytes, decode, encode, list } from '#lib/protocol/cbor.ts';
import { SPACE_KIND } from '#lib/protocol/content.ts';
import { KIND, type Packet } from '#lib/protocol/entry.ts';
import { encodeJoinReply, type JoinReply } from '#lib/protocol/lobby.ts';
import { MAX_NAME } from '#lib/protocol/limits.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import type { EnrolRequest } from '#lib/protocol/space-message.ts';
import { fromHex, toHex, utf8, type Bytes } from '#lib/util/bytes.ts';
import { createSignal, type Readable } from '#lib/util/signal.ts';
import { err, ok } from '#lib/util/result.ts';
import type { Devices, DeviceView } from '../api.ts';
import type { Archive } from '../archive-api.ts';
import type { Links } from '../delivery/links.ts';
import { batchesOf } from '../delivery/splitting.ts';
import type { RelayPool } from '../delivery/relay-pool.ts';
import { encodeAnswer } from '../joining/answers.ts';
import { letInOwnDevice } from '../joining/own-device.ts';
import { offerPairing } from '../pairing/offering.ts';
import type { Ports, Self } from '../ports.ts';
import { createQueue } from '../queue.ts';
import type { KinMessage, SpaceNode } from '../space-node-face.ts';
import type { Space, SpaceChange } from '../space/space-face.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import { createAccountSpace } from './account-space.ts';
import { createCopies } from './copies.ts';
import type { GivenSpace } from './copy-giving.ts';
import type { TakingParts } from './copy-taking.ts';
import { createArrivingSpaces, type ArrivingEvents } from './arriving.ts';
import type { DocumentKeeper } from './document-keeper.ts';
import { createKinship } from './kinship.ts';
import { createEndingDevices, type SharedSpace } from './ending.ts';
import { sayOwnWord } from './own-word.ts';
import { DEVICE_NAMES, SEEN, SPACES } from './sections.ts';

const NOTICED = { table: 'account', key: ['noticed'] } as const;
const MAX_NOTICED = 1000;
const noticedShape = list(bytes(32), MAX_NOTICED);

export interface DevicesParts {
	readonly ports: Ports;
	readonly self: Self;
	readonly origin: string;
	readonly pool: RelayPool;
	readonly keeper: DocumentKeeper;
	/** Of the device that this installation is by itself. */
	links(): Links;
	/** Relays that the person added. */
	addedRelays(): readonly RelayAddress[];
	/** Spaces that are here and at work. */
	spaces(): readonly SharedSpace[];
	/** Whether a space (hex) is here in any form: also on its way in or out, or locked. */
	knows(space: string): boolean;
	/** Forgets a space (hex) that the person has left by another device. */
	letGo(space: string): void;
	/** Whether this device is in a space (hex). */
	isInside(space: string): boolean;
	/** Whether a space (hex) is not to come back here. */
	isBarred(space: string): boolean;
	readonly archive: Archive;
	readonly arriving: Pick<ArrivingEvents, 'selfIn' | 'open' | 'onEntered'>;
}

export interface OwnDevices {
	readonly face: Devices;
	/** Nodes of account spaces, for the links. */
	nodes(): readonly SpaceNode[];
	/** Who can be reached in a space, or who belongs to one, may have changed. */
	meet(): void;
	/** What a device (hex) may have said to another one of its person in a space (hex). */
	onKin(space: string, from: string, message: KinMessage): void;
	/** A device is let in somewhere. */
	onEnrolled(device: Bytes, block: Bytes): void;
	/** Another device has ended this one. */
	readonly ended: Readable<boolean>;
	load(): Promise<void>;
	/** Spaces came or went, or what this installation is in them. */
	spacesChanged(): void;
	/** The person has come into a space, perhaps again. */
	joined(space: string, name: string): void;
	/** The person has left a space for good. */
	left(space: string, name: string): void;
	/** A relay that the person added. */
	useRelays(): Promise<void>;
	stop(): void;
}

export function createOwnDevices(parts: DevicesParts): OwnDevices {
	const { ports, self, pool, keeper } = parts;
	const { clock, crypto, random, store } = ports;
	const own = toHex(self.device.publicKey);
	const letting = createQueue();
	const ended = createSignal(false);
	const views = createSignal<readonly DeviceView[]>([]);
	const news = createSignal<readonly DeviceView[]>([]);
	/** Devices (hex) that this one's person has heard of; undefined before there were others. */
	let noticed: Set<string> | undefined;

	const account = createAccountSpace(ports, self, pool, parts.links, {
		onChange,
		onPresence() {
			publish();
			copies.look();
			kinship.look();
		},
		onEnrolled: (device, block) => {
			arriving.onEnrolled(device, block);
		},
		onForeign(_from, message) {
			if (message.type === 'entries') arriving.onEntries(message.packets);
		},
		onKin,
		onCopy: (from, message) => {
			copies.onMessage(from, message);
		},
		onStart(node) {
			keeper.share(node);
			noticeAll();
			look();
		},
	});
	const ending = createEndingDevices(clock, self, account, keeper, parts.spaces);
	const kinship = createKinship(ports, account, {
		spaces: () => parts.spaces().map(({ node }) => node),
		relays: () => relays().all,
		onChange: () => {
			arriving.look();
		},
	});
	const isAccount = (space: Bytes): boolean => toHex(space) === kinship.wanted();
	let adopting: string | undefined;
	const arriving = createArrivingSpaces(ports, {
		missing,
		askable(space) {
			const node = account.node();
			if (space === kinship.wanted()) return kinship.askable(space);
			return node ? [{ node, devices: account.others() }] : [];
		},
		selfIn: (space) => (isAccount(space) ? account.selfIn(space) : parts.arriving.selfIn(space)),
		open: (own, space) => (isAccount(space) ? account : parts.arriving).open(own, space),
		onEntered(space, own, done) {
			const isOurs = space.ledger.authority.genesis?.spaceKind === SPACE_KIND.account;
			if (isOurs) void adopt(space, done);
			else parts.arriving.onEntered(space, own, done);
		},
	});
	const copies = createCopies(ports, account, givenSpaces, {
		archive: parts.archive,
		standing,
	});
	const stopWatching = keeper.watch((names) => {
		const words = [DEVICE_NAMES.prefix, SEEN.prefix, SPACES.prefix];
		if ([...names].some((name) => words.some((word) => name.startsWith(word)))) look();
	});

	function look(): void {
		for (const { node } of [...parts.spaces()]) {
			const listed = SPACES.decode(keeper.get(SPACES.name(node.space.key)));
			if (listed?.here === false) parts.letGo(node.space.key);
		}
		arriving.look();
		ending.look();
		copies.look();
		kinship.look();
		publish();
		if (ending.isEnded()) ended.set(true);
	}

	function onChange({ placed, control }: SpaceChange): void {
		const isTold = placed.some(({ entry }) => entry.header.kind === KIND.update);
		if (isTold || control) keeper.look();
		// Perhaps the first word of somebody who has come over: the space that was left may go.
		if (isTold) void account.tidy();
		if (!control) return;
		const isOwn = placed.some(
			({ control: each, entry }) =>
				each?.content.kind === KIND.enrol && toHex(entry.header.device) === own,
		);
		// It knows nothing yet; and whoever let it in knows everything that the person's devices share.
		if (isOwn) keeper.tellAll();
		look();
	}

	/** This device is in another account space. */
	async function adopt(space: Space, done: StoreWrite): Promise<void> {
		adopting = space.key;
		await letting(() => account.adopt(space, done));
		adopting = undefined;
		saySeen();
		look();
	}

	/** Spaces that the person is in by the account document, and that are not here. */
	function missing(): string[] {
		const wanted = kinship.wanted();
		const spaces = keeper.list(SPACES.prefix).flatMap(([name, value]) => {
			const [space = ''] = SPACES.parts(name) ?? [];
			return SPACES.decode(value)?.here === true && !parts.knows(space) ? [space] : [];
		});
		return wanted === undefined || wanted === adopting ? spaces : [wanted, ...spaces];
	}

	/** Whatever people see here; what is only read here brings nobody in. */
	function givenSpaces(): GivenSpace[] {
		return parts.spaces().map(({ node: { space }, self: as }) => ({
			space,
			past: space.ledger.authority.devices.get(toHex(as.device.publicKey))?.active !== true,
		}));
	}
	function standing(space: string, past: boolean): ReturnType<TakingParts['standing']> {
		const listed = SPACES.decode(keeper.get(SPACES.name(space)));
		if (listed?.here === false || parts.isBarred(space)) return 'barred';
		return past || parts.isInside(space) ? 'here' : 'coming';
	}

	function onKin(space: string, from: string, message: KinMessage): void {
		const isOfAccount = space === account.node()?.space.key && message.type === 'enrol-me';
		const isOfSpace = (key: string): boolean =>
			parts.spaces().some(({ node }) => node.space.key === key);
		if (isOfAccount && isOfSpace(toHex(message.space))) void letting(() => bringIn(from, message));
		else kinship.onMessage(space, from, message);
	}

	/** Lets another device of this person into a space that both are to be in. */
	async function bringIn(from: string, request: EnrolRequest): Promise<void> {
		const shared = parts.spaces().find(({ node }) => node.space.key === toHex(request.space));
		if (shared === undefined || !account.others().includes(from)) return;
		const entrance = await letInOwnDevice(ports, shared.self, shared.node, request);
		if (entrance === null) return;
		const { certificate, prekey } = request.member;
		const asker = { space: shared.node.space.id, tokenHash: request.tokenHash };
		const [welcome] = await encodeAnswer(crypto, shared.self, asker, entrance.welcome);
		const block = welcome && (await sealTo(crypto, random, prekey.publicKey, welcome));
		if (block === undefined) return;
		await account.tell(from, { type: 'enrolled', device: certificate.deviceKey, block });
		await account.tell(from, { type: 'entries', packets: entrance.packets });
	}

	/** Lets a device that was paired into the account space. */
	async function letIn(request: EnrolRequest): Promise<readonly Bytes[] | null> {
		const node = account.node();
		if (node === undefined) return null;
		// Whoever does it need not be told of it.
		const device = toHex(request.member.certificate.deviceKey);
		noticed?.add(device);
		const entrance = await letting(() => letInOwnDevice(ports, self, node, request));
		if (entrance === null) return null;
		await keepNoticed();
		// Its person has just compared both screens, and wants there what is here.
		await copies.begin(device);
		return [entrance.welcome, ...inReplies(entrance.packets)].map(encodeJoinReply);
	}

	function noticeAll(): void {
		if (noticed !== undefined) return;
		noticed = new Set([own, ...account.others()]);
		void keepNoticed();
	}
	async function keepNoticed(): Promise<void> {
		const keys = [...(noticed ?? [])].slice(-MAX_NOTICED).flatMap((key) => fromHex(key) ?? []);
		await store.commit([{ ...NOTICED, value: encode(keys) }]);
	}

	function publish(): void {
		const node = account.node();
		const members = [...(node?.space.ledger.authority.devices ?? [])].filter(
			([, { active }]) => active,
		);
		const viewOf = (
			id: string,
			{ deviceName, time }: { readonly deviceName: string; readonly time: number },
		): DeviceView => ({
			id,
			name: DEVICE_NAMES.decode(keeper.get(DEVICE_NAMES.name(id))) ?? deviceName,
			since: time,
			lastSeen: SEEN.decode(keeper.get(SEEN.name(id)))?.at ?? null,
			online: id === own || (node?.post.route(id) ?? null) !== null,
			isThis: id === own,
		});
		const others = members
			.filter(([id]) => id !== own)
			.map(([id, { member }]) => viewOf(id, member.certificate))
			.sort((a, b) => b.since - a.since);
		views.set([viewOf(own, self.member.certificate), ...others]);
		news.set(noticed === undefined ? [] : others.filter(({ id }) => noticed?.has(id) === false));
	}

	function saySeen(): void {
		if (account.node() !== undefined) sayOwnWord(clock, self, keeper, parts.spaces());
	}

	function list(space: string, name: string, here: boolean): void {
		const known = SPACES.decode(keeper.get(SPACES.name(space)));
		if (known?.here === here || (known === undefined && !here)) return;
		keeper.note(new Map([[SPACES.name(space), SPACES.encode({ name, here })]]));
	}

	/** Relays for the person's own devices: those added, and else any that are up, for they are used already. */
	function relays(): { readonly up: RelayAddress | undefined; readonly all: RelayAddress[] } {
		const up = pool.relays.get().filter(({ state }) => state === 'connected');
		const added = up.filter(({ origin }) => origin === 'added');
		const [first] = [...added, ...up];
		const all = first === undefined ? [] : [first.address];
		return { up: first?.address, all: [...all, ...parts.addedRelays()] };
	}

	const face: Devices = {
		list: views,
		news,
		copies: copies.views,
		async copyTo(id) {
			return (await copies.begin(id)) ? ok() : err({ type: 'storage' });
		},
		endCopy: copies.end,
		dismissCopy: copies.dismiss,
		async notice(id) {
			noticed?.add(id);
			publish();
			await keepNoticed();
		},
		link() {
			return offerPairing({ clock, crypto, random, pool }, parts.origin, {
				relay: () => relays().up,
				async handover() {
					const node = await account.ready(relays().all);
					const { name } = self;
					return node && { rootSeed: self.root.seed(), name, space: node.space.id };
				},
				letIn,
			});
		},
		async rename(id, input) {
			const name = input.trim();
			if (name.length === 0) return err({ type: 'empty' });
			if (utf8(name).length > MAX_NAME || !name.isWellFormed()) return err({ type: 'too-long' });
			const kept = await keeper.write(
				new Map([[DEVICE_NAMES.name(id), DEVICE_NAMES.encode(name)]]),
			);
			return kept.ok ? ok() : err({ type: 'storage' });
		},
		async remove(id) {
			const done = await letting(() => ending.end(id));
			look();
			return done ? ok() : err({ type: 'storage' });
		},
	};

	return {
		face,
		ended,
		nodes: account.nodes,
		meet: kinship.look,
		onKin,
		onEnrolled: (device, block) => {
			arriving.onEnrolled(device, block);
		},
		async load() {
			const row = await store.get(NOTICED.table, NOTICED.key);
			const decoded = row && decode(noticedShape, row, 64 * MAX_NOTICED);
			if (decoded?.ok) noticed = new Set(decoded.value.map(toHex));
			await copies.load();
			await kinship.load();
			await account.load();
			saySeen();
			look();
		},
		spacesChanged() {
			for (const { node } of parts.spaces()) {
				const { key, ledger } = node.space;
				const isListed = keeper.get(SPACES.name(key)) !== undefined;
				if (!isListed) list(key, ledger.authority.genesis?.name ?? '', true);
			}
			saySeen();
			look();
		},
		joined(space, name) {
			list(space, name, true);
		},
		left(space, name) {
			list(space, name, false);
			look();
		},
		async useRelays() {
			if (account.node() !== undefined) await account.ready(relays().all);
		},
		stop() {
			stopWatching();
			kinship.stop();
			arriving.stop();
			ending.stop();
			copies.stop();
			account.stop();
		},
	};
}

const inReplies = (packets: readonly Packet[]): JoinReply[] =>
	batchesOf(packets, MAX_SEALED_TO - 64).map((batch) => ({ type: 'entries', packets: batch }));
