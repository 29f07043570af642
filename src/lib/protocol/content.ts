// What the body of each kind of entry says, before it is sealed. [CT1]
//
// GENESIS [space kind, name, history policy, space key 32, founder (member)]
// EPOCH   [reason, [[maker (device) 32, earlier control key 32] …≤16], recipients [[device 32, token hash 32] …],
//          write key 32, owner key 32, group commitment 32, envelope commitment 32, relays, ttl (s)]
// ADMIT   [invite (entry id) 32, invite key's signature 64, member, token hash 32, epoch 16, step]
// LEAVE   []
// CHANNEL [name]
// INVITE  [invite key 32, uses, expiry (ms), role, lobby secret 32, relays]
// MESSAGE [channel (entry id) 32, text, reply to (entry id) 32 or null] and, if it has files, their attachment
// UPDATE  [generation, part, parts, whole, bytes ≤ 8192]   of the account document; account spaces only
// The others are in moderation.ts.
import { attachmentShape, attachmentToTuple, type Attachment } from './attachment.ts';
import {
	blob,
	bytes,
	decode,
	encode,
	list,
	map,
	optional,
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
import {
	MAX_AUTHORITY_HEADS,
	MAX_DEVICES,
	MAX_LARGE_PACKET,
	MAX_NAME,
	MAX_PACKET,
	MAX_RELAYS,
	MAX_TEXT,
	MAX_TTL_SECONDS,
	MAX_UPDATE_PART,
	MAX_UPDATE_PARTS,
} from './limits.ts';
import {
	decodeSealed,
	encodeSealed,
	moderationShapes,
	moderationToTuple,
	type Moderation,
	type Sealed,
} from './moderation.ts';
import { relayAddressShape, relayAddressToTuple, type RelayAddress } from './relay-address.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export const SPACE_KIND = { community: 1, direct: 2, account: 3 } as const;
export type SpaceKind = (typeof SPACE_KIND)[keyof typeof SPACE_KIND];

export const HISTORY = { sinceJoined: 0, everything: 1 } as const;
export type History = (typeof HISTORY)[keyof typeof HISTORY];

/** removal: somebody who has its keys, or the owner key, is to have them no longer. age: a week, or many messages. keys:
 * its author has none that are of use to it in the one before. */
export const EPOCH_REASON = { start: 0, removal: 1, age: 2, relays: 3, keys: 4 } as const;
export type EpochReason = (typeof EPOCH_REASON)[keyof typeof EPOCH_REASON];

export interface Genesis {
	readonly kind: typeof KIND.genesis;
	readonly spaceKind: SpaceKind;
	readonly name: string;
	readonly history: History;
	/** Lifelong secret of the space: members recognise each other by it, epochs aside. */
	readonly spaceKey: Bytes;
	readonly founder: Member;
}

/** The control key of an epoch, and the device that made the epoch: its name follows from both. */
export interface ControlKey {
	readonly maker: Bytes;
	readonly key: Bytes;
}

export interface Recipient {
	readonly device: Bytes;
	readonly tokenHash: Bytes;
}

export interface Epoch {
	readonly kind: typeof KIND.epoch;
	readonly reason: EpochReason;
	/** The control keys of the epochs that this one follows: who can read it can read the whole authority log. */
	readonly earlierControlKeys: readonly ControlKey[];
	readonly recipients: readonly Recipient[];
	/** Public: the mailbox's id follows from both. */
	readonly writeKey: Bytes;
	readonly ownerKey: Bytes;
	/** Of the group key before anybody joined, and of the envelope key: whoever is given others notices. */
	readonly groupCommitment: Bytes;
	readonly envelopeCommitment: Bytes;
	readonly relays: readonly RelayAddress[];
	/** How long the mailbox keeps a packet, in seconds. */
	readonly ttl: number;
}

export interface Admit {
	readonly kind: typeof KIND.admit;
	/** The INVITE entry used. */
	readonly invite: Bytes;
	/** The invite key over space, Root Hash, certificate and prekey of this very member. */
	readonly proof: Bytes;
	readonly member: Member;
	readonly tokenHash: Bytes;
	readonly epoch: Bytes;
	/** How many times the epoch's group key has stepped forward, for the joiner to begin with. */
	readonly step: number;
}

export interface Leave {
	readonly kind: typeof KIND.leave;
}

export interface Channel {
	readonly kind: typeof KIND.channel;
	readonly name: string;
}

export interface Invite {
	readonly kind: typeof KIND.invite;
	readonly inviteKey: Bytes;
	/** How many people it admits. */
	readonly uses: number;
	/** Milliseconds since 1970; 0: never. */
	readonly expiry: number;
	readonly role: number;
	/** Members derive the lobby's reading keys from it; the link never carries it. */
	readonly lobbySecret: Bytes;
	readonly relays: readonly RelayAddress[];
}

export interface Message {
	readonly kind: typeof KIND.message;
	readonly channel: Bytes;
	readonly text: string;
	readonly replyTo: Bytes | null;
	/** The files that the header names. */
	readonly attachment?: Attachment;
}

/** A change of the account document, in as many parts as it takes, one after the other in the device's feed. */
export interface Update {
	readonly kind: typeof KIND.update;
	/** Of the document; a later one takes the place of an earlier one. */
	readonly generation: number;
	readonly part: number;
	readonly parts: number;
	/**
	 * null: what is new. Otherwise the whole document, and the first entry of the feed that some other device may not hold:
	 * nobody asks for those before it.
	 */
	readonly whole: number | null;
	readonly bytes: Bytes;
}

export type ControlContent = Genesis | Epoch | Admit | Leave | Channel | Invite | Moderation;
export type Content = ControlContent | Message | Update;

const oneOf = <T extends number>(values: Record<string, T>): Shape<T> =>
	where(uint(255), (value) => Object.values<number>(values).includes(value), 'unknown') as Shape<T>;

export const historyShape: Shape<History> = oneOf(HISTORY);

const name = where(text(MAX_NAME), (value) => value.trim().length > 0, 'empty name');
const relays = list(relayAddressShape, MAX_RELAYS);

export const controlKeyShape: Shape<ControlKey> = map(
	tuple(bytes(32), bytes(32)),
	([maker, key]) => ({ maker, key }),
);
/** Those with which a whole authority log is read. */
export const controlKeysShape: Shape<readonly ControlKey[]> = list(
	controlKeyShape,
	MAX_AUTHORITY_HEADS,
);
export const controlKeyToTuple = ({ maker, key }: ControlKey): unknown[] => [maker, key];

const shapes: Record<number, Shape<Content>> = {
	...moderationShapes,
	[KIND.genesis]: map(
		tuple(oneOf(SPACE_KIND), name, historyShape, bytes(32), memberShape),
		([spaceKind, title, history, spaceKey, founder]) => ({
			kind: KIND.genesis,
			spaceKind,
			name: title,
			history,
			spaceKey,
			founder,
		}),
	),
	[KIND.epoch]: map(
		tuple(
			oneOf(EPOCH_REASON),
			controlKeysShape,
			list(
				map(tuple(bytes(32), bytes(32)), ([device, tokenHash]) => ({ device, tokenHash })),
				MAX_DEVICES,
			),
			bytes(32),
			bytes(32),
			bytes(32),
			bytes(32),
			relays,
			uint(MAX_TTL_SECONDS),
		),
		(t) => ({
			kind: KIND.epoch,
			reason: t[0],
			earlierControlKeys: t[1],
			recipients: t[2],
			writeKey: t[3],
			ownerKey: t[4],
			groupCommitment: t[5],
			envelopeCommitment: t[6],
			relays: t[7],
			ttl: t[8],
		}),
	),
	[KIND.admit]: map(
		tuple(bytes(32), bytes(64), memberShape, bytes(32), bytes(16), uint(1_000_000)),
		([invite, proof, member, tokenHash, epoch, step]) => ({
			kind: KIND.admit,
			invite,
			proof,
			member,
			tokenHash,
			epoch,
			step,
		}),
	),
	[KIND.leave]: map(tuple(), () => ({ kind: KIND.leave })),
	[KIND.channel]: map(tuple(name), ([title]) => ({ kind: KIND.channel, name: title })),
	[KIND.invite]: map(
		tuple(bytes(32), uint(100_000), uint(2 ** 48), uint(255), bytes(32), relays),
		([inviteKey, uses, expiry, role, lobbySecret, roster]) => ({
			kind: KIND.invite,
			inviteKey,
			uses,
			expiry,
			role,
			lobbySecret,
			relays: roster,
		}),
	),
	[KIND.message]: variants<Content>(
		map(tuple(bytes(32), text(MAX_TEXT), optional(bytes(32))), ([channel, words, replyTo]) => ({
			kind: KIND.message,
			channel,
			text: words,
			replyTo,
		})),
		map(
			tuple(bytes(32), text(MAX_TEXT), optional(bytes(32)), attachmentShape),
			([channel, words, replyTo, attachment]) => ({
				kind: KIND.message,
				channel,
				text: words,
				replyTo,
				attachment,
			}),
		),
	),
	[KIND.update]: where(
		map(
			tuple(
				uint(),
				uint(MAX_UPDATE_PARTS - 1),
				uint(MAX_UPDATE_PARTS),
				optional(uint()),
				blob(MAX_UPDATE_PART),
			),
			([generation, part, parts, whole, change]) => ({
				kind: KIND.update,
				generation,
				part,
				parts,
				whole,
				bytes: change,
			}),
		),
		({ part, parts }) => part < parts,
		'no such part',
	),
};

function toTuple(content: Exclude<Content, Sealed>): unknown[] {
	switch (content.kind) {
		case KIND.genesis:
			return [
				content.spaceKind,
				content.name,
				content.history,
				content.spaceKey,
				memberToTuple(content.founder),
			];
		case KIND.epoch:
			return [
				content.reason,
				content.earlierControlKeys.map(controlKeyToTuple),
				content.recipients.map((r) => [r.device, r.tokenHash]),
				content.writeKey,
				content.ownerKey,
				content.groupCommitment,
				content.envelopeCommitment,
				content.relays.map(relayAddressToTuple),
				content.ttl,
			];
		case KIND.admit:
			return [
				content.invite,
				content.proof,
				memberToTuple(content.member),
				content.tokenHash,
				content.epoch,
				content.step,
			];
		case KIND.leave:
			return [];
		case KIND.channel:
			return [content.name];
		case KIND.invite:
			return [
				content.inviteKey,
				content.uses,
				content.expiry,
				content.role,
				content.lobbySecret,
				content.relays.map(relayAddressToTuple),
			];
		case KIND.message:
			return [
				content.channel,
				content.text,
				content.replyTo,
				...(content.attachment === undefined ? [] : [attachmentToTuple(content.attachment)]),
			];
		case KIND.update:
			return [content.generation, content.part, content.parts, content.whole, content.bytes];
		default:
			return moderationToTuple(content);
	}
}

/** Throws for a SEALED whose content is not known here: there is nothing to encode. */
export function encodeContent(content: Content): Bytes {
	if (content.kind !== KIND.sealed) return encode(toTuple(content));
	if (content.content === null) throw new Error('nothing known of it');
	return encodeSealed(content.content);
}

/** The content of an entry of this kind; an unknown kind is a shape error and the entry stays opaque. */
export function decodeContent(kind: number, encoded: Uint8Array): Result<Content, DecodeError> {
	if (kind === KIND.sealed) {
		const content = decodeSealed(encoded);
		return content.ok ? ok({ kind: KIND.sealed, content: content.value }) : content;
	}
	const shape = shapes[kind];
	if (shape === undefined) return err({ type: 'shape', detail: `unknown kind ${kind}` });
	return decode(shape, encoded, kind === KIND.epoch ? MAX_LARGE_PACKET : MAX_PACKET);
}
