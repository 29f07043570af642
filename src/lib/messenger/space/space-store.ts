// How a space is kept on the device: rows for entries, feeds, the authority log and the keys. [FD9]
import {
	bytes,
	decode,
	encode,
	flag,
	list,
	optional,
	tuple,
	uint,
	variants,
	type Shape,
} from '#lib/protocol/cbor.ts';
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import type { Feed } from '#lib/crdt/ledger.ts';
import {
	decodeHeader,
	decodePacket,
	encodePacket,
	isControl,
	KIND,
	packetShape,
	packetToTuple,
	type Packet,
} from '#lib/protocol/entry.ts';
import type { KeyValueStore, StoreWrite } from '#lib/ports/store.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { decodeEpochKeys, encodeEpochKeys, type EpochKeys, type KeyRing } from './key-ring.ts';

export interface KeptControl {
	readonly packet: Packet;
	readonly proven: boolean;
	/** Of a SEALED entry that this device can read. */
	readonly key: Bytes | null;
}

export interface SpaceStore {
	/** These three are undefined when some of their rows can't be read. [AT14] */
	feeds(): Promise<readonly Feed[] | undefined>;
	/** The authority log as it was opened, with what its inner signatures were found to be. */
	control(): Promise<readonly KeptControl[] | undefined>;
	/** By their numbers. */
	keys(): Promise<readonly (readonly [number: number, keys: EpochKeys])[] | undefined>;
	/** The entry of a feed at this place, if kept. */
	packet(device: Bytes, seq: number): Promise<Packet | undefined>;
	packets(device: Bytes, from: number, to: number, limit: number): Promise<readonly Packet[]>;
	/** Whether anything is kept of this device's feed, readable or not. */
	hasWritten(device: Bytes): Promise<boolean>;
	/** Two entries of this device in one place, if such were found. */
	forkProof(device: Bytes): Promise<readonly Packet[]>;
	writeEntry(entry: Entry): StoreWrite;
	/** An entry that nobody will ask for. */
	deleteEntry(device: Bytes, seq: number): StoreWrite;
	writeFork(device: Bytes, proof: readonly Packet[]): StoreWrite;
	writeFeed(feed: Feed): StoreWrite;
	writeControl(control: ControlEntry): StoreWrite;
	/** Puts another packet in place of the one kept of the same control entry. */
	rewriteControl(before: ControlEntry, after: ControlEntry): StoreWrite;
	writeKeys(ring: KeyRing): readonly StoreWrite[];
}

const feedShape = tuple(
	bytes(32),
	uint(),
	variants<Bytes>(bytes(0), bytes(32)),
	uint(2 ** 48),
	uint(65_535),
	optional(uint()),
);

const controlShape = tuple(packetShape, flag, optional(bytes(32)));
const forkShape = list(packetShape, 2);

const withoutText = (packet: Packet): Packet => {
	const header = decodeHeader(packet.header);
	if (header.ok && isControl(header.value.kind)) return packet;
	return { ...packet, wraps: null, body: null };
};

const read = <T>(shape: Shape<T>, encoded: Uint8Array): T | undefined => {
	const decoded = decode(shape, encoded, Number.MAX_SAFE_INTEGER);
	return decoded.ok ? decoded.value : undefined;
};

export function createSpaceStore(store: KeyValueStore, space: Bytes): SpaceStore {
	const feedNumbers = new Map<string, number>();
	let controlCount = 0;
	/** Rows of SEALED entries by signature (hex): only of these a packet may come that says more. */
	const sealed = new Map<string, number>();

	const numberOf = (device: Bytes): number => {
		const key = toHex(device);
		let number = feedNumbers.get(key);
		if (number === undefined) {
			number = feedNumbers.size;
			feedNumbers.set(key, number);
		}
		return number;
	};
	const noteRow = (packet: Packet, at: number): void => {
		const header = decodeHeader(packet.header);
		if (header.ok && header.value.kind === KIND.sealed) sealed.set(toHex(packet.signature), at);
	};
	const controlWrite = ({ entry, proven, key }: ControlEntry, at: number): StoreWrite => ({
		table: 'control',
		key: [space, at],
		value: encode([packetToTuple(entry.packet), proven, key ?? null]),
	});
	const toPackets = (values: readonly Bytes[]): Packet[] =>
		values
			.map((value) => decodePacket(value))
			.filter((packet) => packet.ok)
			.map((packet) => packet.value);

	return {
		async feeds() {
			const feeds: Feed[] = [];
			for (const row of await store.range('feed', [space])) {
				const stored = read(feedShape, row.value);
				if (stored === undefined) return undefined;
				// The seq is kept one higher, because a feed without entries stands at -1.
				const [device, next, head, ms, counter, frozenAt] = stored;
				feedNumbers.set(toHex(device), row.at);
				feeds.push({ device, seq: next - 1, head, time: { ms, counter }, frozenAt });
			}
			return feeds;
		},
		async control() {
			const rows = await store.range('control', [space]);
			controlCount = (rows.at(-1)?.at ?? -1) + 1;
			const all: KeptControl[] = [];
			for (const row of rows) {
				const stored = read(controlShape, row.value);
				if (stored === undefined) return undefined;
				const [packet, proven, key] = stored;
				noteRow(packet, row.at);
				all.push({ packet, proven, key });
			}
			return all;
		},
		async keys() {
			const rows = await store.range('key', [space]);
			const stored = rows.map(({ at, value }) => [at, decodeEpochKeys(value)] as const);
			const readable = stored.flatMap(([at, keys]) =>
				keys === undefined ? [] : [[at, keys] as const],
			);
			return readable.length === rows.length ? readable : undefined;
		},
		async packet(device, seq) {
			const stored = await store.get('entry', [space, device, seq]);
			const decoded = stored && decodePacket(stored);
			return decoded?.ok ? decoded.value : undefined;
		},
		async packets(device, from, to, limit) {
			const rows = await store.range('entry', [space, device], { from, to, limit });
			return toPackets(rows.map((row) => row.value));
		},
		hasWritten: async (device) =>
			(await store.range('entry', [space, device], { limit: 1 })).length > 0,
		async forkProof(device) {
			const stored = await store.get('fork', [space, device]);
			return (stored && read(forkShape, stored)) ?? [];
		},
		writeFork: (device, proof) => ({
			table: 'fork',
			key: [space, device],
			// Headers and signatures prove it; what a message says has no part in that.
			value: encode(proof.map(withoutText).map(packetToTuple)),
		}),
		writeEntry: (entry) => ({
			table: 'entry',
			key: [space, entry.header.device, entry.header.seq],
			value: encodePacket(entry.packet),
		}),
		deleteEntry: (device, seq) => ({ table: 'entry', key: [space, device, seq], value: null }),
		writeFeed: (feed) => ({
			table: 'feed',
			key: [space, numberOf(feed.device)],
			value: encode([
				feed.device,
				feed.seq + 1,
				feed.head,
				feed.time.ms,
				feed.time.counter,
				feed.frozenAt,
			]),
		}),
		writeControl(control) {
			const at = controlCount++;
			noteRow(control.entry.packet, at);
			return controlWrite(control, at);
		},
		rewriteControl(before, after) {
			const at = sealed.get(toHex(before.entry.packet.signature)) ?? controlCount++;
			noteRow(after.entry.packet, at);
			return controlWrite(after, at);
		},
		writeKeys: (ring) =>
			ring.changed().map(([at, keys]) => ({
				table: 'key',
				key: [space, at],
				value: encodeEpochKeys(keys),
			})),
	};
}
