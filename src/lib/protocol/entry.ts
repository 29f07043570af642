// The signed record that ledgers are made of. [EN4] [EN5] [HD1] [HD2]
//
// header  [version 1, suite 1, kind, space 32 (empty in GENESIS), author 32, device 32, seq, prev 32 (empty at seq 0),
//          time [ms, counter], authority heads [id 32 …≤16], feed heads [id 32 …≤8], key reference, key commitment 32,
//          body hash 32, body length, wraps hash 32 (of an EPOCH) or null, attachment root 32 or null, attachment length,
//          expiry (ms, 0: never)]
// packet  [header bytes, signature 64, wraps or null, body or null (gone)]
// key reference  [0, epoch 16, salt 16] sealed for every member · [1, epoch 16] wrapped for each device
//                [2, epoch 16, step, index] wrapped under the author's ratchet, in front of the body: box 48 ‖ sealed content
// wraps   [ephemeral X25519 key 32, [[prekey id 8, box] …]]
import { isPaddedLength, MAX_ATTACHMENT } from './attachment-size.ts';
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
	where,
	type DecodeError,
	type Shape,
} from './cbor.ts';
import {
	MAX_AUTHORITY_HEADS,
	MAX_DEVICES,
	MAX_DIRECT_RECIPIENTS,
	MAX_FEED_HEADS,
	MAX_LARGE_PACKET,
	MAX_PACKET,
	SUITE,
	VERSION,
} from './limits.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, type Result } from '#lib/util/result.ts';

/** What an entry does. Below 32: control entries, which make up the authority log. */
export const KIND = {
	genesis: 1,
	epoch: 2,
	admit: 3,
	leave: 4,
	channel: 5,
	invite: 6,
	grant: 7,
	revoke: 8,
	ban: 9,
	unban: 10,
	revokeDevice: 11,
	enrol: 12,
	recall: 13,
	channelEdit: 14,
	tombstone: 15,
	sealed: 16,
	message: 32,
	update: 33,
} as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

/** Kinds that say something to each member device: their packets grow with the space. */
const mayBeLarge = (kind: number): boolean => kind === KIND.epoch || kind === KIND.sealed;

export const isControl = (kind: number): boolean => kind < 32;

/** Hybrid logical time: wall-clock milliseconds, then a counter. */
export interface Time {
	readonly ms: number;
	readonly counter: number;
}

export type KeyReference =
	| { readonly mode: 'control'; readonly epoch: Bytes; readonly salt: Bytes }
	| { readonly mode: 'direct'; readonly epoch: Bytes }
	| {
			readonly mode: 'ratchet';
			readonly epoch: Bytes;
			/** Of the epoch's group key. */
			readonly step: number;
			/** Of the message in its device's chain. */
			readonly index: number;
	  };

export const MAX_STEP = 1_000_000;
export const MAX_INDEX = 2 ** 32 - 1;

export interface Header {
	readonly kind: number;
	/** Id of the space's GENESIS entry; empty in that entry itself. */
	readonly space: Bytes;
	/** Root Hash of the person. */
	readonly author: Bytes;
	/** Ed25519 public key of the device: the name of its feed. */
	readonly device: Bytes;
	/** Position in the device's feed, from 0. */
	readonly seq: number;
	/** Id of the feed's entry before; empty at seq 0. */
	readonly prev: Bytes;
	readonly time: Time;
	readonly authorityHeads: readonly Bytes[];
	readonly feedHeads: readonly Bytes[];
	readonly key: KeyReference;
	readonly commitment: Bytes;
	readonly bodyHash: Bytes;
	readonly bodyLength: number;
	/** Of an EPOCH: what it wraps for whom can't be exchanged. Others may be wrapped anew. */
	readonly wrapsHash: Bytes | null;
	readonly attachmentRoot: Bytes | null;
	/** As padded (AF1); 0 without one. */
	readonly attachmentLength: number;
	/** Milliseconds since 1970 after which everybody deletes the body; 0: never. */
	readonly expiry: number;
}

export interface Wrap {
	readonly prekeyId: Bytes;
	readonly box: Bytes;
}

export interface Wraps {
	readonly ephemeral: Bytes;
	readonly boxes: readonly Wrap[];
}

export interface Packet {
	/** The header's bytes as signed: hashed, never encoded again. */
	readonly header: Bytes;
	readonly signature: Bytes;
	readonly wraps: Wraps | null;
	readonly body: Bytes | null;
}

const none = bytes(0);
const id = bytes(32);

const timeShape: Shape<Time> = map(tuple(uint(2 ** 48), uint(65_535)), ([ms, counter]) => ({
	ms,
	counter,
}));

const keyShape: Shape<KeyReference> = variants<KeyReference>(
	map(tuple(literal(0), bytes(16), bytes(16)), ([, epoch, salt]) => ({
		mode: 'control' as const,
		epoch,
		salt,
	})),
	map(tuple(literal(1), bytes(16)), ([, epoch]) => ({ mode: 'direct' as const, epoch })),
	map(tuple(literal(2), bytes(16), uint(MAX_STEP), uint(MAX_INDEX)), ([, epoch, step, index]) => ({
		mode: 'ratchet' as const,
		epoch,
		step,
		index,
	})),
);

