// Puts a space that has been opened to work: its node, and what people see of it.
import { createReadMarks, type LiveConversation } from './conversation.ts';
import type { Links } from './delivery/links.ts';
import type { RelayPool } from './delivery/relay-pool.ts';
import type { Inviting } from './joining/inviting.ts';
import { createModeration } from './moderation/moderation.ts';
import type { Ports, SelfInSpace } from './ports.ts';
import { createRecovery } from './recovery.ts';
import type { NextSelf, SelvesInSpaces } from './self-in-space.ts';
import type { SpaceNodeEvents } from './space-node-face.ts';
import { startSpaceNode } from './space-node.ts';
import type { Space, SpaceChange } from './space/space-face.ts';
import type { LiveSpace } from './spaces-face.ts';
import { createSummaries } from './summaries.ts';

interface Tools {
	readonly ports: Ports;
	readonly pool: RelayPool;
	readonly links: Links;
	readonly selves: SelvesInSpaces;
	readonly inviting: Inviting;
	isBlocked(rootHash: string): boolean;
	isVerified(rootHash: string): boolean;
}

interface LiveSpaceEvents extends Required<
	Pick<SpaceNodeEvents, 'onPresence' | 'isShown' | 'onEnrolled' | 'onKin' | 'onTyping'>
> {
	/** The space as others find it; undefined before it is among them, and when it is no longer. */
	current(): LiveSpace | undefined;
	/** The authority log changed, and what stands on it was told. */
	onControl(): void;
	/** These entries have come, or were written here. */
	onPlaced(placed: SpaceChange['placed']): void;
	/** What sums it up changed. */
	onChange(): void;
	/** A fresh device is to go on in its place. */
	onNextSelf(live: LiveSpace, next: NextSelf): void;
}

export async function startLiveSpace(
	{ ports, pool, links, selves, inviting, isBlocked, isVerified }: Tools,
	space: Space,
	number: number,
	self: SelfInSpace,
	events: LiveSpaceEvents,
): Promise<LiveSpace> {
	const conversations = new Set<LiveConversation>();
	const refreshAll = (): void => {
		for (const conversation of conversations) conversation.refresh();
	};

	// What changes before the summaries are there, they find when they load.
	function onChange({ messages, shrunk, control, placed }: SpaceChange): void {
		events.onPlaced(placed);
		const live = events.current();
		for (const [channel, added] of messages) live?.summaries.added(channel, added);
		if (shrunk.size > 0) void live?.summaries.recount(shrunk).then(events.onChange);
		if (control) {
			live?.moderation.update();
			void live?.summaries.update().then(events.onChange);
		}
		if (messages.size > 0 || shrunk.size > 0 || control) refreshAll();
		if (control) events.onControl();
		events.onChange();
	}

	space.onShown = refreshAll;
	const node = await startSpaceNode(ports, self, space, pool, links, {
		onChange,
		onDelivery: refreshAll,
		onPresence: events.onPresence,
		isShown: events.isShown,
		onEnrolled(device, block) {
			events.current()?.recovery.onEnrolled(device, block);
			events.onEnrolled(device, block);
		},
		onKin: events.onKin,
		onTyping: events.onTyping,
	});
	const marks = createReadMarks(ports.store, space.id);
	const summaries = createSummaries(ports, self, node, marks, {
		...{ isBlocked, isVerified, isShown: events.isShown },
	});
	await summaries.update();
	await inviting.load(space, self);
	const moderation = createModeration({ ports, self, node, linkOf: inviting.linkOf });
	const recovery = createRecovery(ports, selves, node, self, (next) => {
		events.onNextSelf(live, next);
	});
	const live: LiveSpace = { node, summaries, moderation, conversations, number, self, recovery };
	return live;
}
