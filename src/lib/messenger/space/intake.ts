// Takes entries in, whoever brought them and in whatever order: checks, opens, places, and says what to keep.
// [FD4] [FD6] [FD7] [FD8] [FD10] [SH3]
// Entries that must wait for others wait here, bounded; they cost a peer another pull when dropped, nothing more.
import { checkEntry, entryId, readEntry, type Entry } from '#lib/crdt/check-entry.ts';
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import type { Feed, Ledger } from '#lib/crdt/ledger.ts';
import type { LogicalClock } from '#lib/crdt/logical-clock.ts';
import type { Message } from '#lib/protocol/content.ts';
import {
	decodeHeader,
	isControl,
	KIND,
	wrapsToTuple,
	type Packet,
	type Time,
	type Wraps,
} from '#lib/protocol/entry.ts';
import { encode } from '#lib/protocol/cbor.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { AgreementKey, CryptoProvider } from '#lib/ports/crypto.ts';
import type { Judge } from './judging.ts';
import type { KeyRing } from './key-ring.ts';
import type { Ratchets } from './ratchets.ts';
import { openContent, openMessage, proveControl } from './opening.ts';
import type { SpaceStore } from './space-store.ts';

const MAX_WAITING = 2000;
const BEGINNING: Time = { ms: 0, counter: 0 };

export interface Placed {
	readonly entry: Entry;
	/** Present for control entries that joined the authority log just now. */
	readonly control: ControlEntry | null;
	/** The feed that it stands at the head of now; null when only the log took it. */
	readonly feed: Feed | null;
	/** What this device has just written itself: nobody can open that here. */
	readonly message: Message | null;
}

/** A SEALED entry that was here, of which this device has learnt what it says. */
export interface Unsealed {
	readonly before: ControlEntry;
	readonly after: ControlEntry;
}

export interface Fork {
	readonly feed: Feed;
	readonly ours: Packet;
	readonly theirs: Packet;
}

export interface IntakeOutcome {
	readonly placed: readonly Placed[];
	readonly forks: readonly Fork[];
	/** Messages kept without body or keys, with both. */
	readonly completed: readonly Entry[];
	readonly unsealed: readonly Unsealed[];
	/** Control entries that others wait for. */
	readonly wanted: readonly Bytes[];
	/** Feeds whose next entry follows another one than is held here: somewhere before there are two in one place. */
	readonly disputed: readonly Bytes[];
	/** Typed reasons of what was refused, for the log and tests. */
	readonly refused: readonly string[];
}

export interface Intake {
	/** `newKeys`: entries that could not be opened before may be now. */
	take(packets: readonly Packet[], newKeys?: boolean): Promise<IntakeOutcome>;
	waiting(): number;
}

interface Tools {
	readonly crypto: CryptoProvider;
	readonly prekeys: readonly AgreementKey[];
	readonly ledger: Ledger;
	readonly ring: KeyRing;
	readonly kept: SpaceStore;
	readonly clock: LogicalClock;
	readonly judge: Judge;
	readonly ratchets: Pick<Ratchets, 'keyFor'>;
	/** This device. */
	readonly own: Bytes;
}

const sameWraps = (a: Wraps | null, b: Wraps | null): boolean =>
	a === b || (a !== null && b !== null && equal(encode(wrapsToTuple(a)), encode(wrapsToTuple(b))));

/** Whether a packet brings something of the same entry that the other one lacks. */
const bringsMore = (packet: Packet, than: Packet): boolean =>
	(packet.body !== null && than.body === null) || (packet.wraps !== null && than.wraps === null);

