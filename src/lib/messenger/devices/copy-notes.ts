// What a device that gets a history has noted of it: which copies there are, and how far each space of each is. [HC4]
import type { ArchiveRecord } from '#lib/protocol/archive.ts';
import { bytes, decode, encode, flag, list, optional, tuple, uint } from '#lib/protocol/cbor.ts';
import { decodeHeader, KIND, type Packet } from '#lib/protocol/entry.ts';
import {
	copyPlaceShape,
	copyPlaceToTuple,
	spaceSharesShape,
	spaceSharesToTuple,
	type CopyPlace,
	type SpaceShare,
} from '#lib/protocol/history-copy.ts';
import type { KeyValueStore, StoreKey } from '#lib/ports/store.ts';
import { equal, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { CopyPhase } from './copy-ways.ts';

const TABLE = 'copy';
const IN = { table: TABLE, key: ['in'] } as const;
const MAX_TAKEN = 8;
const PHASES: readonly CopyPhase[] = ['open', 'done', 'stopped', 'failed', 'partial'];

const shape = list(
	tuple(bytes(32), bytes(16), uint(PHASES.length - 1), spaceSharesShape, optional(uint())),
	MAX_TAKEN,
);
const standingShape = tuple(uint(), optional(copyPlaceShape), flag);

/** How far a space is copied. */
export interface Standing {
	done: number;
	from: CopyPlace | null;
	finished: boolean;
}

/** A copy as it is kept. */
export interface NotedCopy {
	readonly copy: Bytes;
	readonly phase: CopyPhase;
	readonly shares: readonly SpaceShare[];
	/** Since when (ms) there is nothing left but what this device is not let into; null: there is. */
	readonly waitingSince: number | null;
}

export interface CopyNotes {
	/** By the device (hex) that gives. */
	read(): Promise<ReadonlyMap<string, NotedCopy>>;
	write(copies: ReadonlyMap<string, NotedCopy>): Promise<boolean>;
	standing(device: string, space: Bytes): Promise<Standing>;
	writeStanding(device: string, space: Bytes, at: Standing): Promise<boolean>;
	/** Nothing more is to be known of how far the spaces of this device's copy are. */
	clear(device: string): Promise<void>;
}

export function createCopyNotes(store: KeyValueStore): CopyNotes {
	const keyOf = (device: string, space: Bytes): StoreKey => [
		'at',
		fromHex(device) ?? device,
		space,
	];
	return {
		async read() {
			const row = await store.get(IN.table, IN.key);
			const decoded = row && decode(shape, row, 2 ** 20);
			const rows = decoded?.ok ? decoded.value : [];
			return new Map(
				rows.map(([device, copy, phase, shares, waitingSince]) => [
					toHex(device),
					{ copy, phase: PHASES[phase] ?? 'stopped', shares, waitingSince },
				]),
			);
		},
		async write(copies) {
			const rows = [...copies].flatMap(([device, { copy, phase, shares, waitingSince }]) => {
				const key = fromHex(device);
				const of = PHASES.indexOf(phase);
				return key === undefined ? [] : [[key, copy, of, spaceSharesToTuple(shares), waitingSince]];
			});
			return (await store.commit([{ ...IN, value: encode(rows.slice(-MAX_TAKEN)) }])).ok;
		},
		async standing(device, space) {
			const row = await store.get(TABLE, keyOf(device, space));
			const decoded = row && decode(standingShape, row, 128);
			const [done, from, finished] = decoded?.ok ? decoded.value : [0, null, false];
			return { done, from, finished };
		},
		async writeStanding(device, space, { done, from, finished }) {
			const value = encode([done, from && copyPlaceToTuple(from), finished]);
			return (await store.commit([{ table: TABLE, key: keyOf(device, space), value }])).ok;
		},
		async clear(device) {
			await store.clear(TABLE, ['at', fromHex(device) ?? device]);
		},
	};
}

/** A run begins with its space, and has nothing in it that is not of one. [HC3] */
export function belongsIn(record: ArchiveRecord, number: number, space: Bytes): boolean {
	switch (record.type) {
		case 'end':
			return true;
		case 'space':
			return number === 0 && equal(record.space, space);
		case 'begin':
		case 'person':
		case 'values':
			return false;
		default:
			return number > 0;
	}
}

const messagesOf = (packets: readonly Packet[]): number =>
	packets.filter(({ header }) => {
		const decoded = decodeHeader(header);
		return decoded.ok && decoded.value.kind === KIND.message;
	}).length;

/** After the last of these, which are of one feed after the other. */
function placeAfter(packets: readonly Packet[]): CopyPlace | null {
	const last = packets.at(-1);
	const header = last && decodeHeader(last.header);
	if (header?.ok !== true) return null;
	return { feed: header.value.device, seq: header.value.seq + 1 };
}

/** These have been taken in. */
export function advance(
	standing: Standing,
	{ entries }: Extract<ArchiveRecord, { type: 'entries' }>,
): void {
	const packets = entries.map(({ packet }) => packet);
	standing.done += messagesOf(packets);
	standing.from = placeAfter(packets) ?? standing.from;
}
