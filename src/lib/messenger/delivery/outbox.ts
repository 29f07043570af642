// What this device has written and not every recipient device has said it holds: the real backup until then. [OB1] … [OB4]
// Only a device's own signed word takes a recipient off; a relay's never does.
import { bytes, decode, encode, list, optional, tuple, uint } from '#lib/protocol/cbor.ts';
import { readEntry } from '#lib/crdt/check-entry.ts';
import { decodeHeader, KIND, type Packet } from '#lib/protocol/entry.ts';
import { label } from '#lib/protocol/labels.ts';
import { DEFAULT_TTL_SECONDS, STORE_AFTER } from '#lib/protocol/limits.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import { fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Delivery } from '../delivery-state.ts';
import type { Ports, Self } from '../ports.ts';
import { createQueue } from '../queue.ts';
import type { Space } from '../space/space-face.ts';
import type { Post } from './post-face.ts';

interface Row {
	readonly seq: number;
	readonly packet: Bytes;
	/** Under its own name a packet is left once: a relay ignores a second one, whoever that is for. */
	named: boolean;
	readonly preimage: Bytes;
	/** Devices (hex) that have not said they hold it. */
	readonly missing: Set<string>;
	recipients: number;
	/** Relays (hex) that say they keep a copy, and until when (s). */
	readonly copies: Map<string, number>;
	/** Devices (hex) that a stored copy is for. */
	readonly storedFor: Set<string>;
	/** When it was first sent, ms; copies are due some time after. */
	readonly since: number;
	/** Names of the copies that were left under others than its own. */
	readonly names: Bytes[];
	/** Devices (hex) for which this is the last word: it is left for them, and not waited for. */
	readonly last: Set<string>;
	/** The epoch in whose mailbox it is left, for the sake of these; null: the current one. */
	readonly epoch: Bytes | null;
}

export interface Outbox {
	load(): Promise<void>;
	/** What to commit together with a new entry; `last`: devices (hex) put out by it, for which it is meant all the same. */
	rowFor(entry: Entry, last?: readonly string[]): readonly StoreWrite[];
	/** Sends new entries, once they are kept: those of one commit go together. */
	publish(entries: readonly Entry[]): void;
	/** The first entry of the own feed that some device may not hold. */
	heldBefore(): number;
	/** A device says that it holds this feed up to `seq`. */
	acknowledged(device: string, seq: number): void;
	/** Members may have gone: nothing is due to them any longer. */
	membersChanged(): void;
	/** Devices (hex) whose word is missing although entries have been under way to them for a while. */
	overdue(): readonly string[];
	/** The entry at this place of the own feed has lost its content: so do the copies of it. */
	purged(seq: number): void;
	/** A relay came up: leaves the copies that are due. */
	flush(): void;
	/** Whether copies of something are still to be left for devices that are away. */
	isLeaving(): boolean;
	/** Where the entry at this place of the own feed is; null when nothing is due any longer. */
	delivery(seq: number): Delivery | null;
	/** Set by whoever shows it. */
	onChange: (seqs: readonly number[]) => void;
	/** How many entries each relay (hex) keeps a copy of. Looks at each that is not held by everybody yet. */
	copies(): ReadonlyMap<string, number>;
	stop(): void;
}

/** When no relay took a copy. */
const RETRY = 10_000;
/** A last word that found no relay in all this time has no more use. */
const KEPT_FOR = DEFAULT_TTL_SECONDS * 1000;
/** How long a device may take to say that it holds an entry before it is asked. */
const ASK_AFTER = 10_000;

/** A row that waits for more than so many devices is written from time to time. */
const WRITTEN_AT_ONCE = 32;
const WRITE_EVERY = 5000;

/** Copies remembered of one entry: more are only made where relays refuse for long. */
const MAX_NAMES = 100;

const shape = tuple(
	bytes(32),
	bytes(32),
	list(bytes(32), 4096),
	uint(),
	list(tuple(bytes(32), uint()), 16),
	list(bytes(32), 4096),
	uint(),
	list(bytes(32), 4096),
	optional(bytes(16)),
	list(bytes(32), MAX_NAMES),
);

/** The name under which relays keep an entry: members can tell what they hold already, nobody else learns anything. */
export const packetName = (
	crypto: { sha256(...parts: readonly Uint8Array[]): Bytes },
	spaceKey: Bytes,
	entry: Bytes,
): Bytes => crypto.sha256(label('packet-id'), spaceKey, entry);

export interface OutboxEvents {
	/** What a copy of this packet for these devices (hex) consists of, when it is the last word to some of them (`last`). */
	toLeave(packet: Packet, to: readonly string[], last: readonly string[]): readonly Packet[];
}

