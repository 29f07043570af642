// What the entries say that change who may do what, and what stays: grants, fences, purges, and what only some may read.
// [CT1] [FE1] [SH1] [TB1]
//
// fence          [[device 32, seq, entry id 32] …≤64]: the last entry of each device that counts; no other device's count
// GRANT          [Root Hash 32]
// REVOKE         [Root Hash 32, fence, reason]
// PLATFORM_BAN   [Root Hash 32, fence, void invitations, reason]
// PLATFORM_UNBAN [[entry id of a ban 32 …1–16], reason]
// REVOKE_DEVICE  [device 32, fence (of that device; empty: nothing counts), root key 32, root's signature 64]
// ENROL          [member, device's signature 64, token hash 32, epoch 16, step]
// RECALL         [entry id of an INVITE 32]
// CHANNEL_EDIT   [entry id of the CHANNEL 32, name, archived, read only]
// TOMBSTONE      [Root Hash of the author 32, channel (entry id) 32, [[message id 32, device 32, seq] …1–32], reason]
// SEALED         [sealed], padded to SEALED_SIZE, under a key wrapped for some of the members only
// sealed         PLATFORM_SHADOW_BAN   [1, Root Hash 32, fence ≤16, reason]
//                PLATFORM_SHADOW_UNBAN [2, [entry id of a shadow ban 32 …1–16], fence ≤16, reason]
//                REPORT                [3, message id 32, its author 32, its device 32, its seq, reason]
import {
	bytes,
	decode,
	encode,
	flag,
	list,
	literal,
	map,
	text,
	tuple,
	uint,
	variants,
	where,
	type DecodeError,
	type Shape,
} from './cbor.ts';
import { KIND } from './entry.ts';
import { memberShape, memberToTuple, type Member } from './identity.ts';
import { label } from './labels.ts';
import { MAX_NAME, MAX_REASON, MAX_TIMER_SECONDS } from './limits.ts';
import { pad, unpad } from './block.ts';
import type { FeedHead } from './space-state.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';
import { err, type Result } from '#lib/util/result.ts';

/** Devices that a fence names; of a shadow-ban fewer, so that all sealed entries are of one size. */
export const MAX_FENCE = 64;
export const MAX_SEALED_FENCE = 16;
/** Messages that one TOMBSTONE purges. */
export const MAX_PURGED = 32;
const MAX_UNDONE = 16;

/** The last entry of each of somebody's devices that counts. Devices that it doesn't list count for nothing. */
export type Fence = readonly FeedHead[];

export interface GrantPowernode {
	readonly kind: typeof KIND.grant;
	readonly target: Bytes;
}

export interface RevokePowernode {
	readonly kind: typeof KIND.revoke;
	readonly target: Bytes;
	readonly fence: Fence;
	readonly reason: string;
}

export interface Ban {
	readonly kind: typeof KIND.ban;
	readonly target: Bytes;
	readonly fence: Fence;
	/** Whom the target's invitations let in, unseen by the ban, has no place either. */
	readonly voidInvites: boolean;
	readonly reason: string;
}

export interface Unban {
	readonly kind: typeof KIND.unban;
	readonly bans: readonly Bytes[];
	readonly reason: string;
}

export interface RevokeDevice {
	readonly kind: typeof KIND.revokeDevice;
	readonly device: Bytes;
	/** At most one: of this device. */
	readonly fence: Fence;
	readonly rootKey: Bytes;
	readonly proof: Bytes;
}

/** A further device of a member, or a fresh one in place of a device that can't go on. */
export interface Enrol {
	readonly kind: typeof KIND.enrol;
	readonly member: Member;
	/** The new device over space, member and token: it asked for this. */
	readonly proof: Bytes;
	readonly tokenHash: Bytes;
	readonly epoch: Bytes;
	readonly step: number;
}

export interface Recall {
	readonly kind: typeof KIND.recall;
	readonly invite: Bytes;
}

export interface ChannelEdit {
	readonly kind: typeof KIND.channelEdit;
	readonly channel: Bytes;
	readonly name: string;
	readonly archived: boolean;
	/** Only Powernodes write. */
	readonly readOnly: boolean;
	/** Seconds after which messages written from now on disappear; 0: never. */
	readonly timer: number;
}

