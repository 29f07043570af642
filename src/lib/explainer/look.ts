// What people's screens show, by the same interface that the app's own screens have. A conversation is opened once for
// each life of a node.
import type { Conversation, MessageView, Messenger } from '#lib/messenger/api.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { toHex } from '#lib/util/bytes.ts';
import type { RouterKind, ShownMessage, ShownPerson } from './recording.ts';

export interface Look {
	/** The space's first channel on this node. */
	conversation(node: SimulatedNode): Conversation;
	messages(node: SimulatedNode): readonly MessageView[];
	person(node: SimulatedNode): ShownPerson;
	/** Something has passed to or from this node: whom it knows to be there is asked anew. */
	stir(name: string): void;
}

/** The last messages on a screen: as many as free play can write. */
const SHOWN = 80;

const AWAY = {
	running: false,
	network: 'offline',
	peers: [],
	space: 'none',
	bannedBy: null,
	reason: null,
	members: [],
	knows: [],
	messages: [],
	relays: [],
} as const;

export function createLook(
	space: (name: string) => string,
	router: (name: string) => RouterKind | undefined,
	isTurned: (name: string) => boolean,
): Look {
	const opened = new Map<string, { of: Messenger; in: string; conversation: Conversation }>();
	/** What was shown last, for screens of devices that are off. */
	const before = new Map<string, ShownPerson>();
	/** Whom somebody knows to be there: dear to ask for, and the same as long as nothing is said. */
	const known = new Map<string, readonly string[]>();

	function find({ name, messenger }: SimulatedNode): Conversation | undefined {
		const known = opened.get(name);
		if (known?.of === messenger && known.in === space(name)) return known.conversation;
		const [channel] = messenger.channels(space(name)).get();
		if (channel === undefined) return undefined;
		const conversation = messenger.conversation(space(name), channel.id);
		opened.set(name, { of: messenger, in: space(name), conversation });
		return conversation;
	}

	function knows({ name, messenger }: SimulatedNode): readonly string[] {
		const found = known.get(name) ?? knownTo(messenger, space(name));
		known.set(name, found);
		return found;
	}

	function person(node: SimulatedNode): ShownPerson {
		const { name } = node;
		const modified = isTurned(name);
		const hash = toHex(node.self.rootHash);
		const base = { name, hash, modified, router: router(name) ?? 'cone' } as const;
		if (!node.running) {
			return { ...AWAY, ...before.get(name), ...base, running: modified, peers: [] };
		}
		const { messenger } = node;
		const network = messenger.network.get();
		const summary = messenger.spaces.get().find(({ id }) => id === space(name));
		const isIn = summary?.state === 'ready';
		const shown: ShownPerson = {
			...base,
			running: true,
			network: network.state,
			peers: network.peers.map(({ name: peer, route }) => ({ name: peer, route })),
			space: summary?.state ?? 'none',
			bannedBy: summary?.ban?.byName ?? null,
			reason: summary?.ban?.reason ?? null,
			members: isIn
				? messenger
						.members(space(name))
						.get()
						.map((member) => member.name)
				: [],
			knows: isIn ? knows(node) : [],
			messages: isIn ? (find(node)?.messages.get() ?? []).slice(-SHOWN).map(toShown) : [],
			relays: network.relays
				.filter(({ state }) => state === 'connected')
				.map(({ address }) => address),
		};
		before.set(name, shown);
		return shown;
	}

	return {
		conversation(node) {
			const conversation = find(node);
			if (conversation === undefined) throw new Error(`${node.name} has no channel`);
			return conversation;
		},
		messages: (node) => (node.running ? (find(node)?.messages.get() ?? []) : []),
		person,
		stir(name) {
			known.delete(name);
		},
	};
}

const knownTo = (messenger: Messenger, space: string): readonly string[] =>
	messenger
		.mesh(space)
		.devices.filter(({ own }) => !own)
		.map(({ name }) => name);

const toShown = (message: MessageView): ShownMessage => ({
	id: message.id,
	author: message.authorName,
	mine: message.mine,
	text: message.text,
	gone: message.gone?.how ?? null,
	delivery: message.delivery?.state ?? null,
	delivered: message.delivery?.delivered ?? 0,
	of: message.delivery?.of ?? 0,
	files: message.files?.files.map(({ name }) => name) ?? [],
});
