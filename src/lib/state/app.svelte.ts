// The messenger as the interface reads it: reactive values, one per space and kept.
import { createContext } from 'svelte';
import { listedChannels } from './channel-order.ts';
import { ConversationModel } from './conversation.svelte.ts';
import { FilesModel } from './files.svelte.ts';
import { perList, perSpace, type PerSpace } from './kept.ts';
import { live, type Live } from './live.svelte.ts';
import { ModerationModel } from './moderation.svelte.ts';
import { createNow, type Now } from './now.svelte.ts';
import { Outgoing } from './outgoing.svelte.ts';
import type {
	ChannelSummary,
	Me,
	MemberView,
	Messenger,
	NetworkView,
	SpaceSummary,
} from '#lib/messenger/api.ts';
import type { TypingView } from '#lib/messenger/typing-api.ts';
import type { Warning } from '#lib/messenger/warnings.ts';
import type { BootState } from '#lib/messenger/boot-state.ts';
import type { OpenFileSink } from '#lib/ports/file-sink.ts';

type Ready = Omit<Extract<BootState, { state: 'ready' }>, 'security' | 'backupProblem'>;

/** A message to bring on screen. */
interface Sought {
	readonly space: string;
	readonly channel: string;
	readonly message: string;
}

const inOrder = perList(listedChannels);
const byRootHash = perList(
	(members: readonly MemberView[]): ReadonlyMap<string, MemberView> =>
		new Map(members.map((member) => [member.rootHash, member])),
);

export class AppModel {
	readonly messenger: Messenger;
	readonly me: Me;
	readonly now: Now;
	readonly openSink: OpenFileSink;
	/** Archived ones last. */
	readonly channels: (space: string) => readonly ChannelSummary[];
	readonly members: (space: string) => readonly MemberView[];
	readonly #spaces: Live<readonly SpaceSummary[]>;
	readonly #network: Live<NetworkView>;
	readonly #typing: Live<readonly TypingView[]>;
	/** What this person is to take note of in a space. */
	readonly warnings: (space: string) => readonly Warning[];
	/** Who may do what in a space. */
	readonly moderation: PerSpace<ModerationModel>;
	readonly files: PerSpace<FilesModel>;
	/** What is chosen to be sent in each channel of a space. */
	readonly #outgoing: PerSpace<Map<string, Outgoing>>;
	/** For what is sent by itself, such as a recording. */
	readonly createOutgoing: () => Outgoing;
	/** A message somebody asked to see; the conversation it is in takes it from here. */
	sought = $state.raw<Sought | null>(null);
	readonly unread: number = $derived.by(() =>
		this.spaces.reduce((sum, { unread }) => sum + unread, 0),
	);

	constructor({ messenger, clock, openSink, streams }: Ready) {
		this.messenger = messenger;
		this.me = messenger.me;
		this.now = createNow(clock);
		this.openSink = openSink;
		const channels = perSpace((space) => live(messenger.channels(space)));
		const warnings = perSpace((space) => live(messenger.verification.warnings(space)));
		const members = perSpace((space) => live(messenger.members(space)));
		this.channels = (space) => inOrder(channels(space).current);
		this.warnings = (space) => warnings(space).current;
		this.members = (space) => members(space).current;
		this.moderation = perSpace((space) => new ModerationModel(messenger.moderation(space)));
		this.files = perSpace((space) => new FilesModel(messenger.files(space), streams));
		this.createOutgoing = () => new Outgoing(clock);
		this.#outgoing = perSpace(() => new Map<string, Outgoing>());
		// Somebody who is let in again after a ban or after leaving comes into a space that was made anew.
		messenger.spaces.subscribe((spaces) => {
			const inside = new Set(spaces.filter(({ state }) => state === 'ready').map(({ id }) => id));
			const perSpaces = [channels, members, warnings, this.moderation, this.files, this.#outgoing];
			for (const kept of perSpaces) kept.keep(inside);
		});
		this.#spaces = live(messenger.spaces);
		this.#network = live(messenger.network);
		this.#typing = live(messenger.typing.view);
	}

	get spaces(): readonly SpaceSummary[] {
		return this.#spaces.current;
	}

	get network(): NetworkView {
		return this.#network.current;
	}

	/** Devices reached right now, by whatever route. */
	get peerCount(): number {
		return this.network.peers.length;
	}

	space(id: string): SpaceSummary | undefined {
		return this.spaces.find((space) => space.id === id);
	}

	/** Names of those who write just now, anywhere in a space or in one channel. */
	writing(space: string, channel: string | null = null): readonly string[] {
		return this.#typing.current
			.filter((each) => each.space === space && (channel === null || each.channel === channel))
			.map(({ name }) => name);
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

	/** Files chosen for a channel, which stay chosen while somebody looks elsewhere. */
	outgoing(space: string, channel: string): Outgoing {
		const kept = this.#outgoing(space);
		let outgoing = kept.get(channel);
		if (outgoing === undefined) kept.set(channel, (outgoing = this.createOutgoing()));
		return outgoing;
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

	/** Opens a channel; the caller closes it. What was typed and not sent is still there. */
	openConversation(space: string, channel: string): ConversationModel {
		const conversation = this.messenger.conversation(space, channel);
		return new ConversationModel(space, channel, conversation, this.messenger.drafts);
	}
}

export const [getApp, setApp] = createContext<AppModel>();
