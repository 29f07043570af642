// How somebody with an invitation knocks, and how a member lets them in. [IN3] [IN4]
// Both travel sealed to a public key, in blocks, through mailboxes: the lobby's and the joiner's own.
//
// request [1, space 32, invite key 32, proof 64, member, token hash 32, reply mailbox 32, reply write seed 32]
// join grant [1, maker (device) 32, group key 32, step, control key 32, envelope key 32, write seed 32,
//          owner seed 32 or null]
// epoch box [seed 32, token 32, owner seed 32 or null]   for each recipient of an EPOCH
// answer  [certificate of the device that answers, its signature 64, reply]
// reply   WELCOME [0, space 32, join grant, [[maker 32, control key 32] …≤16] of other epochs,
//                 [[feed 32, seq, head id 32] …] where the view begins]
//         ENTRIES [1, [packet …]]   the authority log
//         REFUSED [2, reason]
//         PART    [3, [hash 32 …≤17], index, bytes]   of an answer, where it is longer than a block (part.ts)
//         PREKEYS [4, [prekey …≤64]]   of the members' devices, where newer than in the log
import {
	blob,
	bytes,
	decode,
	encode,
	list,
	literal,
	map,
	optional,
	tuple,
	uint,
	variants,
	type DecodeError,
	type Shape,
} from './cbor.ts';
import { controlKeysShape, controlKeyToTuple, type ControlKey } from './content.ts';
import { packetShape, packetToTuple, type Packet } from './entry.ts';
import {
	certificateShape,
	certificateToTuple,
	memberShape,
	memberToTuple,
	prekeyShape,
	prekeyToTuple,
	type Certificate,
	type Member,
	type Prekey,
} from './identity.ts';
import { MAX_LARGE_PACKET } from './limits.ts';
import { partShape, partToTuple, type Part } from './part.ts';
import { MAX_PREKEYS_PER_MESSAGE } from './space-message.ts';
import type { FeedHead } from './space-state.ts';
import { label } from './labels.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

export interface JoinRequest {
	readonly space: Bytes;
	readonly inviteKey: Bytes;
	readonly proof: Bytes;
	readonly member: Member;
	/** Of the joiner's token in the space's mailboxes: whoever admits it, and however often, it has this one. */
	readonly tokenHash: Bytes;
	readonly replyMailbox: Bytes;
	readonly replyWriteSeed: Bytes;
}

/** What a device needs to take part in an epoch from a step on. */
export interface Grant {
	/** The device that made the epoch. */
	readonly maker: Bytes;
	readonly groupKey: Bytes;
	readonly step: number;
	readonly controlKey: Bytes;
	readonly envelopeKey: Bytes;
	readonly writeSeed: Bytes;
	/** This device's own token: reads and acknowledges its packets. */
	readonly token: Bytes;
	readonly ownerSeed: Bytes | null;
}

/** What an EPOCH gives to each of its recipients: all but the token and the right of owners follows from the seed. */
export interface EpochBox {
	readonly seed: Bytes;
	readonly token: Bytes;
	readonly ownerSeed: Bytes | null;
}

/** What whoever admits hands on: a joiner draws its token itself. */
export type JoinGrant = Omit<Grant, 'token'>;

/** spent: used up. expired, unknown: as said. full: the space has no room for more devices. */
export const REFUSAL = { unknown: 0, expired: 1, spent: 2, full: 3 } as const;
export type Refusal = (typeof REFUSAL)[keyof typeof REFUSAL];

export type JoinReply =
	| {
			readonly type: 'welcome';
			readonly space: Bytes;
			readonly grant: JoinGrant;
			/** Of epochs that the granted one does not follow: without them parts of the authority log stay shut. */
			readonly controlKeys: readonly ControlKey[];
			readonly bases: readonly FeedHead[];
	  }
	| { readonly type: 'entries'; readonly packets: readonly Packet[] }
	| { readonly type: 'refused'; readonly reason: Refusal }
	| { readonly type: 'prekeys'; readonly records: readonly Prekey[] }
	| { readonly type: 'part'; readonly part: Part };

/** Feeds in a WELCOME. */
const MAX_BASES = 3000;

/** The bytes that an invite key signs for one person's device, so that the proof serves nobody else. */
export const joinProofContent = (
	crypto: { sha256(...parts: readonly Uint8Array[]): Bytes },
	space: Uint8Array,
	rootHash: Uint8Array,
	member: Member,
): Bytes => concat(label('join'), space, rootHash, crypto.sha256(encode(memberToTuple(member))));

const id = bytes(32);

const requestShape: Shape<JoinRequest> = map(
	tuple(literal(1), id, id, bytes(64), memberShape, id, id, id),
	([, space, inviteKey, proof, member, tokenHash, replyMailbox, replyWriteSeed]) => ({
		space,
		inviteKey,
		proof,
		member,
		tokenHash,
		replyMailbox,
		replyWriteSeed,
	}),
);

