// What a space at work can be asked for, and what it tells.
import type { Content, EpochReason } from '#lib/protocol/content.ts';
import type { CopyMessage } from '#lib/protocol/history-copy.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import type { SignalStep, SpaceMessage } from '#lib/protocol/space-message.ts';
import type { Typing } from '#lib/protocol/typing.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';
import type { Outbox } from './delivery/outbox.ts';
import type { Post } from './delivery/post-face.ts';
import type { SpaceReach } from './delivery/reach.ts';
import type { LinkedSpace } from './delivery/live-link.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import type { LiveSpaceFiles } from './files/space-files.ts';
import type { Admission } from './joining/admission.ts';
import type { SelfInSpace } from './ports.ts';
import type { WriteHow } from './space/drafting.ts';
import type { Space, SpaceChange, WriteError } from './space/space-face.ts';

export type KinMessage = Extract<SpaceMessage, { type: 'kin' | 'enrol-me' }>;

export interface SpaceNodeEvents {
	onChange(change: SpaceChange): void;
	onDelivery(seqs: readonly number[]): void;
	/** Who can be reached, or how, changed. */
	onPresence(): void;
	/** Whether others may see that the person is there; without this, they don’t. [ON1] */
	isShown?(): boolean;
	/** A fresh device of this installation is let in. */
	onEnrolled(device: Bytes, block: Bytes): void;
	/** What a device (hex) says of another space; without this, nobody listens to it. */
	onForeign?(from: string, message: SpaceMessage): void;
	/** What a device (hex) of the same person may say, wherever the two meet. */
	onKin?(from: string, message: KinMessage): void;
	/** Somebody writes; without this, nobody looks. */
	onTyping?(typing: Typing): void;
	/** What a device (hex) that has proven itself on a direct link says of a copy. */
	onCopy?(from: string, message: CopyMessage): void;
}

export type ChangeRoster = (present: readonly RelayAddress[]) => readonly RelayAddress[];

export interface SpaceNode {
	readonly space: Space;
	/** Who this installation is in it. */
	readonly self: SelfInSpace;
	readonly post: Post;
	readonly outbox: Outbox;
	readonly linked: LinkedSpace;
	readonly files: LiveSpaceFiles;
	/** Whom others reach, and who carries for whom. */
	readonly reach: Pick<SpaceReach, 'via' | 'reachOf' | 'recordOf' | 'wants' | 'welcomes' | 'look'>;
	/** `extra`, asked at the same moment, is committed with it. */
	write(
		content: Content,
		how?: WriteHow,
		extra?: (entry: Entry) => readonly StoreWrite[],
	): Promise<Result<Entry, WriteError>>;
	/** `roster` makes the epoch's relays of those that there are by then. */
	startEpoch(reason: EpochReason, roster: ChangeRoster): Promise<void>;
	/** Lets in who asks over a link, by an invitation of this space. */
	letIn: Admission['letIn'];
	signal(device: string, attempt: Bytes, step: SignalStep, payload: Bytes): Promise<boolean>;
	/** A direct link proved to be a member's: levels with it. */
	onMember(device: string): void;
	onLinkEnvelope(device: string, envelope: Bytes): void;
	/** A direct link is gone: levels by the way that is left, if one is. */
	onLinkLost(device: string): void;
	stop(): void;
}