export interface PurgedMessage {
	readonly id: Bytes;
	readonly device: Bytes;
	readonly seq: number;
}

export interface Tombstone {
	readonly kind: typeof KIND.tombstone;
	/** Root Hash of the messages' author: one's own are deleted, others' purged. */
	readonly author: Bytes;
	/** Where they stood: who never read them shows there that they were. */
	readonly channel: Bytes;
	readonly messages: readonly PurgedMessage[];
	readonly reason: string;
}

export type SealedContent =
	| {
			readonly type: 'shadow-ban';
			readonly target: Bytes;
			readonly fence: Fence;
			readonly reason: string;
	  }
	| {
			readonly type: 'shadow-unban';
			readonly bans: readonly Bytes[];
			/** What was written up to here stays unseen. */
			readonly fence: Fence;
			readonly reason: string;
	  }
	| {
			readonly type: 'report';
			readonly message: PurgedMessage;
			readonly author: Bytes;
			readonly reason: string;
	  };

/** A control entry of which only its recipients know what it says. */
export interface Sealed {
	readonly kind: typeof KIND.sealed;
	/** null: not for this device. */
	readonly content: SealedContent | null;
}

export type Moderation =
	| GrantPowernode
	| RevokePowernode
	| Ban
	| Unban
	| RevokeDevice
	| Enrol
	| Recall
	| ChannelEdit
	| Tombstone
	| Sealed;

const id = bytes(32);
const reason = text(MAX_REASON);

/** Each device once: two ends of one feed would say nothing. */
const fenceShape = (limit: number): Shape<FeedHead[]> =>
	where(
		list(
			map(tuple(id, uint(), id), ([feed, seq, last]) => ({ feed, seq, id: last })),
			limit,
		),
		(fence) => new Set(fence.map(({ feed }) => feed.join())).size === fence.length,
		'device named twice',
	);
const some = <T>(shape: Shape<T[]>): Shape<T[]> =>
	where(shape, (items) => items.length > 0, 'empty list');
const purgedShape = map(tuple(id, id, uint()), ([message, device, seq]) => ({
	id: message,
	device,
	seq,
}));

const fenceToTuple = (fence: Fence): unknown[] =>
	fence.map(({ feed, seq, id: last }) => [feed, seq, last]);
const purgedToTuple = ({ id: message, device, seq }: PurgedMessage): unknown[] => [
	message,
	device,
	seq,
];

const sealedShape: Shape<SealedContent> = variants<SealedContent>(
	map(tuple(literal(1), id, fenceShape(MAX_SEALED_FENCE), reason), ([, target, fence, why]) => ({
		type: 'shadow-ban' as const,
		target,
		fence,
		reason: why,
	})),
	map(
		tuple(literal(2), some(list(id, MAX_UNDONE)), fenceShape(MAX_SEALED_FENCE), reason),
		([, bans, fence, why]) => ({ type: 'shadow-unban' as const, bans, fence, reason: why }),
	),
	map(tuple(literal(3), purgedShape, id, reason), ([, message, author, why]) => ({
		type: 'report' as const,
		message,
		author,
		reason: why,
	})),
);

function sealedToTuple(content: SealedContent): unknown[] {
	switch (content.type) {
		case 'shadow-ban':
			return [1, content.target, fenceToTuple(content.fence), content.reason];
		case 'shadow-unban':
			return [2, content.bans, fenceToTuple(content.fence), content.reason];
		case 'report':
			return [3, purgedToTuple(content.message), content.author, content.reason];
	}
}

/** Plain size of every sealed content, so that its length doesn't tell a report from a ban. */
export const SEALED_SIZE = 2048;

/** What a SEALED entry's body holds: always SEALED_SIZE bytes. */
export function encodeSealed(content: SealedContent): Bytes {
	const padded = pad(encode(sealedToTuple(content)), 0, [SEALED_SIZE]);
	if (padded === undefined) throw new Error('sealed content of more than one size');
	return padded;
}

