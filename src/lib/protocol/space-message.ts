// What the members' devices of a space tell each other, whichever way it travels. [SM1] [SM2]
//
// envelope [from device 32, to device 32 or null (everybody), further members who may hand it on 0 … 3, message]
// ENTRIES  [0, [packet …]]
// STATE    [1, state]        see space-state.ts
// PULL     [2, wanted ids [id …], held control heads [id …], [[feed 32, from seq, to seq (exclusive)] …], prekey or null]
// SIGNAL   [3, signal]       signal = [1, space 32, from 32, to 32, attempt 16, step, payload, time, signature 64]
// ENROL ME [4, space 32, member, token hash 32, proof 64]   a fresh device of a member asks to be let in beside the old one
// PART     [6, part]   of a packet that is longer than a block (part.ts)
// KEYS ME  [9, space 32, device 32, epoch 16, time, device's signature 64]   its box in that EPOCH is of no use
// KEYS     [10, device 32, block]   the epoch's keys without a token, sealed to its prekey
// COPY     [11, step]   one person's devices, in their account space and over links alone: history-copy.ts
// KIN      [13, space 32, device 32, …]     see kin.ts, MD7
// OPENING  [12, [[maker 32, control key 32] …≤16]]   what the last word to somebody is sealed under (BN2)
// ENROLLED [5, device 32, block]   its keys, as in a WELCOME, sealed to its prekey
// PREKEYS  [7, [prekey …≤64]]      see identity.ts
// RECORDS  [14, [record …≤16]]     see peer-record.ts
// HELD RECORDS [15, wants reply, [[first 8 bytes of a device key, time of the record held of it] …≤500]]
// TYPING   [16, …]   see typing.ts
// GOSSIP   [17, news]     see news.ts
// HELD     [8, wants reply, [[first 8 bytes of a device key, time of the prekey held of it] …≤500]]
import {
	blob,
	bytes,
	decode,
	encode,
	flag,
	list,
	literal,
	map,
	optional,
	tuple,
	uint,
	variants,
	where,
	type DecodeError,
	type Shape,
} from './cbor.ts';
import { controlKeyShape, controlKeyToTuple, type ControlKey } from './content.ts';
import { packetShape, packetToTuple, type Packet } from './entry.ts';
import { copyShape, copyToTuple, type CopyMessage } from './history-copy.ts';
import {
	memberShape,
	memberToTuple,
	prekeyShape,
	prekeyToTuple,
	type Member,
	type Prekey,
} from './identity.ts';
import { kinShape, kinToTuple, type Kin } from './kin.ts';
import { MAX_AUTHORITY_HEADS, MAX_BLOCK } from './limits.ts';
import { label } from './labels.ts';
import { newsShape, newsToTuple, type News } from './news.ts';
import { partShape, partToTuple, type Part } from './part.ts';
import {
	MAX_RECORDS_PER_MESSAGE,
	peerRecordShape,
	peerRecordToTuple,
	recordTimesShape,
	type PeerRecord,
	type RecordTime,
} from './peer-record.ts';
import { MAX_FEEDS_PER_MESSAGE, stateShape, stateToTuple, type State } from './space-state.ts';
import { typingShape, typingToTuple, type Typing } from './typing.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

/** Prekeys in one PREKEYS, and devices named in one HELD. */
export const MAX_PREKEYS_PER_MESSAGE = 64;
export const MAX_HELD_PER_MESSAGE = 500;
export const PREKEY_NAME = 8;
/** Control keys in one OPENING. */
export const MAX_OPENING = 16;
const MAX_PACKETS = 64;
/** Sealed to whom it is for. */
const MAX_SIGNAL = 4096;
/** Members that an envelope may pass through on its way. */
export const MAX_HOPS = 3;
/** A frame on a direct link; blocks on relays are smaller. */
export const MAX_FRAME = 262_144;

export interface PrekeyTime {
	/** First bytes of the device's key. */
	readonly name: Bytes;
	readonly time: number;
}

export interface FeedRange {
	readonly feed: Bytes;
	readonly from: number;
	readonly to: number;
}

/** refuse: with REFUSED_BY_CHOICE, or empty where it can't. ask: the one that offers is to offer now. */
export const SIGNAL_STEP = { offer: 0, answer: 1, refuse: 2, ask: 3 } as const;
export const REFUSED_BY_CHOICE = 1;
export type SignalStep = (typeof SIGNAL_STEP)[keyof typeof SIGNAL_STEP];

/** One step of making a direct link. */
export interface SignalStepMessage {
	readonly space: Bytes;
	readonly from: Bytes;
	readonly to: Bytes;
	/** Names the attempt that offer and answer belong to. */
	readonly attempt: Bytes;
	readonly step: SignalStep;
	readonly payload: Bytes;
	readonly time: number;
	readonly signature: Bytes;
}

