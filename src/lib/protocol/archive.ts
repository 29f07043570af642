// How a person's history is written down: for a backup file, and for further devices of the same person. [BK1] [BK2]
// No key that signs or reads in anybody's name is in it: a feed that began elsewhere is never gone on with.
//
// archive  records in this order, each with its length before it (u32, big-endian), at most MAX_RECORD bytes
// BEGIN    [0, version 2, Root Hash 32, time]
// PERSON   [1, [blocked Root Hash 32 …], [relay …]]            what is this person's own; may come several times
// VALUES   [8, [[name, value] …]]                             of the account document; likewise, since version 2
// SPACE    [2, space 32, name, [relay …≤5], [[channel 32, ms, counter] …]]   read up to there; what follows is of it
// KEYS     [3, [[maker 32, control key 32] …]]
// LOG      [4, [packet …]]                                    the authority log, oldest first
// BASES    [5, [[feed 32, seq, id 32] …]]                     the last entries before what was held
// ENTRIES  [6, [[packet, entry key 32 or null] …]]            of one feed after the other, in order
// END      [7, records before this one]
import {
	blob,
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
	variants,
	type DecodeError,
} from './cbor.ts';
import { controlKeyShape, controlKeyToTuple, type ControlKey } from './content.ts';
import { packetShape, packetToTuple, type Packet, type Time } from './entry.ts';
import { MAX_NAME, MAX_RECORD, MAX_RELAYS, MAX_VALUE, MAX_VALUE_NAME } from './limits.ts';
import { relayAddressShape, relayAddressToTuple, type RelayAddress } from './relay-address.ts';
import type { FeedHead } from './space-state.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export const ARCHIVE_VERSION = 2;
/** Rows in one record. */
export const MAX_ROWS = 1000;
export const MAX_RECORD_PACKETS = 128;
const LENGTH = 4;

export type ArchiveRecord =
	| { readonly type: 'begin'; readonly rootHash: Bytes; readonly time: number }
	| {
			readonly type: 'person';
			readonly blocked: readonly Bytes[];
			readonly relays: readonly RelayAddress[];
	  }
	| {
			readonly type: 'values';
			readonly values: readonly (readonly [name: string, value: Bytes])[];
	  }
	| {
			readonly type: 'space';
			readonly space: Bytes;
			readonly name: string;
			readonly relays: readonly RelayAddress[];
			readonly read: readonly { readonly channel: Bytes; readonly time: Time }[];
	  }
	| { readonly type: 'keys'; readonly controlKeys: readonly ControlKey[] }
	| { readonly type: 'log'; readonly packets: readonly Packet[] }
	| { readonly type: 'bases'; readonly bases: readonly FeedHead[] }
	| {
			readonly type: 'entries';
			readonly entries: readonly { readonly packet: Packet; readonly key: Bytes | null }[];
	  }
	| { readonly type: 'end'; readonly records: number };

/** newer: made by a later version of Aegis. Otherwise as decoders say. */
export type ArchiveError = DecodeError | { readonly type: 'newer'; readonly detail: string };

const id = bytes(32);
const versionShape = tuple(literal(0), uint(), id, uint());

const shape = variants<ArchiveRecord>(
	map(versionShape, ([, , rootHash, time]) => ({ type: 'begin' as const, rootHash, time })),
	map(
		tuple(literal(1), list(id, MAX_ROWS), list(relayAddressShape, 64)),
		([, blocked, relays]) => ({ type: 'person' as const, blocked, relays }),
	),
	map(
		tuple(
			literal(2),
			id,
			text(MAX_NAME),
			list(relayAddressShape, MAX_RELAYS),
			list(
				map(tuple(id, uint(2 ** 48), uint(65_535)), ([channel, ms, counter]) => ({
					channel,
					time: { ms, counter },
				})),
				MAX_ROWS,
			),
		),
		([, space, name, relays, read]) => ({ type: 'space' as const, space, name, relays, read }),
	),
	map(tuple(literal(3), list(controlKeyShape, MAX_ROWS)), ([, controlKeys]) => ({
		type: 'keys' as const,
		controlKeys,
	})),
	map(tuple(literal(4), list(packetShape, MAX_RECORD_PACKETS)), ([, packets]) => ({
		type: 'log' as const,
		packets,
	})),
	map(
		tuple(
			literal(5),
			list(
				map(tuple(id, uint(), id), ([feed, seq, head]) => ({ feed, seq, id: head })),
				MAX_ROWS,
			),
		),
		([, bases]) => ({ type: 'bases' as const, bases }),
	),
	map(
		tuple(
			literal(6),
			list(
				map(tuple(packetShape, optional(id)), ([packet, key]) => ({ packet, key })),
				MAX_RECORD_PACKETS,
			),
		),
		([, entries]) => ({ type: 'entries' as const, entries }),
	),
	map(
		tuple(literal(8), list(tuple(text(MAX_VALUE_NAME), blob(MAX_VALUE)), MAX_ROWS)),
		([, values]) => ({ type: 'values' as const, values }),
	),
	map(tuple(literal(7), uint()), ([, records]) => ({ type: 'end' as const, records })),
);

