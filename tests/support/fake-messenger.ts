// A Messenger that lives in memory: lively data for looking at the interface, with no network and no keys.
import type {
	ChannelSummary,
	Conversation,
	Delivery,
	MemberView,
	MessageView,
	Messenger,
	NetworkView,
	SpaceSummary,
} from '#lib/messenger/api.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { createSignal, type Signal } from '#lib/util/signal.ts';
import type { InvitationPreview, InvitationProblem } from '#lib/messenger/api.ts';
import {
	ADDRESSES,
	chatter,
	fakeHash,
	fakeNetwork,
	NOW,
	PEOPLE,
	SPACES,
	type NetworkScene,
} from './fake-data.ts';

export interface FakeScene {
	readonly empty?: boolean;
	readonly network?: NetworkScene;
	readonly unreachable?: boolean;
	/** Messages loaded at once in the first channel. */
	readonly loaded?: number;
}

const PAGE = 50;
const HISTORY = 400;
const RELAY = 'wss://relay.harbour.example';

export function fakePreview(link: string): Result<InvitationPreview, InvitationProblem> {
	const payload = /#\/join\/(\S+)$/.exec(link.trim())?.[1];
	if (payload === undefined) return err({ type: 'not-a-link' });
	if (payload === 'expired') return err({ type: 'expired' });
	if (payload === 'newer') return err({ type: 'unsupported' });
	if (payload.length < 20) return err({ type: 'mistyped' });
	return ok({
		spaceName: 'Seven Hills Climbing',
		inviterName: 'Mina Okafor',
		inviter: fakeHash('mina'),
		relays: [RELAY],
		known: payload.startsWith('known'),
		spaceId: payload.startsWith('known') ? fakeHash('harbour') : fakeHash('climbing'),
	});
}

class FakeConversation implements Conversation {
	readonly messages: Signal<readonly MessageView[]>;
	readonly hasOlder: Signal<boolean>;
	readonly #older: MessageView[];
	readonly #me: string;
	#count = 0;