export function decodeSealed(padded: Uint8Array): Result<SealedContent, DecodeError> {
	const content = padded.length === SEALED_SIZE ? unpad(padded) : undefined;
	if (content === undefined)
		return err({ type: 'malformed', detail: 'not padded as it should be' });
	return decode(sealedShape, content, SEALED_SIZE);
}

export const moderationShapes = {
	[KIND.grant]: map(tuple(id), ([target]) => ({ kind: KIND.grant, target })),
	[KIND.revoke]: map(tuple(id, fenceShape(MAX_FENCE), reason), ([target, fence, why]) => ({
		kind: KIND.revoke,
		target,
		fence,
		reason: why,
	})),
	[KIND.ban]: map(
		tuple(id, fenceShape(MAX_FENCE), flag, reason),
		([target, fence, voidInvites, why]) => ({
			kind: KIND.ban,
			target,
			fence,
			voidInvites,
			reason: why,
		}),
	),
	[KIND.unban]: map(tuple(some(list(id, MAX_UNDONE)), reason), ([bans, why]) => ({
		kind: KIND.unban,
		bans,
		reason: why,
	})),
	[KIND.revokeDevice]: map(
		tuple(id, fenceShape(1), id, bytes(64)),
		([device, fence, rootKey, proof]) => ({
			kind: KIND.revokeDevice,
			device,
			fence,
			rootKey,
			proof,
		}),
	),
	[KIND.enrol]: map(
		tuple(memberShape, bytes(64), id, bytes(16), uint(1_000_000)),
		([member, proof, tokenHash, epoch, step]) => ({
			kind: KIND.enrol,
			member,
			proof,
			tokenHash,
			epoch,
			step,
		}),
	),
	[KIND.recall]: map(tuple(id), ([invite]) => ({ kind: KIND.recall, invite })),
	[KIND.channelEdit]: map(
		tuple(
			id,
			where(text(MAX_NAME), (value) => value.trim().length > 0, 'empty name'),
			flag,
			flag,
			uint(MAX_TIMER_SECONDS),
		),
		([channel, name, archived, readOnly, timer]) => ({
			kind: KIND.channelEdit,
			channel,
			name,
			archived,
			readOnly,
			timer,
		}),
	),
	[KIND.tombstone]: map(
		tuple(id, id, some(list(purgedShape, MAX_PURGED)), reason),
		([author, channel, messages, why]) => ({
			kind: KIND.tombstone,
			author,
			channel,
			messages,
			reason: why,
		}),
	),
} as const satisfies Record<number, Shape<Moderation>>;

/** The tuple of everything but SEALED, whose body is made by `encodeSealed`. */
export function moderationToTuple(content: Exclude<Moderation, Sealed>): unknown[] {
	switch (content.kind) {
		case KIND.grant:
			return [content.target];
		case KIND.revoke:
			return [content.target, fenceToTuple(content.fence), content.reason];
		case KIND.ban:
			return [content.target, fenceToTuple(content.fence), content.voidInvites, content.reason];
		case KIND.unban:
			return [content.bans, content.reason];
		case KIND.revokeDevice:
			return [content.device, fenceToTuple(content.fence), content.rootKey, content.proof];
		case KIND.enrol:
			return [
				memberToTuple(content.member),
				content.proof,
				content.tokenHash,
				content.epoch,
				content.step,
			];
		case KIND.recall:
			return [content.invite];
		case KIND.channelEdit:
			return [content.channel, content.name, content.archived, content.readOnly, content.timer];
		case KIND.tombstone:
			return [content.author, content.channel, content.messages.map(purgedToTuple), content.reason];
	}
}

/** The bytes that a root signs to end one of its devices in a space. */
export const revokeDeviceContent = (
	space: Uint8Array,
	{ device, fence }: Pick<RevokeDevice, 'device' | 'fence'>,
): Bytes => concat(label('revoke-device'), encode([space, device, fenceToTuple(fence)]));

/** The bytes that a device signs to be enrolled in a space. */
export const enrolContent = (
	space: Uint8Array,
	{ member, tokenHash }: Pick<Enrol, 'member' | 'tokenHash'>,
): Bytes => concat(label('enrol'), encode([space, memberToTuple(member), tokenHash]));