function toTuple(record: ArchiveRecord): unknown[] {
	switch (record.type) {
		case 'begin':
			return [0, ARCHIVE_VERSION, record.rootHash, record.time];
		case 'person':
			return [1, record.blocked, record.relays.map(relayAddressToTuple)];
		case 'values':
			return [8, record.values];
		case 'space': {
			const read = record.read.map(({ channel, time }) => [channel, time.ms, time.counter]);
			return [2, record.space, record.name, record.relays.map(relayAddressToTuple), read];
		}
		case 'keys':
			return [3, record.controlKeys.map(controlKeyToTuple)];
		case 'log':
			return [4, record.packets.map(packetToTuple)];
		case 'bases':
			return [5, record.bases.map(({ feed, seq, id: head }) => [feed, seq, head])];
		case 'entries':
			return [6, record.entries.map(({ packet, key }) => [packetToTuple(packet), key])];
		case 'end':
			return [7, record.records];
	}
}

/** The record alone. */
export function encodeRecordBody(record: ArchiveRecord): Bytes {
	const body = encode(toTuple(record));
	if (body.length > MAX_RECORD) throw new Error(`a record of ${body.length} bytes`);
	return body;
}

/** The record with its length before it. */
export function encodeRecord(record: ArchiveRecord): Bytes {
	const body = encodeRecordBody(record);
	const length = new Uint8Array(LENGTH);
	new DataView(length.buffer).setUint32(0, body.length);
	return concat(length, body);
}

export function decodeRecordBody(body: Uint8Array): Result<ArchiveRecord, ArchiveError> {
	const begin = decode(versionShape, body, MAX_RECORD);
	if (begin.ok && begin.value[1] > ARCHIVE_VERSION) {
		return err({ type: 'newer', detail: `version ${begin.value[1]}` });
	}
	if (begin.ok && begin.value[1] < 1) return err({ type: 'shape', detail: 'no such version' });
	return decode(shape, body, MAX_RECORD);
}

export interface RecordReader {
	/** Takes in any stretch of the archive; the records that are whole by now, in order. */
	push(part: Uint8Array): Result<readonly ArchiveRecord[], ArchiveError>;
	/** Whether the last record was END and nothing came after it. */
	readonly done: boolean;
}

/** Reads the records of one archive; holds no more than one record of it. */
export function createRecordReader(): RecordReader {
	let left = new Uint8Array();
	let count = 0;
	let done = false;
	const wrong = (detail: string): Result<never, ArchiveError> => err({ type: 'shape', detail });

	function inOrder(record: ArchiveRecord): boolean {
		if (done || (record.type === 'begin') !== (count === 0)) return false;
		return record.type !== 'end' || record.records === count;
	}

	return {
		get done() {
			return done && left.length === 0;
		},
		push(part) {
			left = concat(left, part);
			const records: ArchiveRecord[] = [];
			while (left.length >= LENGTH) {
				const length = new DataView(left.buffer, left.byteOffset).getUint32(0);
				if (length > MAX_RECORD) return err({ type: 'too-large', detail: `${length}` });
				if (left.length < LENGTH + length) break;
				const record = decodeRecordBody(left.subarray(LENGTH, LENGTH + length));
				if (!record.ok) return record;
				if (!inOrder(record.value)) return wrong('a record where it can’t be');
				count += 1;
				done = record.value.type === 'end';
				records.push(record.value);
				left = left.slice(LENGTH + length);
			}
			if (done && left.length > 0) return wrong('bytes after the end');
			return ok(records);
		},
	};
}
