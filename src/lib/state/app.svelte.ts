// The messenger as the interface reads it: reactive values, one per space and kept, and the drafts of all channels.
import { createContext } from 'svelte';
import { listedChannels } from './channel-order.ts';
import { ConversationModel, type Draft } from './conversation.svelte.ts';
import { live, type Live } from './live.svelte.ts';
import { ModerationModel } from './moderation.svelte.ts';
import { createNow, type Now } from './now.svelte.ts';
import type {
	ChannelSummary,
	Me,
	MemberView,
	Messenger,
	NetworkView,
	SpaceSummary,
} from '#lib/messenger/api.ts';
import type { BootState } from '#lib/messenger/boot-state.ts';
import type { Readable } from '#lib/util/signal.ts';

type Ready = Extract<BootState, { state: 'ready' }>;

/** A message to bring on screen. */
interface Sought {
	readonly space: string;
	readonly channel: string;
	readonly message: string;
}

const perSpace = <T>(read: (space: string) => Readable<T>): ((space: string) => T) => {
	const known = new Map<string, Live<T>>();
	return (space) => {
		let value = known.get(space);
		if (!value) known.set(space, (value = live(read(space))));
		return value.current;
	};
};

/** Computes once for each list; a list that changes is another one. */
const perList = <T extends object, U>(compute: (list: T) => U): ((list: T) => U) => {
	const known = new WeakMap<T, U>();
	return (list) => {
		let value = known.get(list);
		if (value === undefined) known.set(list, (value = compute(list)));
		return value;
	};
};

const inOrder = perList(listedChannels);
const byRootHash = perList(
	(members: readonly MemberView[]): ReadonlyMap<string, MemberView> =>
		new Map(members.map((member) => [member.rootHash, member])),
);

export class AppModel {
	readonly messenger: Messenger;
	readonly me: Me;
	readonly now: Now;
	/** Archived ones last. */
	readonly channels: (space: string) => readonly ChannelSummary[];
	readonly members: (space: string) => readonly MemberView[];
	readonly #spaces: Live<readonly SpaceSummary[]>;
	readonly #network: Live<NetworkView>;
	readonly #moderation = new Map<string, ModerationModel>();
	readonly #drafts = new Map<string, Draft>();
	/** A message somebody asked to see; the conversation it is in takes it from here. */
	sought = $state.raw<Sought | null>(null);
	readonly unread: number = $derived.by(() =>
		this.spaces.reduce((sum, { unread }) => sum + unread, 0),
	);

	constructor({ messenger, clock }: Ready) {
		this.messenger = messenger;
		this.me = messenger.me;
		this.now = createNow(clock);
		const channels = perSpace((space) => messenger.channels(space));
		this.channels = (space) => inOrder(channels(space));
		this.members = perSpace((space) => messenger.members(space));
		this.#spaces = live(messenger.spaces);
		this.#network = live(messenger.network);
	}

	get spaces(): readonly SpaceSummary[] {
		return this.#spaces.current;
	}

	get network(): NetworkView {
		return this.#network.current;
	}

	/** People reached right now, not those still being connected. */
	get peerCount(): number {
		return this.network.peers.filter(({ route }) => route !== 'connecting').length;
	}

	space(id: string): SpaceSummary | undefined {
		return this.spaces.find((space) => space.id === id);
	}

	/** A channel by its id; for null, or one that is not there, the first. */
	channelAt(space: string, channel: string | null): ChannelSummary | undefined {
		const all = this.channels(space);
		return all.find(({ id }) => id === channel) ?? all[0];
	}

	/** Somebody in a space by Root Hash; undefined for those who are no longer there. */
	member(space: string, rootHash: string): MemberView | undefined {
		return byRootHash(this.members(space)).get(rootHash);
	}

	moderation(space: string): ModerationModel {
		let known = this.#moderation.get(space);
		if (!known)
			this.#moderation.set(space, (known = new ModerationModel(this.messenger.moderation(space))));
		return known;
	}

	/** The channel a message is in, or null where it is not on this device. */
	async channelOf(space: string, message: string): Promise<string | null> {
		for (const { id } of this.channels(space)) {
			const conversation = this.openConversation(space, id);
			const found = await conversation.reach(message);
			conversation.close();
			if (found) return id;
		}
		return null;
	}

	/** Opens a channel; the caller closes it. The draft of an earlier visit is still there. */
	openConversation(space: string, channel: string): ConversationModel {
		const key = `${space} ${channel}`;
		let draft = this.#drafts.get(key);
		if (!draft) this.#drafts.set(key, (draft = { text: '', replyTo: null }));
		return new ConversationModel(
			space,
			channel,
			this.messenger.conversation(space, channel),
			draft,
		);
	}
}

export const [getApp, setApp] = createContext<AppModel>();
