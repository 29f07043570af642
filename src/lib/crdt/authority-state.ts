// What the authority log of a space amounts to: people, devices, channels, invitations, epochs, and a verdict for each
// entry. Shapes only; who fills them is membership.ts, epoch-choice.ts and authority.ts.
import type { ControlContent, Epoch, Genesis, Invite } from '#lib/protocol/content.ts';
import type { Ban, PurgedMessage } from '#lib/protocol/moderation.ts';
import { compareTime, type Time } from '#lib/protocol/entry.ts';
import type { Member } from '#lib/protocol/identity.ts';
import { compare, type Bytes } from '#lib/util/bytes.ts';
import type { Entry } from './check-entry.ts';

/** A control entry with its content, opened and its inner signatures checked. */
export interface ControlEntry {
	readonly entry: Entry;
	readonly content: ControlContent;
	/** Certificates, prekeys and proofs inside are genuine; always true for kinds that carry none. */
	readonly proven: boolean;
	/** Root Hash of the member that GENESIS or ADMIT names. */
	readonly memberRoot: Bytes | null;
	/** Of a SEALED entry that this device can read: the key, since the prekey that it was wrapped for goes. */
	readonly key?: Bytes | undefined;
}

/** The order in which entries are judged: of time, then id. */
export const inOrder = (a: Entry, b: Entry): number =>
	compareTime(a.header.time, b.header.time) || compare(a.id, b.id);

/** Control entries by id (hex). */
export type ControlEntries = ReadonlyMap<string, ControlEntry>;

/** Feeds found to be forked: device key (hex) → the first seq that is void. */
export type Forks = ReadonlyMap<string, number>;

export type Verdict =
	| 'valid'
	| 'forked'
	| 'not-a-member'
	| 'not-allowed'
	| 'unproven'
	| 'unknown-invite'
	| 'invite-expired'
	| 'invite-spent'
	| 'wrong-recipients'
	/** An EPOCH of this name was there before. */
	| 'name-taken'
	| 'not-the-genesis'
	/** Beyond the fence of a ban or a revocation. */
	| 'beyond-fence'
	/** Somebody who is banned, or a device that a ban has ended, can't be let in. */
	| 'banned'
	/** The target is no junior of who wrote it. */
	| 'not-senior'
	/** What it names is not there, or not of the kind it should be. */
	| 'unknown-target'
	/** Its INVITE was recalled, or whoever made it was banned together with its invitations. */
	| 'invite-recalled'
	/** Its time is not after that of every earlier control entry of its device. */
	| 'out-of-order'
	/** The space has as many devices as a message can be wrapped for. */
	| 'full'
	| 'after-leaving';

export interface DeviceState {
	readonly device: Bytes;
	readonly rootHash: Bytes;
	readonly member: Member;
	active: boolean;
}

export interface PersonState {
	readonly rootHash: Bytes;
	readonly name: string;
	readonly founder: boolean;
	readonly devices: DeviceState[];
	active: boolean;
}

/** A valid PLATFORM_BAN. */
export interface BanState {
	/** Entry id. */
	readonly id: Bytes;
	readonly content: Ban;
	/** Root Hash of who wrote it. */
	readonly author: Bytes;
	readonly time: Time;
	/** The PLATFORM_UNBAN that undid it (entry id), if one did. */
	undone: Bytes | null;
}

/** The end of what counts of a device: everything after `seq` is void, and at `seq` every entry but `id`. */
export interface FenceEnd {
	/** -1: nothing counts. */
	readonly seq: number;
	readonly id: Bytes | null;
}

export interface ChannelState {
	readonly id: Bytes;
	readonly name: string;
	readonly archived: boolean;
	readonly readOnly: boolean;
	/** Seconds after which its messages disappear; 0: never. */
	readonly timer: number;
}

/** A valid purge of one message. It counts for that very message of that very author. */
export interface PurgeState {
	readonly message: PurgedMessage;
	/** Root Hash of the message's author. */
	readonly author: Bytes;
	/** The CHANNEL (entry id) that it stood in, by the word of who purged it. */
	readonly channel: Bytes;
	/** Root Hash of who purged it; the author's own: deleted, not purged. */
	readonly by: Bytes;
	/** The TOMBSTONE's entry id. */
	readonly entry: Bytes;
	readonly reason: string;
}

export interface InviteState {
	readonly id: Bytes;
	readonly content: Invite;
	readonly author: Bytes;
	readonly device: Bytes;
	used: number;
}

export interface EpochState {
	/** Id of the EPOCH entry. */
	readonly entry: Bytes;
	readonly time: Time;
	/** Name of the epoch's keys, 16 bytes. */
	readonly id: Bytes;
	readonly content: Epoch;
	/** Token hashes by device (hex): the recipients', and those of devices admitted since. */
	readonly tokenHashes: Map<string, readonly Bytes[]>;
	/** Devices (hex) that may have its keys: the recipients, and whom any genuine ADMIT gave them to, void or not. */
	readonly holders: Set<string>;
}

export interface Membership {
	readonly genesis: Genesis | null;
	/** By Root Hash (hex). */
	readonly people: ReadonlyMap<string, PersonState>;
	/** Devices validly admitted, those that have left included; by device key (hex). */
	readonly devices: ReadonlyMap<string, DeviceState>;
	/** Devices (hex) that are members. */
	readonly active: ReadonlySet<string>;
	readonly channels: readonly ChannelState[];
	/** By entry id (hex). */
	readonly invites: ReadonlyMap<string, InviteState>;
	/** By entry id (hex). */
	readonly verdicts: ReadonlyMap<string, Verdict>;
	/** By Root Hash (hex): 0 the founder, n + 1 whom somebody of rank n made a Powernode. Members have none. */
	readonly ranks: ReadonlyMap<string, number>;
	/** Valid bans by entry id (hex), undone ones included. */
	readonly bans: ReadonlyMap<string, BanState>;
	/** Devices (hex) of which not everything counts, by bans and revocations: the lowest end. */
	readonly fences: ReadonlyMap<string, FenceEnd>;
	/** By `purgeKey`. */
	readonly purges: ReadonlyMap<string, PurgeState>;
	/** Feeds that a LEAVE has ended: device key (hex) → its last seq that counts. */
	readonly ended: ReadonlyMap<string, number>;
}

export interface Authority extends Membership {
	readonly epoch: EpochState | null;
	/** Valid epochs that no other valid one builds on, the current one first. */
	readonly liveEpochs: readonly EpochState[];
	/** All valid epochs in order. */
	readonly epochs: readonly EpochState[];
	/** Whether somebody who was given the owner key of this epoch may no longer have it: of a revocation it knows nothing. */
	isOwnedByRevoked(epoch: EpochState): boolean;
	/** Devices (hex) let in with the keys of different epochs at once: nobody else knows which of them they took. */
	readonly inDoubt: ReadonlySet<string>;
	/** Root Hashes (hex) under a shadow-ban that this device knows of. */
	readonly shadowed: ReadonlySet<string>;
	/** Whether what this device (hex) of this person (Root Hash, hex) wrote at this place is nobody else's to see. */
	isHidden(root: string, device: string, seq: number): boolean;
}