	constructor(all: readonly MessageView[], loaded: number, me: string) {
		this.#older = all.slice(0, -loaded);
		this.#me = me;
		this.messages = createSignal<readonly MessageView[]>(all.slice(-loaded));
		this.hasOlder = createSignal(this.#older.length > 0);
	}

	async loadOlder(): Promise<void> {
		await new Promise((done) => setTimeout(done, 120));
		const page = this.#older.splice(-PAGE);
		this.messages.update((known) => [...page, ...known]);
		this.hasOlder.set(this.#older.length > 0);
	}

	async send(text: string, replyTo?: string) {
		if (text.trim() === '') return err({ type: 'empty' as const });
		if (text.length > 8192) return err({ type: 'too-long' as const });
		const answered = this.messages.get().find(({ id }) => id === replyTo);
		const id = `mine-${String(this.#count++)}`;
		this.add({
			id,
			author: this.#me,
			authorName: 'Alex',
			mine: true,
			text: text.trim(),
			time: Date.now(),
			late: false,
			replyTo: answered
				? { id: answered.id, authorName: answered.authorName, text: answered.text }
				: null,
			delivery: { state: 'queued', delivered: 0, of: 3 },
		});
		const stages: Delivery[] = [
			{ state: 'stored', relay: RELAY, until: Date.now() + 30 * 86_400_000, delivered: 1, of: 3 },
			{ state: 'delivered', delivered: 2, of: 3 },
			{ state: 'delivered', delivered: 3, of: 3 },
		];
		stages.forEach((delivery, index) => {
			setTimeout(
				() => {
					this.messages.update((known) =>
						known.map((message) => (message.id === id ? { ...message, delivery } : message)),
					);
				},
				700 * (index + 1),
			);
		});
		return ok();
	}

	add(message: MessageView): void {
		this.messages.update((known) => [...known, message]);
	}

	markRead(): void {}
	close(): void {}
}

export interface FakeMessenger extends Messenger {
	/** Somebody else writes in a channel. */
	receive(space: string, channel: string, text: string): void;
	readonly network: Signal<NetworkView>;
}

export function createFakeMessenger(name: string, scene: FakeScene = {}): FakeMessenger {
	const rootHash = fakeHash('alex');
	const spaces = createSignal<readonly SpaceSummary[]>(scene.empty === true ? [] : SPACES);
	const network = createSignal(fakeNetwork(scene.network ?? 'direct'));
	const open = new Map<string, FakeConversation>();
	const seconds = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
	const gone = (id: string): void => {
		spaces.update((known) => known.filter((space) => space.id !== id));
	};

	const conversation = (space: string, channel: string): FakeConversation => {
		const key = `${space} ${channel}`;
		let known = open.get(key);
		if (!known) {
			const first = channel === fakeHash('general');
			const fresh = !SPACES.some(({ id }) => id === space);
			const all = fresh ? [] : chatter(Math.max(HISTORY, scene.loaded ?? 0), first, rootHash);
			known = new FakeConversation(all, scene.loaded ?? PAGE, rootHash);
			open.set(key, known);
		}
		return known;
	};

	const channels = (space: string): readonly ChannelSummary[] =>
		space === fakeHash('harbour')
			? [
					{ id: fakeHash('general'), name: 'general', unread: 0 },
					{ id: fakeHash('boats'), name: 'boats-and-tides', unread: 3 },
					{ id: fakeHash('kitchen'), name: 'kitchen-rota', unread: 0 },
				]
			: [{ id: fakeHash(`main ${space}`), name: 'general', unread: 0 }];

	const members = (space: string): readonly MemberView[] => [
		{ rootHash, name, isMe: true, role: 'member', devices: 1, online: true },
		...(SPACES.some(({ id }) => id === space) ? PEOPLE : []).map((person, index) => ({
			rootHash: fakeHash(person.key),
			name: person.name,
			isMe: false,
			role: index === 0 ? ('founder' as const) : ('member' as const),
			devices: 1 + (index % 2),
			online: index < 3,
		})),
	];

	return {
		me: { name, rootHash, deviceName: 'Chromium on Linux' },
		spaces,
		network,
		createSpace: async (kind, spaceName) => {
			const id = fakeHash(spaceName);
			spaces.update((known) => [
				{
					id,
					name: spaceName,
					kind,
					state: 'ready',
					asked: true,
					refusal: null,
					unread: 0,
					lastText: null,
					lastTime: NOW,
					members: 1,
				},
				...known,
			]);
			return ok(id);
		},
		channels: (space) => createSignal(channels(space)),
		members: (space) => createSignal(members(space)),
		conversation,
		leave: async (space) => {
			gone(space);
			return ok();
		},
		invite: async () => {
			await seconds(150);
			return ok({
				link: `https://aegis.example/#/join/${'hQEaZ0x5K2m7Yt8'.repeat(22)}`,
				expiry: NOW + 7 * 86_400_000,
				uses: 10,
				reachable: scene.unreachable !== true,
			});
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
					asked: true,
					refusal: null,
					unread: 0,
					lastText: null,
					lastTime: NOW,
					members: 0,
				},
				...known,
			]);
			return ok(id);
		},
		cancelJoin: async (space) => {
			gone(space);
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
		removeRelay: async (id) => {
			network.update((view) => ({
				...view,
				relays: view.relays.filter((relay) => relay.id !== id),
			}));
		},
		reconnect: () => undefined,
		stop: async () => undefined,
		receive: (space, channel, text) => {
			conversation(space, channel).add({
				id: `theirs-${String(Math.random())}`,
				author: fakeHash('mina'),
				authorName: 'Mina Okafor',
				mine: false,
				text,
				time: Date.now(),
				late: false,
				replyTo: null,
				delivery: null,
			});
		},
	};
}