export type SpaceMessage =
	| { readonly type: 'entries'; readonly packets: readonly Packet[] }
	| { readonly type: 'state'; readonly state: State }
	| {
			readonly type: 'pull';
			/** Control entries wanted, with all their ancestors that `have` doesn't imply. */
			readonly control: readonly Bytes[];
			readonly have: readonly Bytes[];
			readonly ranges: readonly FeedRange[];
			/** What is asked for is here, and can't be read: its keys are to be wrapped anew, for this prekey of who asks. */
			readonly wantsKeys: Prekey | null;
	  }
	| { readonly type: 'signal'; readonly signal: SignalStepMessage }
	| ({ readonly type: 'enrol-me' } & EnrolRequest)
	| {
			readonly type: 'enrolled';
			/** The fresh one. */
			readonly device: Bytes;
			readonly block: Bytes;
	  }
	| { readonly type: 'part'; readonly part: Part }
	| { readonly type: 'prekeys'; readonly records: readonly Prekey[] }
	| {
			readonly type: 'held-prekeys';
			/** All are named (in this message or its siblings): what is older there is to be named in answer. */
			readonly wantsReply: boolean;
			readonly times: readonly PrekeyTime[];
	  }
	| ({ readonly type: 'keys-me' } & KeysRequest)
	| {
			readonly type: 'keys';
			/** Whom they are for. */
			readonly device: Bytes;
			readonly block: Bytes;
	  }
	| { readonly type: 'copy'; readonly copy: CopyMessage }
	| { readonly type: 'opening'; readonly controlKeys: readonly ControlKey[] }
	| ({ readonly type: 'kin' } & Kin)
	| ({ readonly type: 'typing' } & Typing)
	| { readonly type: 'records'; readonly records: readonly PeerRecord[] }
	| {
			readonly type: 'held-records';
			/** All are named: what is older here is to be named in answer, and what is missing there to be sent. */
			readonly wantsReply: boolean;
			readonly times: readonly RecordTime[];
	  }
	| { readonly type: 'gossip'; readonly news: News };

/** A device's word that it has not got the keys of an epoch that are owed to it. */
export interface KeysRequest {
	readonly space: Bytes;
	readonly device: Bytes;
	/** Name of the epoch, 16 bytes. */
	readonly epoch: Bytes;
	readonly time: number;
	readonly signature: Bytes;
}

/** What ENROL will say; the proof is the fresh device's own. */
export interface EnrolRequest {
	readonly space: Bytes;
	readonly member: Member;
	readonly tokenHash: Bytes;
	readonly proof: Bytes;
}

export interface Envelope {
	readonly from: Bytes;
	readonly to: Bytes | null;
	/** Through so many members more it may be handed on to whom it is for. */
	readonly hops: number;
	readonly message: SpaceMessage;
}

const id = bytes(32);
const signalShape: Shape<SignalStepMessage> = map(
	tuple(literal(1), id, id, id, bytes(16), uint(3), blob(MAX_SIGNAL), uint(), bytes(64)),
	([, space, from, to, attempt, step, payload, time, signature]) => ({
		space,
		from,
		to,
		attempt,
		step: step as SignalStep,
		payload,
		time,
		signature,
	}),
);

const signalToTuple = (s: Omit<SignalStepMessage, 'signature'>): unknown[] => [
	1,
	s.space,
	s.from,
	s.to,
	s.attempt,
	s.step,
	s.payload,
	s.time,
];
/** The bytes that the device signs. */
export const signalContent = (s: Omit<SignalStepMessage, 'signature'>): Bytes =>
	encode(signalToTuple(s));

