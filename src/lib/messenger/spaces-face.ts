// What the rest of the messenger may ask of a person's spaces, and what it hears of them.
import type { History } from '#lib/protocol/content.ts';
import type { Time } from '#lib/protocol/entry.ts';
import type { FoundSpace } from '#lib/protocol/coming-back.ts';
import type { Invitation } from '#lib/protocol/invitation.ts';
import type { Typing } from '#lib/protocol/typing.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import type { StoreError, StoreWrite } from '#lib/ports/store.ts';
import type { Readable } from '#lib/util/signal.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';
import type { Conversation, SpaceSummary } from './api.ts';
import type { LiveConversation } from './conversation.ts';
import type { LiveModeration } from './moderation/moderation.ts';
import type { Self, SelfInSpace } from './ports.ts';
import type { Recovery } from './recovery.ts';
import type { KinMessage, SpaceNode } from './space-node-face.ts';
import type { Space, SpaceChange, WriteError } from './space/space-face.ts';
import type { Summaries } from './summaries.ts';

/** A space that is here and at work. */
export interface LiveSpace {
	readonly node: SpaceNode;
	readonly summaries: Summaries;
	readonly moderation: LiveModeration;
	readonly conversations: Set<LiveConversation>;
	readonly number: number;
	/** Who this installation is in this space. */
	readonly self: SelfInSpace;
	readonly recovery: Recovery;
}

export interface SpacesEvents {
	onPresence(): void;
	/** Whether the person lets others see that they are there, and sees it of them. */
	isShown(): boolean;
	/** The authority log of a space (hex) changed. */
	onControl(space: string): void;
	/** What another device (hex) of the person may have said in a space (hex). */
	onKin(space: string, from: string, message: KinMessage): void;
	/** Somebody writes in a space (hex). */
	onTyping(space: string, typing: Typing): void;
	onPlaced(space: string, placed: SpaceChange['placed']): void;
	/** A device of this person is let in somewhere. */
	onEnrolled(device: Bytes, block: Bytes): void;
	/** The person has come into a space, perhaps not for the first time. */
	onJoined(space: string, name: string): void;
	/** Spaces came, or this installation is somebody else in one. */
	onSpaces(): void;
	/** The person has left a space, here or by another device, or has let go of one that banned them. */
	onLeft(space: string, name: string): void;
	onRead(space: string, channel: string, time: Time): void;
}

export interface Spaces {
	readonly list: Readable<readonly SpaceSummary[]>;
	get(space: string): LiveSpace | undefined;
	live(): readonly LiveSpace[];
	load(): Promise<void>;
	found(
		kind: 'community' | 'direct',
		name: string,
		relays: readonly RelayAddress[],
		history: History,
	): Promise<Result<LiveSpace, WriteError>>;
	/** The space as it is here, or empty, for its past to be taken in; null where it is not to come back. */
	forRecall(space: Bytes): Promise<Space | null>;
	/** Its past has been taken in. */
	recalled(space: Space): Promise<void>;
	join(invitation: Invitation): Promise<Result<void, StoreError>>;
	/** Asks to be let back into a space that somebody has named, unless this device is in it. */
	comeBack(found: FoundSpace): Promise<void>;
	cancelJoin(space: string): Promise<void>;
	conversation(live: LiveSpace, channel: Bytes): Conversation;
	leave(live: LiveSpace): Promise<Result<void, WriteError>>;
	/** Forgets a space that has banned this person, or whose keys can't be read here. */
	dismiss(space: string): Promise<void>;
	/** Whether a space (hex) is here in any form: also on its way in or out, or locked. */
	knows(space: string): boolean;
	/** Whether this device is a member of a space (hex). */
	isInside(space: string): boolean;
	/** Whether a space (hex) is locked by a ban or about to be forgotten. */
	isBarred(space: string): boolean;
	/** Who this installation is to be in a space that another device lets it into. */
	selfIn(space: Bytes): Promise<Self>;
	/** The space as it is here, or empty: one for all who work with it. */
	open(self: Self, space: Bytes): Promise<Space | undefined>;
	/** This device was let in over a link or by its person's; `done` belongs into the commit that lists the space. */
	enter(space: Space, self: Self, done?: StoreWrite): Promise<void>;
	/** The person has left it by another device. */
	letGo(live: LiveSpace): Promise<void>;
	/** Another device has read a channel (hex) up to then. */
	markRead(live: LiveSpace, channel: string, time: Time): void;
	stop(): void;
}