const headerShape: Shape<Header> = where(
	map(
		tuple(
			literal(VERSION),
			literal(SUITE),
			uint(255),
			variants<Bytes>(none, id),
			id,
			id,
			uint(),
			variants<Bytes>(none, id),
			timeShape,
			list(id, MAX_AUTHORITY_HEADS),
			list(id, MAX_FEED_HEADS),
			keyShape,
			bytes(32),
			bytes(32),
			uint(MAX_LARGE_PACKET),
			optional(bytes(32)),
			optional(bytes(32)),
			uint(MAX_ATTACHMENT),
			uint(2 ** 48),
		),
		(t): Header => ({
			kind: t[2],
			space: t[3],
			author: t[4],
			device: t[5],
			seq: t[6],
			prev: t[7],
			time: t[8],
			authorityHeads: t[9],
			feedHeads: t[10],
			key: t[11],
			commitment: t[12],
			bodyHash: t[13],
			bodyLength: t[14],
			wrapsHash: t[15],
			attachmentRoot: t[16],
			attachmentLength: t[17],
			expiry: t[18],
		}),
	),
	(h) =>
		(h.seq === 0) === (h.prev.length === 0) &&
		(h.kind === KIND.genesis) === (h.space.length === 0) &&
		(h.bodyLength <= MAX_PACKET || mayBeLarge(h.kind)) &&
		(h.kind === KIND.epoch) === (h.wrapsHash !== null) &&
		(h.attachmentRoot === null ? h.attachmentLength === 0 : isPaddedLength(h.attachmentLength)),
	'seq 0 and no previous entry go together, so do GENESIS and no space, a long body and a kind that may have one, EPOCH and its wraps, and an attachment and a padded length',
);

function keyToTuple(key: KeyReference): unknown[] {
	switch (key.mode) {
		case 'control':
			return [0, key.epoch, key.salt];
		case 'direct':
			return [1, key.epoch];
		case 'ratchet':
			return [2, key.epoch, key.step, key.index];
	}
}

export function encodeHeader(h: Header): Bytes {
	return encode([
		VERSION,
		SUITE,
		h.kind,
		h.space,
		h.author,
		h.device,
		h.seq,
		h.prev,
		[h.time.ms, h.time.counter],
		h.authorityHeads,
		h.feedHeads,
		keyToTuple(h.key),
		h.commitment,
		h.bodyHash,
		h.bodyLength,
		h.wrapsHash,
		h.attachmentRoot,
		h.attachmentLength,
		h.expiry,
	]);
}

export const decodeHeader = (encoded: Uint8Array): Result<Header, DecodeError> =>
	decode(headerShape, encoded, 2048);

export const wrapsShape: Shape<Wraps> = map(
	tuple(
		bytes(32),
		list(
			map(tuple(bytes(8), blob(512)), ([prekeyId, box]) => ({ prekeyId, box })),
			MAX_DEVICES,
		),
	),
	([ephemeral, boxes]) => ({ ephemeral, boxes }),
);

export const wrapsToTuple = (wraps: Wraps): unknown[] => [
	wraps.ephemeral,
	wraps.boxes.map((wrap) => [wrap.prekeyId, wrap.box]),
];

export const packetShape: Shape<Packet> = map(
	tuple(blob(2048), bytes(64), optional(wrapsShape), optional(blob(MAX_LARGE_PACKET))),
	([header, signature, wraps, body]) => ({ header, signature, wraps, body }),
);

export const packetToTuple = (packet: Packet): unknown[] => [
	packet.header,
	packet.signature,
	packet.wraps && wrapsToTuple(packet.wraps),
	packet.body,
];

export const encodePacket = (packet: Packet): Bytes => encode(packetToTuple(packet));

/** Whether an entry of this kind may have so many boxes and so long a body. */
export const fitsKind = (kind: number, { wraps, body }: Packet): boolean =>
	mayBeLarge(kind) ||
	((wraps?.boxes.length ?? 0) <= MAX_DIRECT_RECIPIENTS && (body?.length ?? 0) <= MAX_PACKET);

export function decodePacket(encoded: Uint8Array): Result<Packet, DecodeError> {
	const packet = decode(packetShape, encoded, MAX_LARGE_PACKET);
	if (!packet.ok) return packet;
	const isSmall =
		encoded.length <= MAX_PACKET &&
		(packet.value.wraps?.boxes.length ?? 0) <= MAX_DIRECT_RECIPIENTS;
	if (isSmall) return packet;
	const header = decodeHeader(packet.value.header);
	if (!header.ok) return header;
	if (mayBeLarge(header.value.kind)) return packet;
	return err({ type: 'too-large', detail: `${encoded.length} > ${MAX_PACKET}` });
}

export const compareTime = (a: Time, b: Time): number => a.ms - b.ms || a.counter - b.counter;
