// What two devices of one person say while one copies its history to the other, over a direct link and no other way.
// [HC1] [HC3]
//
// OFFER   [0, copy 16, [[space 32, messages, past] …≤1000]]   what there is; past: to read only
// WANT    [1, copy 16]                                     is it still offered?
// ASK     [2, copy, run 16, number, space 32, [feed 32, seq] or null, messages taken so far]
//         the next record of a run; number 0 begins one: where it was left off, or with the whole space
// RECORD  [3, copy, run, number, index, parts ≤5, bytes ≤60,000]   a part of a record of an archive (archive.ts)
// STOP    [4, copy, 0 all is there | 1 somebody cancelled it | 2 it can't be kept | 3 all but spaces it isn't let into]
import {
	blob,
	bytes,
	flag,
	list,
	literal,
	map,
	optional,
	tuple,
	uint,
	variants,
	where,
	type Shape,
} from './cbor.ts';
import { MAX_RECORD } from './limits.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** Spaces of one copy. */
export const MAX_COPIED_SPACES = 1000;
/** So short that what people write meanwhile does not wait behind it for long. */
export const RECORD_PART = 60_000;
const MAX_PARTS = Math.ceil(MAX_RECORD / RECORD_PART);

export const COPY_END = { done: 0, cancelled: 1, failed: 2, partial: 3 } as const;
export type CopyEnd = (typeof COPY_END)[keyof typeof COPY_END];

/** Everything of the space before this entry has been taken, feeds in the order of their keys. */
export interface CopyPlace {
	readonly feed: Bytes;
	readonly seq: number;
}

export interface SpaceShare {
	readonly space: Bytes;
	readonly messages: number;
	/** Whoever copies it is not in the space, and lets nobody in. */
	readonly past: boolean;
}

export type CopyMessage =
	| { readonly step: 'offer'; readonly copy: Bytes; readonly spaces: readonly SpaceShare[] }
	| { readonly step: 'want'; readonly copy: Bytes }
	| {
			readonly step: 'ask';
			readonly copy: Bytes;
			readonly run: Bytes;
			readonly number: number;
			readonly space: Bytes;
			readonly from: CopyPlace | null;
			readonly done: number;
	  }
	| {
			readonly step: 'record';
			readonly copy: Bytes;
			readonly run: Bytes;
			readonly number: number;
			readonly index: number;
			readonly parts: number;
			readonly bytes: Bytes;
	  }
	| { readonly step: 'stop'; readonly copy: Bytes; readonly end: CopyEnd };

const name = bytes(16);
const id = bytes(32);

export const copyPlaceShape: Shape<CopyPlace> = map(tuple(id, uint()), ([feed, seq]) => ({
	feed,
	seq,
}));
export const copyPlaceToTuple = ({ feed, seq }: CopyPlace): unknown[] => [feed, seq];

export const spaceSharesShape: Shape<SpaceShare[]> = list(
	map(tuple(id, uint(), flag), ([space, messages, past]) => ({ space, messages, past })),
	MAX_COPIED_SPACES,
);
export const spaceSharesToTuple = (spaces: readonly SpaceShare[]): unknown[] =>
	spaces.map(({ space, messages, past }) => [space, messages, past]);

export const copyShape: Shape<CopyMessage> = variants<CopyMessage>(
	map(tuple(literal(0), name, spaceSharesShape), ([, copy, spaces]) => ({
		step: 'offer' as const,
		copy,
		spaces,
	})),
	map(tuple(literal(1), name), ([, copy]) => ({ step: 'want' as const, copy })),
	map(
		tuple(literal(2), name, name, uint(), id, optional(copyPlaceShape), uint()),
		([, copy, run, number, space, from, done]) => ({
			step: 'ask' as const,
			copy,
			run,
			number,
			space,
			from,
			done,
		}),
	),
	where(
		map(
			tuple(
				literal(3),
				name,
				name,
				uint(),
				uint(MAX_PARTS - 1),
				uint(MAX_PARTS),
				blob(RECORD_PART),
			),
			([, copy, run, number, index, parts, part]) => ({
				step: 'record' as const,
				copy,
				run,
				number,
				index,
				parts,
				bytes: part,
			}),
		),
		({ index, parts }) => index < parts,
		'a part beyond the last',
	),
	map(tuple(literal(4), name, uint(3)), ([, copy, end]) => ({
		step: 'stop' as const,
		copy,
		end: end as CopyEnd,
	})),
);

export function copyToTuple(message: CopyMessage): unknown[] {
	switch (message.step) {
		case 'offer':
			return [0, message.copy, spaceSharesToTuple(message.spaces)];
		case 'want':
			return [1, message.copy];
		case 'ask': {
			const { copy, run, number, space, from, done } = message;
			return [2, copy, run, number, space, from && copyPlaceToTuple(from), done];
		}
		case 'record': {
			const { copy, run, number, index, parts } = message;
			return [3, copy, run, number, index, parts, message.bytes];
		}
		case 'stop':
			return [4, message.copy, message.end];
	}
}
