// The messenger as the interface reads it: reactive values, one per space and kept, and the drafts of all channels.
import { createContext } from 'svelte';
import { ConversationModel, type Draft } from './conversation.svelte.ts';
import { live, type Live } from './live.svelte.ts';
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

const perSpace = <T>(read: (space: string) => Readable<T>): ((space: string) => T) => {
	const known = new Map<string, Live<T>>();
	return (space) => {
		let value = known.get(space);
		if (!value) known.set(space, (value = live(read(space))));
		return value.current;
	};
};

export class AppModel {
	readonly messenger: Messenger;
	readonly me: Me;
	readonly now: Now;
	readonly channels: (space: string) => readonly ChannelSummary[];
	readonly members: (space: string) => readonly MemberView[];
	readonly #spaces: Live<readonly SpaceSummary[]>;
	readonly #network: Live<NetworkView>;
	readonly #drafts = new Map<string, Draft>();
	readonly unread: number = $derived.by(() =>
		this.spaces.reduce((sum, { unread }) => sum + unread, 0),
	);

	constructor({ messenger, clock }: Ready) {
		this.messenger = messenger;
		this.me = messenger.me;
		this.now = createNow(clock);
		this.channels = perSpace((space) => messenger.channels(space));
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

	/** Opens a channel; the caller closes it. The draft of an earlier visit is still there. */
	openConversation(space: string, channel: string): ConversationModel {
		const key = `${space} ${channel}`;
		let draft = this.#drafts.get(key);
		if (!draft) this.#drafts.set(key, (draft = { text: '', replyTo: null }));
		return new ConversationModel(this.messenger.conversation(space, channel), draft);
	}
}

export const [getApp, setApp] = createContext<AppModel>();
