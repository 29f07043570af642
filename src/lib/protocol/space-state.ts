// A device's signed word of what it holds of a space. [SM1] [SY1]
//
// state  [1, space 32, device 32, full, wants reply, control heads [id …], [[feed 32, seq, head id 32] …], time,
//        digest of prekeys 16, device's signature 64]
import { bytes, encode, flag, list, literal, map, tuple, uint, type Shape } from './cbor.ts';
import { MAX_AUTHORITY_HEADS } from './limits.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** Feeds named in one STATE or PULL; longer lists go in several. */
export const MAX_FEEDS_PER_MESSAGE = 200;

export interface FeedHead {
	readonly feed: Bytes;
	readonly seq: number;
	readonly id: Bytes;
}

/** A device's signed word that it durably holds these feeds up to these entries. */
export interface State {
	readonly space: Bytes;
	readonly device: Bytes;
	/** True: all its feeds are named (in this message or its siblings of the same time). */
	readonly full: boolean;
	/** Asks the receiver for its own full state. */
	readonly wantsReply: boolean;
	readonly controlHeads: readonly Bytes[];
	readonly feeds: readonly FeedHead[];
	readonly time: number;
	/** Of the newest prekeys held of all member devices, 16 bytes. */
	readonly prekeys: Bytes;
	readonly signature: Bytes;
}

const id = bytes(32);
const feedHeads = list(
	map(tuple(id, uint(), id), ([feed, seq, head]) => ({ feed, seq, id: head })),
	MAX_FEEDS_PER_MESSAGE,
);

export const stateShape: Shape<State> = map(
	tuple(
		literal(1),
		id,
		id,
		flag,
		flag,
		list(id, MAX_AUTHORITY_HEADS),
		feedHeads,
		uint(),
		bytes(16),
		bytes(64),
	),
	([, space, device, full, wantsReply, controlHeads, feeds, time, prekeys, signature]) => ({
		space,
		device,
		full,
		wantsReply,
		controlHeads,
		feeds,
		time,
		prekeys,
		signature,
	}),
);

export const stateToTuple = (s: Omit<State, 'signature'>): unknown[] => [
	1,
	s.space,
	s.device,
	s.full,
	s.wantsReply,
	s.controlHeads,
	s.feeds.map((f) => [f.feed, f.seq, f.id]),
	s.time,
	s.prekeys,
];
/** The bytes that the device signs. */
export const stateContent = (s: Omit<State, 'signature'>): Bytes => encode(stateToTuple(s));