export function createOutbox(
	ports: Ports,
	self: Self,
	space: Space,
	post: Post,
	events: OutboxEvents,
): Outbox {
	const { clock, crypto, random, store } = ports;
	const own = toHex(self.device.publicKey);
	const rows = new Map<number, Row>();
	const queue = createQueue();
	const timers = new Set<() => void>();
	let stopped = false;

	const bytesOf = (hexes: Iterable<string>): Bytes[] =>
		[...hexes].flatMap((hex) => fromHex(hex) ?? []);

	const write = (row: Row): StoreWrite => ({
		table: 'outbox',
		key: [space.id, row.seq],
		value:
			row.missing.size === 0
				? null
				: encode([
						row.packet,
						row.preimage,
						bytesOf(row.missing),
						row.recipients,
						[...row.copies].map(([relay, until]) => [...bytesOf([relay]), until]),
						bytesOf(row.storedFor),
						row.since,
						bytesOf(row.last),
						row.epoch,
						row.names,
					]),
	});

	const others = (): string[] =>
		[...space.ledger.authority.devices.values()]
			.filter((device) => device.active)
			.map((device) => toHex(device.device))
			.filter((device) => device !== own);

	const later = (ms: number, work: () => void): void => {
		const cancel = clock.after(ms, () => {
			timers.delete(cancel);
			work();
		});
		timers.add(cancel);
	};

	/** Leaves copies for recipients that are away, or present and silent for too long. */
	const leaveCopies = (row: Row): Promise<void> =>
		queue(async () => {
			if (stopped || !rows.has(row.seq)) return;
			const waited = clock.now() - row.since >= STORE_AFTER;
			const due = [...row.missing].filter(
				(device) =>
					!row.storedFor.has(device) &&
					(waited || row.last.has(device) || post.route(device) === null),
			);
			if (due.length === 0 || !post.hasRelay()) return;
			const packet = await space.kept.packet(self.device.publicKey, row.seq);
			if (packet === undefined) return;
			const name = row.named ? row.packet : random.bytes(32);
			if (!row.named) row.names.push(name);
			row.names.splice(0, row.names.length - MAX_NAMES);
			const { copies, devices } = await post.store(
				due,
				{
					packet: name,
					preimage: row.preimage,
					notIn: newEpochOf(packet),
					...expiryOf(packet),
					...(row.epoch !== null && !post.isClosed(row.epoch) && { only: row.epoch }),
				},
				{ type: 'entries', packets: events.toLeave(packet, due, [...row.last]) },
			);
			row.named = false;
			const isOver = endLastWord(row, copies.length > 0);
			if (devices.length < due.length) later(RETRY, () => void leaveCopies(row));
			if (copies.length === 0 && !isOver) return;
			for (const { relay, receipt } of copies) row.copies.set(relay, receipt.expiry);
			for (const device of devices) row.storedFor.add(device);
			settle([row]);
		});

	/** Once it is left, or can't be any more, a last word is nobody's to wait for. */
	function endLastWord(row: Row, isLeft: boolean): boolean {
		if (row.last.size === 0 || row.epoch === null) return false;
		const isOver = isLeft || post.isClosed(row.epoch) || clock.now() - row.since > KEPT_FOR;
		if (!isOver) return false;
		for (const device of row.last) row.missing.delete(device);
		row.last.clear();
		return true;
	}

	/** Rows that are other than the store has them. */
	const unwritten = new Set<Row>();
	let isWriting = false;
	function writeRest(): void {
		isWriting = false;
		const due = [...unwritten].filter((row) => rows.get(row.seq) === row);
		unwritten.clear();
		if (due.length > 0 && !stopped) void store.commit(due.map(write));
	}

	/** Keeps what has become of these rows. */
	const settle = (changed: readonly Row[]): void => {
		if (changed.length === 0) return;
		const now: Row[] = [];
		for (const row of changed) {
			if (row.missing.size === 0) rows.delete(row.seq);
			// A row of very many is not written anew for each that has it: who had is asked again after a crash.
			if (row.missing.size > WRITTEN_AT_ONCE) unwritten.add(row);
			else now.push(row);
			if (row.missing.size <= WRITTEN_AT_ONCE) unwritten.delete(row);
		}
		if (unwritten.size > 0 && !isWriting) later(WRITE_EVERY, writeRest);
		isWriting ||= unwritten.size > 0;
		if (now.length > 0) void store.commit(now.map(write));
		outbox.onChange(changed.map((row) => row.seq));
	};

	/** A copy of what disappears is not to outlive it. */
	const expiryOf = (packet: Packet): { readonly until?: number } => {
		const header = decodeHeader(packet.header);
		const until = header.ok && packet.body !== null ? header.value.expiry : 0;
		return until === 0 ? {} : { until };
	};

	const newEpochOf = (packet: Packet): Bytes | null => {
		const control = space.ledger.control.get(toHex(crypto.sha256(label('entry'), packet.header)));
		return control?.content.kind === KIND.epoch ? control.entry.header.key.epoch : null;
	};

	/** A row that is damaged begins anew: who holds its entry says so again, and who doesn't waits for it. [AT14] */
	async function restore(seq: number): Promise<void> {
		const packet = await space.kept.packet(self.device.publicKey, seq);
		const entry = packet && readEntry(crypto, packet);
		const fresh = entry?.ok ? outbox.rowFor(entry.value) : [];
		const none = [{ table: 'outbox', key: [space.id, seq], value: null }];
		const row = rows.get(seq);
		if (row !== undefined) row.named = false;
		await store.commit(fresh.length > 0 ? fresh : none);
	}

	const outbox: Outbox = {
		async load() {
			for (const { at, value } of await store.range('outbox', [space.id])) {
				const stored = decode(shape, value, Number.MAX_SAFE_INTEGER);
				if (!stored.ok) {
					await restore(at);
					continue;
				}
				const [packet, preimage, missing, recipients, copies, storedFor, since, ...rest] =
					stored.value;
				const [last, epoch, names] = rest;
				rows.set(at, {
					seq: at,
					packet,
					named: false,
					preimage,
					missing: new Set(missing.map(toHex)),
					recipients,
					copies: new Map(copies.map(([relay, until]) => [toHex(relay), until])),
					storedFor: new Set(storedFor.map(toHex)),
					since,
					last: new Set(last.map(toHex)),
					epoch,
					names,
				});
			}
		},
		rowFor(entry, last = []) {
			const missing = new Set([...others(), ...last]);
			const spaceKey = space.ledger.authority.genesis?.spaceKey;
			if (missing.size === 0 || spaceKey === undefined) return [];
			const row: Row = {
				seq: entry.header.seq,
				packet: packetName(crypto, spaceKey, entry.id),
				named: true,
				preimage: random.bytes(32),
				missing,
				recipients: missing.size,
				copies: new Map(),
				storedFor: new Set(),
				since: Math.max(0, Math.floor(clock.now())),
				last: new Set(last),
				epoch: last.length === 0 ? null : entry.header.key.epoch,
				names: [],
			};
			rows.set(row.seq, row);
			return [write(row)];
		},
		publish(entries) {
			const due = entries.filter(({ header }) => rows.has(header.seq));
			if (due.length === 0 || stopped) return;
			post.sendAll({ type: 'entries', packets: due.map(({ packet }) => packet) });
			for (const { header } of due) {
				const row = rows.get(header.seq);
				if (row === undefined) continue;
				void leaveCopies(row);
				later(STORE_AFTER, () => void leaveCopies(row));
			}
		},
		heldBefore() {
			const { seq = -1 } = space.ledger.feeds.get(own) ?? {};
			return Math.min(seq + 1, ...rows.keys());
		},
		acknowledged(device, seq) {
			settle([...rows.values()].filter((row) => row.seq <= seq && row.missing.delete(device)));
		},
		membersChanged() {
			const there = new Set(others());
			settle(
				[...rows.values()].filter((row) => {
					const gone = [...row.missing].filter(
						(device) => !there.has(device) && !row.last.has(device),
					);
					for (const device of gone) row.missing.delete(device);
					row.recipients -= gone.length;
					return gone.length > 0;
				}),
			);
		},
		overdue() {
			const late = [...rows.values()].filter((row) => clock.now() - row.since >= ASK_AFTER);
			return [...new Set(late.flatMap((row) => [...row.missing]))];
		},
		isLeaving: () =>
			[...rows.values()].some((row) =>
				[...row.missing].some(
					(device) => !row.storedFor.has(device) && post.route(device) === null,
				),
			),
		purged(seq) {
			void queue(() => {
				const row = rows.get(seq);
				if (row === undefined || stopped) return Promise.resolve();
				for (const name of [row.packet, ...row.names]) post.remove(name, row.preimage);
				row.names.length = 0;
				row.copies.clear();
				row.storedFor.clear();
				row.named = false;
				return Promise.resolve();
			}).then(() => {
				const row = rows.get(seq);
				return row === undefined ? undefined : leaveCopies(row);
			});
		},
		flush() {
			for (const row of rows.values()) {
				const due = row.since + STORE_AFTER - clock.now();
				void leaveCopies(row);
				if (due > 0) later(due, () => void leaveCopies(row));
			}
		},
		copies() {
			const count = new Map<string, number>();
			for (const { copies } of rows.values())
				for (const relay of copies.keys()) count.set(relay, (count.get(relay) ?? 0) + 1);
			return count;
		},
		delivery(seq) {
			const row = rows.get(seq);
			if (row === undefined) return null;
			const of = row.recipients;
			const delivered = of - row.missing.size;
			const now = clock.now() / 1000;
			const copy = [...row.copies].find(([, until]) => until > now);
			if (copy !== undefined) {
				return { state: 'stored', relay: copy[0], until: copy[1] * 1000, delivered, of };
			}
			return delivered > 0
				? { state: 'delivered', delivered, of }
				: { state: 'queued', delivered, of };
		},
		onChange: () => undefined,
		stop() {
			stopped = true;
			for (const cancel of timers) cancel();
		},
	};
	return outbox;
}
