// How a person whose devices are all gone finds the spaces they were in: a fresh device knocks where those who know them
// look, and is told of each space. [RT1] [RT2] [RT4]
// Both travel sealed to a public key, in blocks, through mailboxes.
//
// knock  [1, member, time, reply mailbox 32, reply write seed 32, wish, the fresh device's signature 64]
// wish   null (which spaces are there?) or [space 32, token hash 32, proof 64] (let me in, as in ENROL ME)
// found  [1, space 32, name, [relay …≤5]]
import {
	bytes,
	decode,
	encode,
	list,
	literal,
	map,
	optional,
	text,
	tuple,
	uint,
	type DecodeError,
	type Shape,
} from './cbor.ts';
import { memberShape, memberToTuple, type Member } from './identity.ts';
import { label } from './labels.ts';
import { MAX_NAME, MAX_RELAYS } from './limits.ts';
import { relayAddressShape, relayAddressToTuple, type RelayAddress } from './relay-address.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

/** Into which space the fresh device wants to be let, and what it takes for that. */
export interface ReturnWish {
	readonly space: Bytes;
	readonly tokenHash: Bytes;
	readonly proof: Bytes;
}

export interface Knock {
	/** The fresh device, certified by the root. */
	readonly member: Member;
	/** Milliseconds since 1970. */
	readonly time: number;
	readonly replyMailbox: Bytes;
	readonly replyWriteSeed: Bytes;
	readonly wish: ReturnWish | null;
	readonly signature: Bytes;
}

export interface FoundSpace {
	readonly space: Bytes;
	readonly name: string;
	readonly relays: readonly RelayAddress[];
}

const id = bytes(32);

const knockShape: Shape<Knock> = map(
	tuple(
		literal(1),
		memberShape,
		uint(),
		id,
		id,
		optional(
			map(tuple(id, id, bytes(64)), ([space, tokenHash, proof]) => ({ space, tokenHash, proof })),
		),
		bytes(64),
	),
	([, member, time, replyMailbox, replyWriteSeed, wish, signature]) => ({
		member,
		time,
		replyMailbox,
		replyWriteSeed,
		wish,
		signature,
	}),
);

const knockToTuple = (k: Omit<Knock, 'signature'>): unknown[] => [
	1,
	memberToTuple(k.member),
	k.time,
	k.replyMailbox,
	k.replyWriteSeed,
	k.wish && [k.wish.space, k.wish.tokenHash, k.wish.proof],
];

/** The bytes that the fresh device signs. */
export const knockContent = (knock: Omit<Knock, 'signature'>): Bytes =>
	concat(label('return-knock'), encode(knockToTuple(knock)));

export const encodeKnock = (knock: Knock): Bytes =>
	encode([...knockToTuple(knock), knock.signature]);

export const decodeKnock = (encoded: Uint8Array): Result<Knock, DecodeError> =>
	decode(knockShape, encoded, 2048);

const foundShape: Shape<FoundSpace> = map(
	tuple(literal(1), id, text(MAX_NAME), list(relayAddressShape, MAX_RELAYS)),
	([, space, name, relays]) => ({ space, name, relays }),
);

export const encodeFoundSpace = ({ space, name, relays }: FoundSpace): Bytes =>
	encode([1, space, name, relays.map(relayAddressToTuple)]);

export const decodeFoundSpace = (encoded: Uint8Array): Result<FoundSpace, DecodeError> =>
	decode(foundShape, encoded, 8192);
