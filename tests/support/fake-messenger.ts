// A Messenger that lives in memory: lively data for looking at the interface, with no network and no keys.
import type {
	ComingBackView,
	Messenger,
	ModerationError,
	NetworkView,
	SpaceSummary,
} from '#lib/messenger/api.ts';
import type { Verdict } from '#lib/messenger/connection-api.ts';
import { err, ok } from '#lib/util/result.ts';
import { createSignal, type Signal } from '#lib/util/signal.ts';
import {
	bannedSpace,
	chatter,
	fakeHash,
	fakeNotices,
	moderated,
	NOW,
	plainMessage,
	SPACES,
} from './fake-data.ts';
import { FakeConversation } from './fake-conversation.ts';
import {
	ADDRESSES,
	fakeMesh,
	fakeNetwork,
	fakeReport,
	fakeTraffic,
	type NetworkScene,
} from './fake-network.ts';
import { fakePreview } from './fake-preview.ts';
import { createFakeAccount } from './fake-account.ts';
import {
	createFakeFiles,
	createFakeFileSettings,
	type FakeFiles,
	type FilesScene,
} from './fake-files.ts';
import { createFakeDevices, type DevicesScene } from './fake-devices.ts';
import { createFakeMeeting, type MeetingScene } from './fake-meeting.ts';
import { UNREADABLE } from './fake-oddities.ts';
import { createFakeVerification } from './fake-verification.ts';
import { createFakeSpace, type FakeRole, type FakeSpace } from './fake-moderation.ts';

export interface FakeScene extends DevicesScene, MeetingScene {
	readonly empty?: boolean;
	readonly network?: NetworkScene;
	/** What a connection test comes to, where a relay answers. */
	readonly test?: Verdict;
	readonly unreachable?: boolean;
	/** Messages loaded at once in the first channel. */
	readonly loaded?: number;
	/** What this person is in every space; a member where nothing is said. */
	readonly role?: FakeRole;
	/** There has been moderation: messages are gone, channels archived, somebody has reported something. */
	readonly eventful?: boolean;
	/** Root Hash of somebody who is blocked from the start. */
	readonly blocked?: string;
	/** Root Hash of somebody who is verified from the start. */
	readonly verified?: string;
	/** Seconds after which messages of every channel disappear. */
	readonly timer?: number;
	/** There are warnings to take note of. */
	readonly warned?: boolean;
	/** The keys of one can't be read. */
	readonly unreadable?: boolean;
	readonly banned?: 'locked' | 'destroyed' | 'undone';
	/** Somebody came back by the phrase, and so many of their spaces answered. */
	readonly found?: number;
	/** Nothing can be written in the first space. */
	readonly out?: SpaceSummary['out'];
	/** Messages with files of this kind stand at the end of the first channel. */
	readonly files?: FilesScene;
	/** The person hides their address: everywhere, or in the space with this id. */
	readonly hidden?: boolean | string;
	/** Every act of moderation fails with it. */
	readonly failing?: ModerationError['type'];
}

/** Nothing is in it. */
const fakeArchive: Messenger['archive'] = {
	async *records() {
		yield { type: 'end', records: 0 };
		await Promise.resolve();
	},
	takeIn: () => ({ spaces: 0, refused: 0, take: async () => ok() }),
};

const PAGE = 50;
const HISTORY = 400;

export interface FakeMessenger extends Messenger {
	/** Somebody else writes in a channel. */
	receive(space: string, channel: string, text: string): void;
	readonly network: Signal<NetworkView>;
}

