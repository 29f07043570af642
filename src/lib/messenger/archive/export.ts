// Tells a person's history as records, space by space, without holding more than one record of it. Nothing purged, hidden
// or expired leaves with its content; no key that signs, and none that reads what is yet to come, leaves at all. [BK2]
import { readEntry } from '#lib/crdt/check-entry.ts';
import { type ArchiveRecord, MAX_RECORD_PACKETS, MAX_ROWS } from '#lib/protocol/archive.ts';
import { compareTime, encodePacket, KIND, type Packet } from '#lib/protocol/entry.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import type { FeedHead } from '#lib/protocol/space-message.ts';
import { createReadMarks } from '../conversation.ts';
import type { Ports, Self } from '../ports.ts';
import { stripped } from '../space/kept-entries.ts';
import type { PastEntry } from '../space/recalling.ts';
import type { Space } from '../space/space.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** A record stays well below its bound whatever is in it. */
const FULL = 180_000;
const ROWS_READ = 256;

export interface ArchiveSource {
	readonly self: Self;
	readonly blocked: readonly Bytes[];
	readonly relays: readonly RelayAddress[];
	readonly spaces: readonly Space[];
}

function* parts<T>(items: readonly T[], size: number): Generator<readonly T[]> {
	for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}

/** In records that are neither too long nor too many packets. */
async function* packed<T>(
	items: AsyncIterable<T> | Iterable<T>,
	packetOf: (item: T) => Packet,
): AsyncGenerator<readonly T[]> {
	let part: T[] = [];
	let size = 0;
	for await (const item of items) {
		const length = encodePacket(packetOf(item)).length + 64;
		if (part.length > 0 && (size + length > FULL || part.length === MAX_RECORD_PACKETS)) {
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

async function* entriesOf({ crypto, clock }: Ports, space: Space): AsyncGenerator<PastEntry> {
	for (const { device } of [...space.ledger.feeds.values()]) {
		for (let at = 0; ;) {
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

async function* spaceRecords(ports: Ports, space: Space): AsyncGenerator<ArchiveRecord> {
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
	for await (const part of packed(log, ({ packet }) => packet)) {
		yield { type: 'log', packets: part.map(({ packet }) => packet) };
	}
	for (const bases of parts(await basesOf(ports, space), MAX_ROWS)) yield { type: 'bases', bases };
	for await (const entries of packed(entriesOf(ports, space), ({ packet }) => packet)) {
		yield { type: 'entries', entries };
	}
}

/** `onSpace`: so many of the spaces are told. */
export async function* archiveOf(
	ports: Ports,
	{ self, blocked, relays, spaces }: ArchiveSource,
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
	for (const [n, space] of spaces.entries()) {
		onSpace(n, spaces.length);
		for await (const record of spaceRecords(ports, space)) yield counted(record);
	}
	onSpace(spaces.length, spaces.length);
	yield { type: 'end', records };
}
