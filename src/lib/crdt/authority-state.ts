// What the authority log of a space amounts to: people, devices, channels, invitations, epochs, and a verdict for each
// entry. Shapes only; who fills them is membership.ts, epoch-choice.ts and authority.ts.
import type { Channel, ControlContent, Epoch, Genesis, Invite } from '#lib/protocol/content.ts';
import type { Member } from '#lib/protocol/identity.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Entry } from './check-entry.ts';

/** A control entry with its content, opened and its inner signatures checked. */
export interface ControlEntry {
	readonly entry: Entry;
	readonly content: ControlContent;
	/** Certificates, prekeys and proofs inside are genuine; always true for kinds that carry none. */
	readonly proven: boolean;
	/** Root Hash of the member that GENESIS or ADMIT names. */
	readonly memberRoot: Bytes | null;
}

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
	| 'not-the-genesis'
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
	readonly channels: readonly { readonly id: Bytes; readonly content: Channel }[];
	/** By entry id (hex). */
	readonly invites: ReadonlyMap<string, InviteState>;
	/** By entry id (hex). */
	readonly verdicts: ReadonlyMap<string, Verdict>;
	/** Feeds that a LEAVE has ended: device key (hex) → its last seq that counts. */
	readonly ended: ReadonlyMap<string, number>;
}

export interface Authority extends Membership {
	readonly epoch: EpochState | null;
	/** Valid epochs that no other valid one builds on, the current one first. */
	readonly liveEpochs: readonly EpochState[];
	/** All valid epochs in order. */
	readonly epochs: readonly EpochState[];
	/** Devices (hex) let in with the keys of different epochs at once: nobody else knows which of them they took. */
	readonly inDoubt: ReadonlySet<string>;
}
