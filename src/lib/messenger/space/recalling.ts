// Takes in the past of a space as an archive tells it, whatever is here already and in any order: checks it like
// everything that others bring, and places it before this device's own view or after. [BK3] [BK4]
import type { ControlKey } from '#lib/protocol/content.ts';
import { checkEntry, type Entry } from '#lib/crdt/check-entry.ts';
import { readEntry } from '#lib/crdt/check-entry.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { decodeHeader, isControl, KIND, type Packet } from '#lib/protocol/entry.ts';
import type { FeedHead } from '#lib/protocol/space-state.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Intake, IntakeOutcome } from './intake.ts';
import type { Judge } from './judging.ts';
import { stripped } from './kept-entries.ts';
import type { MessageKeys } from './message-keys.ts';
import { openMessageBy } from './opening.ts';
import type { SpaceStore } from './space-store.ts';

export interface PastEntry {
	readonly packet: Packet;
	/** The key of its body, for messages that were read or written where the archive was made. */
	readonly key: Bytes | null;
}

/** A part of a space's past; what of it builds on other parts comes after them. */
export interface Past {
	/** Open the authority log. */
	readonly controlKeys?: readonly ControlKey[];
	/** The last entry before the archive's own of each feed; seq -1 is left out. */
	readonly bases?: readonly FeedHead[];
	readonly entries: readonly PastEntry[];
}

export interface Recalling {
	take(past: Past): Promise<{
		readonly outcome: IntakeOutcome;
		readonly writes: readonly StoreWrite[];
		/** Entries that are not what they say, or have no place in this space. */
		readonly refused: number;
	}>;
}

interface Tools {
	readonly crypto: CryptoProvider;
	readonly ledger: Ledger;
	readonly kept: SpaceStore;
	readonly intake: Intake;
	readonly judge: Judge;
	readonly keys: MessageKeys;
	/** This device. */
	readonly own: Bytes;
}

export function createRecalling(tools: Tools): Recalling {
	const { crypto, ledger, kept, intake, judge, keys, own } = tools;

	/** Whether it fits what is held of its feed on either side; what is held nowhere says nothing. */
	async function connects(entry: Entry, fresh: ReadonlyMap<string, Entry>): Promise<boolean> {
		const { device, seq, prev } = entry.header;
		const feed = ledger.feeds.get(toHex(device));
		if (feed?.seq === seq) return equal(feed.head, entry.id);
		const at = async (place: number): Promise<Entry | undefined> => {
			const known = fresh.get(`${toHex(device)} ${place}`);
			if (known !== undefined || place < 0) return known;
			const packet = await kept.packet(device, place);
			const read = packet && readEntry(crypto, packet);
			return read?.ok === true ? read.value : undefined;
		};
		const after = await at(seq + 1);
		if (after !== undefined && !equal(after.header.prev, entry.id)) return false;
		const before = await at(seq - 1);
		return before === undefined || equal(before.id, prev);
	}

	/** The entry that takes its place before the head of its feed; undefined when that can't be its place. */
	async function placed(
		entry: Entry,
		fresh: ReadonlyMap<string, Entry>,
	): Promise<Entry | undefined> {
		if (!ledger.isAdmitted(entry) || !(await connects(entry, fresh))) return undefined;
		const { device, seq } = entry.header;
		const stored = await kept.packet(device, seq);
		if (stored === undefined) return entry;
		const held = readEntry(crypto, stored);
		if (!held.ok || !equal(held.value.id, entry.id)) return undefined;
		const body = stored.body ?? entry.packet.body;
		const wraps = stored.wraps ?? entry.packet.wraps;
		return { ...entry, packet: { ...stored, body, wraps } };
	}

	return {
		async take({ bases = [], entries }) {
			const writes: StoreWrite[] = [];
			const completed: Entry[] = [];
			const fresh = new Map<string, Entry>();
			/** Those that take their turn like any other entry, with what opens them. */
			const ahead: Packet[] = [];
			const opening = new Map<string, { entry: Entry; key: Bytes }>();
			let refused = 0;

			const begun = bases.filter(
				({ feed, seq }) => !equal(feed, own) && seq > (ledger.feeds.get(toHex(feed))?.seq ?? -1),
			);
			ledger.setBases(begun);
			for (const { feed } of begun) {
				const at = ledger.feeds.get(toHex(feed));
				if (at !== undefined) writes.push(kept.writeFeed(at));
			}

			async function takeOne({ packet, key }: PastEntry): Promise<boolean> {
				const header = decodeHeader(packet.header);
				if (!header.ok) return false;
				const { device, seq, kind, space } = header.value;
				if (kind !== KIND.genesis && !equal(space, ledger.space)) return false;
				const feed = ledger.feeds.get(toHex(device));
				const isPast = feed !== undefined && seq <= feed.seq;
				// A feed of this very device that an archive knows further than the device itself is not to be taken up again.
				if (equal(device, own) && !isPast) return false;
				const checked = await checkEntry(crypto, packet);
				if (!checked.ok) return false;
				let entry = checked.value;
				if (kind === KIND.message && judge.isBarred(entry)) entry = stripped(entry);
				else if (key !== null) {
					if (openMessageBy(crypto, entry, key) === undefined) return false;
					opening.set(entry.key, { entry, key });
				}
				if (isControl(kind)) ahead.push(packet);
				if (isPast) {
					const past = await placed(entry, fresh);
					if (past === undefined) return isControl(kind);
					fresh.set(`${toHex(device)} ${seq}`, past);
					if (kind === KIND.message) completed.push(past);
					else writes.push(kept.writeEntry(past));
				} else if (!isControl(kind)) {
					ahead.push(entry.packet);
				}
				return true;
			}

			for (const each of entries) if (!(await takeOne(each))) refused += 1;
			// Known to whoever judges what is placed now.
			const keyWrites = new Map(
				[...opening].map(([id, { entry, key }]) => [id, keys.keep(entry, key)]),
			);
			const outcome = await intake.take(ahead, true);
			const here = [...outcome.placed.map(({ entry }) => entry), ...completed];
			writes.push(...here.flatMap((entry) => keyWrites.get(entry.key) ?? []));
			return {
				outcome: { ...outcome, completed: [...outcome.completed, ...completed] },
				writes,
				refused: refused + outcome.refused.length,
			};
		},
	};
}
