// Tells a person's history as records, space by space, without holding more than one record of it. Nothing purged, hidden
// or expired leaves with its content; no key that signs, and none that reads what is yet to come, leaves at all. [BK2]
import { readEntry } from '#lib/crdt/check-entry.ts';
import { type ArchiveRecord, MAX_RECORD_PACKETS, MAX_ROWS } from '#lib/protocol/archive.ts';
import { compareTime, encodePacket, KIND, type Packet } from '#lib/protocol/entry.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import type { FeedHead } from '#lib/protocol/space-state.ts';
import { createReadMarks } from '../conversation.ts';
import type { Ports, Self } from '../ports.ts';
import { stripped } from '../space/kept-entries.ts';
import type { PastEntry } from '../space/recalling.ts';
import type { Space } from '../space/space-face.ts';
import type { OwnValue } from './own-values.ts';
import { compare, toHex, type Bytes } from '#lib/util/bytes.ts';

/** A record stays well below its bound whatever is in it. */
const FULL = 180_000;
/** Of those that travel while people write. */
const SMALL = 56_000;
const ROWS_READ = 256;
/** As many as fit a record however long each is. */
const ROWS_OF_VALUES = 15;

export interface ArchiveSource {
	readonly self: Self;
	readonly blocked: readonly Bytes[];
	readonly relays: readonly RelayAddress[];
	/** Of the account document. */
	readonly values: readonly OwnValue[];
	readonly spaces: readonly Space[];
}

function* parts<T>(items: readonly T[], size: number): Generator<readonly T[]> {
	for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}

/** In records that are neither too long nor too many packets. */
async function* packed<T>(
	items: AsyncIterable<T> | Iterable<T>,
	packetOf: (item: T) => Packet,
	full: number,
): AsyncGenerator<readonly T[]> {
	let part: T[] = [];
	let size = 0;
	for await (const item of items) {
		const length = encodePacket(packetOf(item)).length + 64;
		if (part.length > 0 && (size + length > full || part.length === MAX_RECORD_PACKETS)) {
			yield part;
			part = [];
			size = 0;
		}
		part.push(item);
		size += length;
	}
	if (part.length > 0) yield part;
}

/** Where what is held of each feed begins. */
async function basesOf({ crypto }: Ports, space: Space): Promise<FeedHead[]> {
	const bases: FeedHead[] = [];
	for (const { device } of space.ledger.feeds.values()) {
		const [first] = await space.kept.packets(device, 0, Infinity, 1);
		const entry = first && readEntry(crypto, first);
		if (entry?.ok !== true) continue;
		const { seq, prev } = entry.value.header;
		if (seq > 0) bases.push({ feed: device, seq: seq - 1, id: prev });
	}
	return bases;
}

/** Where the entries of a space go on: all before this one, feeds in the order of their keys, are told. */
export interface ArchivePlace {
	readonly feed: Bytes;
	readonly seq: number;
}

async function* entriesOf(
	{ crypto, clock }: Ports,
	space: Space,
	from: ArchivePlace | null,
): AsyncGenerator<PastEntry> {
	const feeds = [...space.ledger.feeds.values()].map(({ device }) => device).sort(compare);
	for (const device of feeds) {
		const order = from === null ? 1 : compare(device, from.feed);
		if (order < 0) continue;
		for (let at = order === 0 ? (from?.seq ?? 0) : 0; ;) {
			const packets = await space.kept.packets(device, at, Infinity, ROWS_READ);
			for (const packet of packets) {
				const read = readEntry(crypto, packet);
				if (!read.ok) continue;
				const entry = read.value;
				at = Math.max(at, entry.header.seq + 1);
				const { expiry, kind } = entry.header;
				const isOver = expiry > 0 && expiry <= clock.now();
				if (kind !== KIND.message) yield { packet, key: null };
				else if (isOver || space.isBarred(entry)) {
					yield { packet: stripped(entry).packet, key: null };
				} else {
					yield { packet, key: packet.body === null ? null : await space.keyOf(entry) };
				}
			}
			if (packets.length < ROWS_READ) break;
		}
	}
}