export function createIntake(tools: Tools): Intake {
	const { crypto, prekeys, ledger, ring, kept, clock, judge, ratchets, own } = tools;
	const waiting = new Map<string, Entry>();

	/** Whether this very entry is here already: the common case, settled without checking a signature. */
	const isKnown = async (packet: Packet, round: Round): Promise<boolean> => {
		const header = decodeHeader(packet.header);
		if (!header.ok) return false;
		const id = entryId(crypto, packet.header);
		const key = toHex(id);
		const held = waiting.get(key);
		if (held !== undefined) {
			const isOtherEpoch =
				header.value.kind === KIND.epoch && !sameWraps(packet.wraps, held.packet.wraps);
			return !isOtherEpoch && !bringsMore(packet, held.packet);
		}
		const { device, seq, kind, key: keyed } = header.value;
		if (kind === KIND.sealed && ledger.control.has(key)) await unseal(packet, key, round);
		const feed = ledger.feeds.get(toHex(device));
		if (feed === undefined || feed.seq < seq) return false;
		// A control entry before the view, or at its very beginning, is still wanted in the authority log.
		if (isControl(kind)) return ledger.control.has(key);
		const hasKey = packet.wraps !== null || keyed.mode === 'ratchet';
		const mayBringMore = packet.body !== null && hasKey && !equal(device, own);
		if (feed.seq === seq && !mayBringMore) return equal(feed.head, id);
		const stored = await kept.packet(device, seq);
		if (stored === undefined || !equal(entryId(crypto, stored.header), id)) {
			return feed.seq === seq && equal(feed.head, id);
		}
		if (mayBringMore) await complete(packet, stored, round);
		return true;
	};

	/** Takes body and keys of a message that is kept without them. */
	async function complete(packet: Packet, stored: Packet, round: Round): Promise<void> {
		if (stored.body !== null && sameWraps(stored.wraps, packet.wraps)) return;
		const before = readEntry(crypto, stored);
		if (!before.ok || judge.isBarred(before.value)) return;
		const isOpen = async (each: Entry): Promise<boolean> =>
			(await openMessage(crypto, prekeys, each, ratchets)).type === 'opened';
		if (await isOpen(before.value)) return;
		const entry = await checkEntry(crypto, packet);
		if (!entry.ok) {
			round.refused.push(entry.error.type);
			return;
		}
		if (!(await isOpen(entry.value))) return;
		round.completed.push(entry.value);
	}

	/** Somebody has wrapped a SEALED entry for this device that was not wrapped for it before. */
	async function unseal(packet: Packet, key: string, round: Round): Promise<void> {
		const before = ledger.control.get(key);
		if (before?.content.kind !== KIND.sealed || before.content.content !== null) return;
		if (packet.body === null || sameWraps(before.entry.packet.wraps, packet.wraps)) return;
		const entry = await checkEntry(crypto, packet);
		if (!entry.ok) {
			round.refused.push(entry.error.type);
			return;
		}
		const opened = await openContent(crypto, prekeys, ring, entry.value);
		if (opened.type !== 'opened' || opened.value.kind !== KIND.sealed) return;
		if (opened.value.content === null) return;
		const after = await proveControl(crypto, ledger, entry.value, opened.value);
		ledger.unseal(after);
		round.unsealed.push({ before, after });
	}

	const hold = (entry: Entry): void => {
		waiting.set(entry.key, entry);
		for (const key of waiting.keys()) {
			if (waiting.size <= MAX_WAITING) break;
			waiting.delete(key);
		}
	};

	interface Round {
		placed: Placed[];
		forks: Fork[];
		completed: Entry[];
		unsealed: Unsealed[];
		wanted: Bytes[];
		disputed: Bytes[];
		refused: string[];
		/** Entries before the view: two of them may prove a fork to a device that holds neither. */
		past: Map<string, Packet>;
		newKeys: boolean;
	}

	const timeOf = (packet: Packet | undefined): Time => {
		const header = packet && decodeHeader(packet.header);
		return header?.ok ? header.value.time : BEGINNING;
	};

	/** Another entry in the same place that the authority log holds, from before the view too. */
	const inLog = ({ id, header }: Entry): ControlEntry | undefined =>
		[...ledger.control.values()].find(
			({ entry }) =>
				entry.header.seq === header.seq &&
				equal(entry.header.device, header.device) &&
				!equal(entry.id, id),
		);

	/** The entry's place is taken: by itself, or by another one of the same device. */
	const lookForFork = async (entry: Entry, round: Round): Promise<void> => {
		const { device, seq, prev } = entry.header;
		const place = `${toHex(device)} ${seq}`;
		const placed = round.placed.find(
			(other) =>
				other.feed !== null &&
				other.entry.header.seq === seq &&
				equal(other.entry.header.device, device),
		);
		const ours =
			placed?.entry.packet ??
			(await kept.packet(device, seq)) ??
			round.past.get(place) ??
			inLog(entry)?.entry.packet;
		if (ours === undefined) {
			round.past.set(place, entry.packet);
			return;
		}
		if (equal(entryId(crypto, ours.header), entry.id)) return;
		const header = decodeHeader(ours.header);
		const time = timeOf(seq === 0 ? undefined : await kept.packet(device, seq - 1));
		const feed = ledger.freeze(device, seq, { id: header.ok ? header.value.prev : prev, time });
		round.forks.push({ feed, ours, theirs: entry.packet });
	};

	/** The content of a control entry that is new here; null when it must wait or can't be read. */
	const open = async (entry: Entry, round: Round): Promise<ControlEntry | null> => {
		// Content can only be judged once everything it builds on is known.
		const ready = entry.header.authorityHeads.every((head) => ledger.control.has(toHex(head)));
		const isEpoch = entry.header.kind === KIND.epoch;
		if (!ready && !isEpoch) return null;
		const known = ring.all().length;
		const opened = await openContent(crypto, prekeys, ring, entry);
		// An EPOCH's keys may be what opens the entries that it waits for.
		if (ring.all().length > known) round.newKeys = true;
		if (!ready) return null;
		if (opened.type === 'unreadable') {
			round.refused.push('unreadable');
			return null;
		}
		if (opened.type === 'sealed') {
			hold(entry);
			return null;
		}
		const content = opened.value;
		if (content.kind === KIND.admit && !ledger.control.has(toHex(content.invite))) {
			hold(entry);
			round.wanted.push(content.invite);
			return null;
		}
		return proveControl(crypto, ledger, entry, content);
	};

	const place = async (entry: Entry, round: Round): Promise<boolean> => {
		const fresh = isControl(entry.header.kind) && !ledger.control.has(entry.key);
		const control = fresh ? await open(entry, round) : null;
		const placement = ledger.place(entry, control);
		switch (placement.type) {
			case 'added': {
				clock.see(entry.header.time);
				if (control !== null) judge.take(control);
				round.placed.push({ entry, control, feed: placement.feed, message: null });
				// The authority log may be ahead of the feed: there the entry takes its place when its turn comes.
				if (placement.chain === 'gap') hold(entry);
				if (placement.chain === 'past') await lookForFork(entry, round);
				if (placement.chain === 'broken') round.disputed.push(entry.header.device);
				return true;
			}
			case 'waiting':
				hold(entry);
				round.wanted.push(...placement.control);
				return false;
			case 'past':
				await lookForFork(entry, round);
				return false;
			case 'refused':
				if (placement.reason === 'broken-chain') round.disputed.push(entry.header.device);
				// Nobody takes it, but two of them prove a fork, and what was built on those is judged by that.
				if (placement.reason === 'beyond-fence') await lookForFork(entry, round);
				// Without content the reason was given when it was opened, or it waits.
				if (placement.reason !== 'needs-content') round.refused.push(placement.reason);
				return false;
			case 'known':
				return false;
		}
	};

	/** Entries that waited may have their turn now; goes on as long as any finds its place. */
	const retry = async (round: Round): Promise<void> => {
		for (let moved = true; moved;) {
			moved = false;
			round.newKeys = false;
			for (const entry of [...waiting.values()].sort((a, b) => a.header.seq - b.header.seq)) {
				waiting.delete(entry.key);
				if (await place(entry, round)) moved = true;
			}
			moved ||= round.newKeys;
		}
	};

	return {
		waiting: () => waiting.size,
		async take(packets, newKeys = false) {
			const round: Round = {
				placed: [],
				forks: [],
				completed: [],
				unsealed: [],
				wanted: [],
				disputed: [],
				refused: [],
				past: new Map(),
				newKeys,
			};
			for (const packet of packets) {
				if (await isKnown(packet, round)) continue;
				const entry = await checkEntry(crypto, packet);
				if (entry.ok) await place(entry.value, round);
				else round.refused.push(entry.error.type);
			}
			if ((round.placed.length > 0 || round.newKeys) && waiting.size > 0) {
				round.wanted.length = 0;
				await retry(round);
			}
			const { placed, forks, completed, unsealed, disputed, refused } = round;
			const wanted = round.wanted.filter((id) => !waiting.has(toHex(id)));
			return { placed, forks, completed, unsealed, wanted, disputed, refused };
		},
	};
}