export function createFakeMessenger(name: string, scene: FakeScene = {}): FakeMessenger {
	const rootHash = fakeHash('alex');
	const spaces = createSignal<readonly SpaceSummary[]>(
		scene.empty === true
			? []
			: [
					...SPACES.map((space, n) => (n === 0 ? { ...space, out: scene.out ?? null } : space)),
					...(scene.unreadable === true ? [UNREADABLE] : []),
					...(scene.banned ? [bannedSpace(scene.banned)] : []),
				],
	);
	const network = createSignal(fakeNetwork(scene.network ?? 'direct'));
	const open = new Map<string, FakeConversation>();
	const seconds = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
	const gone = (id: string): void => {
		spaces.update((known) => known.filter((space) => space.id !== id));
	};

	const known = new Map<string, FakeSpace>();
	const fresh = (space: string): boolean => !SPACES.some(({ id }) => id === space);
	const talks = (space: string): FakeConversation[] =>
		[...open].filter(([key]) => key.startsWith(space)).map(([, talk]) => talk);

	const inside = (space: string): FakeSpace => {
		let found = known.get(space);
		if (!found) {
			found = createFakeSpace({
				me: { rootHash, name },
				role: fresh(space) ? 'founder' : (scene.role ?? 'member'),
				fresh: fresh(space),
				space,
				timer: scene.timer,
				alone: space === fakeHash('mina-direct'),
				verified: scene.verified,
				eventful: scene.eventful === true && space === fakeHash('harbour'),
				failing: scene.failing,
				onMessages: (how) => {
					for (const talk of talks(space)) talk.change(how);
				},
				find: (message) =>
					talks(space)
						.map((talk) => talk.find(message))
						.find(Boolean),
			});
			known.set(space, found);
			if (scene.out !== undefined && scene.out !== null) {
				found.channels.update((all) => all.map((channel) => ({ ...channel, mayWrite: false })));
			}
			if (scene.blocked !== undefined) found.block(scene.blocked, true);
		}
		return found;
	};

	const conversation = (space: string, channel: string): FakeConversation => {
		const key = `${space} ${channel}`;
		let talk = open.get(key);
		if (!talk) {
			const first = channel === fakeHash('general');
			const all = fresh(space)
				? []
				: chatter(Math.max(HISTORY, scene.loaded ?? 0), first, rootHash);
			const told = scene.eventful === true && first ? moderated(all) : all;
			const shown = told.map((message, at) =>
				scene.timer === undefined || at < told.length - 5
					? message
					: { ...message, expiry: message.time + scene.timer * 1000 },
			);
			talk = new FakeConversation(
				shown,
				scene.loaded ?? PAGE,
				rootHash,
				inside(space).dress,
				scene.timer === undefined ? [] : fakeNotices(scene.timer),
			);
			open.set(key, talk);
			if (scene.files && first) {
				const to = talk;
				void filesOf(space)
					.messages(scene.files)
					.then((made) => {
						for (const message of made) to.add(message);
					});
			}
		}
		return talk;
	};

	const held = new Map<string, FakeFiles>();
	const filesOf = (space: string): FakeFiles => {
		let files = held.get(space);
		if (!files) held.set(space, (files = createFakeFiles()));
		return files;
	};

	const comingBack = createSignal<ComingBackView | null>(
		scene.found === undefined ? null : { since: NOW, found: scene.found, asked: true },
	);

	return {
		me: { name, rootHash, deviceName: 'Chromium on Linux' },
		devices: createFakeDevices(scene),
		...createFakeAccount(scene.hidden),
		ended: createSignal(false),
		spaces,
		network,
		traffic: () => fakeTraffic(network.get(), Date.now()),
		mesh: () => fakeMesh(network.get()),
		files: (space) => filesOf(space),
		fileSettings: createFakeFileSettings(),
		meet: () => Promise.resolve(createFakeMeeting(scene)),
		createSpace: async (kind, spaceName, everything) => {
			const id = fakeHash(spaceName);
			spaces.update((known) => [
				{
					id,
					name: spaceName,
					kind,
					state: 'ready',
					out: null,
					ban: null,
					asked: true,
					refusal: null,
					unread: 0,
					lastText: null,
					lastTime: NOW,
					members: 1,
					everything: everything === true,
				},
				...known,
			]);
			return ok(id);
		},
		channels: (space) => inside(space).channels,
		members: (space) => inside(space).members,
		moderation: (space) => inside(space).moderation,
		block: async (person, blocked) => {
			for (const { id } of spaces.get()) inside(id).block(person, blocked);
			return ok();
		},
		verification: createFakeVerification(rootHash, scene.warned === true, (person, verified) => {
			for (const { id } of spaces.get()) inside(id).verify(person, verified);
		}),
		dismiss: async (space) => {
			await seconds(150);
			gone(space);
		},
		conversation,
		leave: async (space) => {
			gone(space);
			return ok();
		},
		invite: async (space, choice = {}) => {
			await seconds(150);
			const link = `https://aegis.example/#/join/${'hQEaZ0x5K2m7Yt8'.repeat(22)}`;
			const days = choice.days ?? 7;
			const made = {
				link,
				expiry: days === 0 ? 0 : NOW + days * 86_400_000,
				uses: choice.uses ?? 10,
				powernode: choice.powernode === true,
			};
			inside(space).addInvitation({
				...made,
				id: fakeHash(link),
				byName: name,
				used: 0,
				state: 'open',
				mayRecall: true,
			});
			return ok({ ...made, reachable: scene.unreachable !== true });
		},
		preview: fakePreview,
		join: async (link) => {
			const preview = fakePreview(link);
			if (!preview.ok) return preview;
			const { spaceId: id, spaceName } = preview.value;
			spaces.update((known) => [
				{
					id,
					name: spaceName,
					kind: 'community',
					state: 'joining',
					out: null,
					ban: null,
					asked: true,
					refusal: null,
					unread: 0,
					lastText: null,
					lastTime: NOW,
					members: 0,
					everything: preview.value.everything,
				},
				...known,
			]);
			return ok(id);
		},
		cancelJoin: async (space) => {
			gone(space);
		},
		archive: fakeArchive,
		comingBack,
		comeBack: async () => undefined,
		stopComingBack: async () => {
			comingBack.set(null);
		},
		addRelay: async (address) => {
			await seconds(400);
			const type = ADDRESSES[address];
			if (type !== undefined) return err({ type, tried: [`wss://${address}`] });
			network.update((view) => ({
				...view,
				offered: null,
				relays: [
					...view.relays,
					{
						id: fakeHash(address),
						address: address.includes('://') ? address : `wss://${address}`,
						state: 'connected',
						roundTripMs: 31,
						retryAt: null,
						origin: 'added',
						link: `https://aegis.example/#/relay/${fakeHash(address)}`,
					},
				],
			}));
			return ok();
		},
		preferRelay: async (id, preferred) => {
			network.update((view) => ({
				...view,
				relays: view.relays.map((relay) => (relay.id === id ? { ...relay, preferred } : relay)),
			}));
		},
		removeRelay: async (id) => {
			network.update((view) => ({
				...view,
				relays: view.relays.filter((relay) => relay.id !== id),
			}));
		},
		reconnect: () => undefined,
		testConnection: async () => {
			await seconds(100);
			return fakeReport(network.get(), scene.test);
		},
		stop: async () => undefined,
		receive: (space, channel, text) => {
			conversation(space, channel).add({
				...plainMessage,
				id: `theirs-${String(Math.random())}`,
				author: fakeHash('mina'),
				authorName: 'Mina Okafor',
				mine: false,
				text,
				time: Date.now(),
			});
		},
	};
}