/** How many messages a space holds, purged ones and those that can't be read included. */
export async function messagesIn(ports: Ports, space: Space): Promise<number> {
	const { feeds, control } = space.ledger;
	const bases = new Map(
		(await basesOf(ports, space)).map(({ feed, seq }) => [toHex(feed), seq + 1]),
	);
	const beginOf = (device: string): number => bases.get(device) ?? 0;
	let count = 0;
	for (const [device, { seq }] of feeds) count += Math.max(0, seq + 1 - beginOf(device));
	for (const { entry } of control.values()) {
		const device = toHex(entry.header.device);
		if (feeds.has(device) && entry.header.seq >= beginOf(device)) count -= 1;
	}
	return Math.max(0, count);
}

/** What travels from device to device: in small records, and from a place on without what comes before the entries. */
export async function* spaceRecordsFrom(
	ports: Ports,
	space: Space,
	from: ArchivePlace | null,
): AsyncGenerator<ArchiveRecord> {
	for await (const record of spaceRecords(ports, space, from, SMALL)) {
		if (from === null || record.type === 'space' || record.type === 'entries') yield record;
	}
}

async function* spaceRecords(
	ports: Ports,
	space: Space,
	from: ArchivePlace | null = null,
	full = FULL,
): AsyncGenerator<ArchiveRecord> {
	const { authority, control } = space.ledger;
	const marks = createReadMarks(ports.store, space.id);
	const read = await Promise.all(
		authority.channels.slice(0, MAX_ROWS).map(async ({ id }) => ({
			channel: id,
			time: await marks.get(id),
		})),
	);
	yield {
		type: 'space',
		space: space.id,
		name: authority.genesis?.name ?? '',
		relays: authority.epoch?.content.relays ?? [],
		read,
	};
	const controlKeys = space.ring.all().map(({ maker, controlKey: key }) => ({ maker, key }));
	for (const part of parts(controlKeys, MAX_ROWS)) yield { type: 'keys', controlKeys: part };
	const log = [...control.values()]
		.map(({ entry }) => entry)
		.sort((a, b) => compareTime(a.header.time, b.header.time));
	for await (const part of packed(log, ({ packet }) => packet, full)) {
		yield { type: 'log', packets: part.map(({ packet }) => packet) };
	}
	for (const bases of parts(await basesOf(ports, space), MAX_ROWS)) yield { type: 'bases', bases };
	const entriesHere = entriesOf(ports, space, from);
	for await (const entries of packed(entriesHere, ({ packet }) => packet, full)) {
		yield { type: 'entries', entries };
	}
}

/** `onSpace`: so many of the spaces are told. */
export async function* archiveOf(
	ports: Ports,
	{ self, blocked, relays, values, spaces }: ArchiveSource,
	onSpace: (done: number, of: number) => void = () => undefined,
): AsyncGenerator<ArchiveRecord> {
	let records = 0;
	const counted = (record: ArchiveRecord): ArchiveRecord => {
		records += 1;
		return record;
	};
	const time = Math.max(0, Math.floor(ports.clock.now()));
	yield counted({ type: 'begin', rootHash: self.rootHash, time });
	yield counted({
		type: 'person',
		blocked: blocked.slice(0, MAX_ROWS),
		relays: relays.slice(0, 64),
	});
	for (const part of parts(blocked.slice(MAX_ROWS), MAX_ROWS)) {
		yield counted({ type: 'person', blocked: part, relays: [] });
	}
	for (const part of parts(values, ROWS_OF_VALUES)) yield counted({ type: 'values', values: part });
	for (const [n, space] of spaces.entries()) {
		onSpace(n, spaces.length);
		for await (const record of spaceRecords(ports, space)) yield counted(record);
	}
	onSpace(spaces.length, spaces.length);
	yield { type: 'end', records };
}
