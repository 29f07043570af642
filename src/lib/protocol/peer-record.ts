// A device's signed word of where it is now: through which relays it is reached, and which members' devices it reaches
// itself. The latest wins, and none holds for long. [PX1] [PX2]
//
// record [1, space 32, device 32, time, until, takes direct links, may be shown as there, [relay's key 32 …≤5],
//         [linked …≤12], [seen …≤32], device's signature 64]      linked, seen: first 8 bytes of a device's key
import { bytes, encode, flag, list, literal, map, tuple, uint, type Shape } from './cbor.ts';
import { label } from './labels.ts';
import { MAX_RELAYS } from './limits.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';

/** Direct links that a device says it has in one space. */
export const MAX_LINKED = 12;
/** Devices that it says it sees through relays. */
export const MAX_SEEN = 32;
/** Records in one RECORDS, and devices named in one HELD RECORDS. */
export const MAX_RECORDS_PER_MESSAGE = 16;
export const MAX_RECORD_TIMES = 500;
/** How long a record may hold at the most, ms. */
export const RECORD_AGE = 2 * 3_600_000;
const NAME = 8;

export interface PeerRecord {
	readonly space: Bytes;
	readonly device: Bytes;
	/** When it was made, ms since 1970: of two records of a device the later one holds. */
	readonly time: number;
	readonly until: number;
	/** It makes direct links. */
	readonly direct: boolean;
	/** Its person lets others see that they are there. */
	readonly shown: boolean;
	/** Keys of the relays whose mailboxes it reads now. */
	readonly relays: readonly Bytes[];
	/** Names of devices that it has direct links with. */
	readonly linked: readonly Bytes[];
	/** Names of devices that relays say are there. */
	readonly seen: readonly Bytes[];
	readonly signature: Bytes;
}

/** How records name a device. */
export const recordName = (device: Bytes): Bytes => device.slice(0, NAME);
/** The same, of a device's key in hex. */
export const recordNameHex = (device: string): string => device.slice(0, 2 * NAME);

const name = bytes(NAME);

export const peerRecordShape: Shape<PeerRecord> = map(
	tuple(
		literal(1),
		bytes(32),
		bytes(32),
		uint(),
		uint(),
		flag,
		flag,
		list(bytes(32), MAX_RELAYS),
		list(name, MAX_LINKED),
		list(name, MAX_SEEN),
		bytes(64),
	),
	([, space, device, time, until, direct, shown, relays, linked, seen, signature]) => ({
		space,
		device,
		time,
		until,
		direct,
		shown,
		relays,
		linked,
		seen,
		signature,
	}),
);

const contentToTuple = (r: Omit<PeerRecord, 'signature'>): unknown[] => [
	1,
	r.space,
	r.device,
	r.time,
	r.until,
	r.direct,
	r.shown,
	r.relays,
	r.linked,
	r.seen,
];

export const peerRecordToTuple = (r: PeerRecord): unknown[] => [...contentToTuple(r), r.signature];

/** The bytes that the device signs. */
export const peerRecordContent = (r: Omit<PeerRecord, 'signature'>): Bytes =>
	concat(label('peer-record'), encode(contentToTuple(r)));

/** What is held of a device's records. */
export interface RecordTime {
	readonly name: Bytes;
	readonly time: number;
}

export const recordTimesShape: Shape<RecordTime[]> = list(
	map(tuple(name, uint()), ([of, time]) => ({ name: of, time })),
	MAX_RECORD_TIMES,
);