export const encodeJoinRequest = (r: JoinRequest): Bytes =>
	encode([
		1,
		r.space,
		r.inviteKey,
		r.proof,
		memberToTuple(r.member),
		r.tokenHash,
		r.replyMailbox,
		r.replyWriteSeed,
	]);

export const decodeJoinRequest = (encoded: Uint8Array): Result<JoinRequest, DecodeError> =>
	decode(requestShape, encoded, 2048);

const joinGrantShape: Shape<JoinGrant> = map(
	tuple(literal(1), id, id, uint(1_000_000), id, id, id, optional(id)),
	([, maker, groupKey, step, controlKey, envelopeKey, writeSeed, ownerSeed]) => ({
		maker,
		groupKey,
		step,
		controlKey,
		envelopeKey,
		writeSeed,
		ownerSeed,
	}),
);
const joinGrantToTuple = (g: JoinGrant): unknown[] => [
	1,
	g.maker,
	g.groupKey,
	g.step,
	g.controlKey,
	g.envelopeKey,
	g.writeSeed,
	g.ownerSeed,
];

export const encodeJoinGrant = (grant: JoinGrant): Bytes => encode(joinGrantToTuple(grant));
export const decodeJoinGrant = (encoded: Uint8Array): Result<JoinGrant, DecodeError> =>
	decode(joinGrantShape, encoded, 512);

const epochBoxShape: Shape<EpochBox> = map(
	tuple(id, id, optional(id)),
	([seed, token, ownerSeed]) => ({ seed, token, ownerSeed }),
);

export const encodeEpochBox = (box: EpochBox): Bytes =>
	encode([box.seed, box.token, box.ownerSeed]);
export const decodeEpochBox = (encoded: Uint8Array): Result<EpochBox, DecodeError> =>
	decode(epochBoxShape, encoded, 128);

const replyShape: Shape<JoinReply> = variants<JoinReply>(
	map(
		tuple(
			literal(0),
			id,
			joinGrantShape,
			controlKeysShape,
			list(
				map(tuple(id, uint(), id), ([feed, seq, head]) => ({ feed, seq, id: head })),
				MAX_BASES,
			),
		),
		([, space, grant, controlKeys, bases]) => ({
			type: 'welcome' as const,
			space,
			grant,
			controlKeys,
			bases,
		}),
	),
	map(tuple(literal(1), list(packetShape, 64)), ([, packets]) => ({
		type: 'entries' as const,
		packets,
	})),
	map(tuple(literal(2), uint(3)), ([, reason]) => ({
		type: 'refused' as const,
		reason: reason as Refusal,
	})),
	map(tuple(literal(3), partShape), ([, part]) => ({ type: 'part' as const, part })),
	map(tuple(literal(4), list(prekeyShape, MAX_PREKEYS_PER_MESSAGE)), ([, records]) => ({
		type: 'prekeys' as const,
		records,
	})),
);

export function encodeJoinReply(reply: JoinReply): Bytes {
	switch (reply.type) {
		case 'welcome':
			return encode([
				0,
				reply.space,
				joinGrantToTuple(reply.grant),
				reply.controlKeys.map(controlKeyToTuple),
				reply.bases.map((base) => [base.feed, base.seq, base.id]),
			]);
		case 'entries':
			return encode([1, reply.packets.map(packetToTuple)]);
		case 'refused':
			return encode([2, reply.reason]);
		case 'part':
			return encode([3, partToTuple(reply.part)]);
		case 'prekeys':
			return encode([4, reply.records.map((each) => [...prekeyToTuple(each), each.signature])]);
	}
}

export const decodeJoinReply = (encoded: Uint8Array): Result<JoinReply, DecodeError> =>
	decode(replyShape, encoded, MAX_LARGE_PACKET + 16);

/** A reply with the name of who gives it, for whom asked with this token hash and nobody else. */
export interface JoinAnswer {
	readonly certificate: Certificate;
	/** The certified device's, over `joinAnswerContent`. */
	readonly signature: Bytes;
	/** An encoded reply. */
	readonly reply: Bytes;
}

/** The bytes that the answering device signs. */
export const joinAnswerContent = (
	space: Uint8Array,
	tokenHash: Uint8Array,
	reply: Uint8Array,
): Bytes => concat(label('join-reply'), space, tokenHash, reply);

const answerShape: Shape<JoinAnswer> = map(
	tuple(certificateShape, bytes(64), blob(MAX_LARGE_PACKET + 16)),
	([certificate, signature, reply]) => ({ certificate, signature, reply }),
);

/** What an answer adds to its reply, at most. */
export const ANSWER_OVERHEAD = 512;

export const encodeJoinAnswer = ({ certificate, signature, reply }: JoinAnswer): Bytes =>
	encode([[...certificateToTuple(certificate), certificate.signature], signature, reply]);

export const decodeJoinAnswer = (encoded: Uint8Array): Result<JoinAnswer, DecodeError> =>
	decode(answerShape, encoded, MAX_LARGE_PACKET + 16 + ANSWER_OVERHEAD);
