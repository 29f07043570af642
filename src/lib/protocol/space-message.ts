// What the members' devices of a space tell each other, whichever way it travels. [SM1] [SM2]
//
// envelope [from device 32, to device 32 or null (everybody), message]
// ENTRIES  [0, [packet …]]
// STATE    [1, state]        see space-state.ts
// PULL     [2, wanted ids [id …], held control heads [id …], [[feed 32, from seq, to seq (exclusive)] …], prekey or null]
// SIGNAL   [3, signal]       signal = [1, space 32, from 32, to 32, attempt 16, step, payload, time, signature 64]
// ENROL ME [4, space 32, member, token hash 32, proof 64]   a fresh device of a member asks to be let in beside the old one
// PART     [6, part]   of a packet that is longer than a block (part.ts)
// KEYS ME  [9, space 32, device 32, epoch 16, time, device's signature 64]   its box in that EPOCH is of no use
// KEYS     [10, device 32, block]   the epoch's keys without a token, sealed to its prekey
// COPY     [11, step]   one person's devices, in their account space and over links alone: history-copy.ts
// KIN      [13, space 32, device 32, account space 32 or null, wants reply, device's signature 64]   see MD7
// OPENING  [12, [[maker 32, control key 32] …≤16]]   what the last word to somebody is sealed under (BN2)
// ENROLLED [5, device 32, block]   its keys, as in a WELCOME, sealed to its prekey
// PREKEYS  [7, [prekey …≤64]]      see identity.ts
// HELD     [8, wants reply, [[first 8 bytes of a device key, time of the prekey held of it] …≤500]]
import {
	blob,
	bytes,
	decodeFrame,
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
import { MAX_AUTHORITY_HEADS, MAX_BLOCK } from './limits.ts';
import { label } from './labels.ts';
import { partShape, partToTuple, type Part } from './part.ts';
import { MAX_FEEDS_PER_MESSAGE, stateShape, stateToTuple, type State } from './space-state.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

/** Prekeys in one PREKEYS, and devices named in one HELD. */
export const MAX_PREKEYS_PER_MESSAGE = 64;
export const MAX_HELD_PER_MESSAGE = 500;
/** So much of a device key is enough to compare what is held of it. */
export const PREKEY_NAME = 8;
/** Control keys in one OPENING. */
export const MAX_OPENING = 16;
const MAX_PACKETS = 64;
const MAX_SIGNAL = 2048;
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

export const SIGNAL_STEP = { offer: 0, answer: 1, refuse: 2 } as const;
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
	| ({ readonly type: 'kin' } & Kin);

/** A device's word to another one of its person, met in a space. */
export interface Kin {
	readonly space: Bytes;
	readonly device: Bytes;
	/** Its account space; null where it has none. */
	readonly account: Bytes | null;
	/** It has not heard yet that the other one's is the same. */
	readonly wantsReply: boolean;
	readonly signature: Bytes;
}

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
	readonly message: SpaceMessage;
}

const id = bytes(32);
const signalShape: Shape<SignalStepMessage> = map(
	tuple(literal(1), id, id, id, bytes(16), uint(2), blob(MAX_SIGNAL), uint(), bytes(64)),
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
	map(
		tuple(literal(13), id, id, optional(id), flag, bytes(64)),
		([, space, device, account, wantsReply, signature]) => ({
			type: 'kin' as const,
			space,
			device,
			account,
			wantsReply,
			signature,
		}),
	),
);

const kinToTuple = (k: Omit<Kin, 'signature'>): unknown[] => [
	13,
	k.space,
	k.device,
	k.account,
	k.wantsReply,
];
/** The bytes that the device signs. */
export const kinContent = (k: Omit<Kin, 'signature'>): Bytes =>
	concat(label('kin'), encode(kinToTuple(k)));

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
		case 'kin':
			return [...kinToTuple(message), message.signature];
	}
}

const envelopeShape: Shape<Envelope> = map(
	tuple(id, optional(id), messageShape),
	([from, to, message]) => ({ from, to, message }),
);

export const encodeEnvelope = (envelope: Envelope): Bytes =>
	encode([envelope.from, envelope.to, messageToTuple(envelope.message)]);

export const decodeEnvelope = (encoded: Uint8Array): Result<Envelope, DecodeError> =>
	decodeFrame(envelopeShape, encoded, MAX_FRAME);