const messageShape: Shape<SpaceMessage> = variants<SpaceMessage>(
	map(tuple(literal(0), list(packetShape, MAX_PACKETS)), ([, packets]) => ({
		type: 'entries' as const,
		packets,
	})),
	map(tuple(literal(1), stateShape), ([, state]) => ({ type: 'state' as const, state })),
	map(
		tuple(
			literal(2),
			list(id, MAX_AUTHORITY_HEADS),
			list(id, MAX_AUTHORITY_HEADS),
			list(
				where(
					map(tuple(id, uint(), uint()), ([feed, from, to]) => ({ feed, from, to })),
					(range) => range.from < range.to,
					'empty range',
				),
				MAX_FEEDS_PER_MESSAGE,
			),
			optional(prekeyShape),
		),
		([, control, have, ranges, wantsKeys]) => ({
			type: 'pull' as const,
			control,
			have,
			ranges,
			wantsKeys,
		}),
	),
	map(tuple(literal(3), signalShape), ([, signal]) => ({ type: 'signal' as const, signal })),
	map(tuple(literal(4), id, memberShape, id, bytes(64)), ([, space, member, tokenHash, proof]) => ({
		type: 'enrol-me' as const,
		space,
		member,
		tokenHash,
		proof,
	})),
	map(tuple(literal(5), id, blob(MAX_BLOCK)), ([, device, block]) => ({
		type: 'enrolled' as const,
		device,
		block,
	})),
	map(tuple(literal(6), partShape), ([, part]) => ({ type: 'part' as const, part })),
	map(tuple(literal(7), list(prekeyShape, MAX_PREKEYS_PER_MESSAGE)), ([, records]) => ({
		type: 'prekeys' as const,
		records,
	})),
	map(
		tuple(
			literal(8),
			flag,
			list(
				map(tuple(bytes(PREKEY_NAME), uint()), ([name, time]) => ({ name, time })),
				MAX_HELD_PER_MESSAGE,
			),
		),
		([, wantsReply, times]) => ({ type: 'held-prekeys' as const, wantsReply, times }),
	),
	map(
		tuple(literal(9), id, id, bytes(16), uint(), bytes(64)),
		([, space, device, epoch, time, signature]) => ({
			type: 'keys-me' as const,
			space,
			device,
			epoch,
			time,
			signature,
		}),
	),
	map(tuple(literal(10), id, blob(MAX_BLOCK)), ([, device, block]) => ({
		type: 'keys' as const,
		device,
		block,
	})),
	map(tuple(literal(11), copyShape), ([, copy]) => ({ type: 'copy' as const, copy })),
	map(tuple(literal(12), list(controlKeyShape, MAX_OPENING)), ([, controlKeys]) => ({
		type: 'opening' as const,
		controlKeys,
	})),
	kinShape,
	map(tuple(literal(14), list(peerRecordShape, MAX_RECORDS_PER_MESSAGE)), ([, records]) => ({
		type: 'records' as const,
		records,
	})),
	typingShape,
	map(tuple(literal(15), flag, recordTimesShape), ([, wantsReply, times]) => ({
		type: 'held-records' as const,
		wantsReply,
		times,
	})),
	map(tuple(literal(17), newsShape), ([, news]) => ({ type: 'gossip' as const, news })),
);

const keysRequestToTuple = (r: Omit<KeysRequest, 'signature'>): unknown[] => [
	9,
	r.space,
	r.device,
	r.epoch,
	r.time,
];
/** The bytes that the device signs. */
export const keysRequestContent = (r: Omit<KeysRequest, 'signature'>): Bytes =>
	concat(label('keys-me'), encode(keysRequestToTuple(r)));

function messageToTuple(message: SpaceMessage): unknown[] {
	switch (message.type) {
		case 'entries':
			return [0, message.packets.map(packetToTuple)];
		case 'state':
			return [1, [...stateToTuple(message.state), message.state.signature]];
		case 'pull':
			return [
				2,
				message.control,
				message.have,
				message.ranges.map((range) => [range.feed, range.from, range.to]),
				message.wantsKeys && [...prekeyToTuple(message.wantsKeys), message.wantsKeys.signature],
			];
		case 'signal':
			return [3, [...signalToTuple(message.signal), message.signal.signature]];
		case 'enrol-me':
			return [4, message.space, memberToTuple(message.member), message.tokenHash, message.proof];
		case 'enrolled':
			return [5, message.device, message.block];
		case 'part':
			return [6, partToTuple(message.part)];
		case 'prekeys':
			return [7, message.records.map((each) => [...prekeyToTuple(each), each.signature])];
		case 'held-prekeys':
			return [8, message.wantsReply, message.times.map(({ name, time }) => [name, time])];
		case 'keys-me':
			return [...keysRequestToTuple(message), message.signature];
		case 'keys':
			return [10, message.device, message.block];
		case 'copy':
			return [11, copyToTuple(message.copy)];
		case 'opening':
			return [12, message.controlKeys.map(controlKeyToTuple)];
		case 'typing':
			return [...typingToTuple(message), message.signature];
		case 'kin':
			return [...kinToTuple(message), message.signature];
		case 'records':
			return [14, message.records.map(peerRecordToTuple)];
		case 'gossip':
			return [17, newsToTuple(message.news)];
		case 'held-records':
			return [15, message.wantsReply, message.times.map(({ name, time }) => [name, time])];
	}
}

const envelopeShape: Shape<Envelope> = map(
	tuple(id, optional(id), uint(MAX_HOPS), messageShape),
	([from, to, hops, message]) => ({ from, to, hops, message }),
);

export const encodeEnvelope = (envelope: Envelope): Bytes =>
	encode([envelope.from, envelope.to, envelope.hops, messageToTuple(envelope.message)]);

export const decodeEnvelope = (encoded: Uint8Array): Result<Envelope, DecodeError> =>
	decode(envelopeShape, encoded, MAX_FRAME);
