// Takes entries in, whoever brought them and in whatever order: checks, opens, places, and says what to keep. [FD1] … [FD9]
// Entries that must wait for others wait here, bounded; they cost a peer another pull when dropped, nothing more.
import { checkEntry, entryId, type Entry } from '#lib/crdt/check-entry.ts';
import type { ControlEntry } from '#lib/crdt/authority.ts';
import type { Feed, Ledger } from '#lib/crdt/ledger.ts';
import type { LogicalClock } from '#lib/crdt/logical-clock.ts';
import type { Message } from '#lib/protocol/content.ts';
import { decodeHeader, isControl, KIND, type Packet } from '#lib/protocol/entry.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { AgreementKey, CryptoProvider } from '#lib/ports/crypto.ts';
import type { KeyRing } from './key-ring.ts';
import { openContent, openControl, openMessage } from './opening.ts';
import type { SpaceStore } from './space-store.ts';

const MAX_WAITING = 2000;

export interface Placed {
	readonly entry: Entry;
	/** Present for control entries that joined the authority log just now. */
	readonly control: ControlEntry | null;
	/** The feed that it stands at the head of now; null when only the log took it. */
	readonly feed: Feed | null;
	readonly message: Message | null;
}

export interface Fork {
	readonly feed: Feed;
	readonly ours: Packet;
	readonly theirs: Packet;
}

export interface IntakeOutcome {
	readonly placed: readonly Placed[];
	readonly forks: readonly Fork[];
	/** Control entries that others wait for. */
	readonly wanted: readonly Bytes[];
	/** Typed reasons of what was refused, for the log and tests. */
	readonly refused: readonly string[];
}

export interface Intake {
	take(packets: readonly Packet[]): Promise<IntakeOutcome>;
	waiting(): number;
}

interface Tools {
	readonly crypto: CryptoProvider;
	readonly prekeys: readonly AgreementKey[];
	readonly ledger: Ledger;
	readonly ring: KeyRing;
	readonly kept: SpaceStore;
	readonly clock: LogicalClock;
}

export function createIntake({ crypto, prekeys, ledger, ring, kept, clock }: Tools): Intake {
	const waiting = new Map<string, Entry>();

	/** Whether this very entry is here already: the common case, settled without checking a signature. */
	const isKnown = async (packet: Packet): Promise<boolean> => {
		const header = decodeHeader(packet.header);
		if (!header.ok) return false;
		const id = entryId(crypto, packet.header);
		const key = toHex(id);
		const { device, seq, kind } = header.value;
		const feed = ledger.feeds.get(toHex(device));
		if (feed === undefined || feed.seq < seq) return false;
		// A control entry before the view, or at its very beginning, is still wanted in the authority log.
		if (isControl(kind)) return ledger.control.has(key);
		if (feed.seq === seq) return equal(feed.head, id);
		const stored = await kept.packet(device, seq);
		return stored !== undefined && equal(entryId(crypto, stored.header), id);
	};

	const hold = (entry: Entry): void => {
		waiting.set(entry.key, entry);
		for (const key of waiting.keys()) {
			if (waiting.size <= MAX_WAITING) break;
			waiting.delete(key);
		}
	};

	const forkAt = async (entry: Entry): Promise<Fork | null> => {
		const { device, seq } = entry.header;
		const ours = await kept.packet(device, seq);
		if (ours === undefined || equal(entryId(crypto, ours.header), entry.id)) return null;
		const before = seq === 0 ? undefined : await kept.packet(device, seq - 1);
		const header = before && decodeHeader(before.header);
		const prefix =
			before && header?.ok ? { id: entryId(crypto, before.header), time: header.value.time } : null;
		return { feed: ledger.freeze(device, seq, prefix), ours, theirs: entry.packet };
	};

	interface Round {
		placed: Placed[];
		forks: Fork[];
		wanted: Bytes[];
		refused: string[];
	}

	const place = async (entry: Entry, round: Round): Promise<boolean> => {
		let control: ControlEntry | null = null;
		const fresh = isControl(entry.header.kind) && !ledger.control.has(entry.key);
		// Content can only be judged once everything it builds on is known.
		const ready = entry.header.authorityHeads.every((head) => ledger.control.has(toHex(head)));
		if (fresh && ready) {
			const opened = await openControl(crypto, prekeys, ring, ledger, entry);
			if (opened.type === 'sealed') {
				hold(entry);
				return false;
			}
			if (opened.type === 'unreadable') {
				round.refused.push('unreadable');
				return false;
			}
			control = opened.value;
		} else if (fresh && entry.header.kind === KIND.epoch) {
			// What it builds on may be sealed under the very keys that it hands on.
			await openContent(crypto, prekeys, ring, entry);
		}
		const placement = ledger.place(entry, control);
		switch (placement.type) {
			case 'added': {
				clock.see(entry.header.time);
				let message: Message | null = null;
				if (entry.header.kind === KIND.message) {
					const opened = await openMessage(crypto, prekeys, entry);
					if (opened.type === 'opened') message = opened.value;
				}
				round.placed.push({ entry, control, feed: placement.feed, message });
				return true;
			}
			case 'waiting':
				hold(entry);
				round.wanted.push(...placement.control);
				return false;
			case 'past': {
				const fork = await forkAt(entry);
				if (fork !== null) round.forks.push(fork);
				return false;
			}
			case 'refused':
				round.refused.push(placement.reason);
				return false;
			case 'known':
				return false;
		}
	};

	/** Entries that waited may have their turn now; goes on as long as any finds its place. */
	const retry = async (round: Round): Promise<void> => {
		for (let moved = true; moved;) {
			moved = false;
			const keys = ring.all().length;
			for (const entry of [...waiting.values()].sort((a, b) => a.header.seq - b.header.seq)) {
				waiting.delete(entry.key);
				if (await place(entry, round)) moved = true;
			}
			moved ||= ring.all().length > keys;
		}
	};

	return {
		waiting: () => waiting.size,
		async take(packets) {
			const round: Round = { placed: [], forks: [], wanted: [], refused: [] };
			const keys = ring.all().length;
			for (const packet of packets) {
				if (await isKnown(packet)) continue;
				const entry = await checkEntry(crypto, packet);
				if (entry.ok) await place(entry.value, round);
				else round.refused.push(entry.error.type);
			}
			const news = round.placed.length > 0 || ring.all().length > keys;
			if (news && waiting.size > 0) {
				round.wanted.length = 0;
				await retry(round);
			}
			const wanted = round.wanted.filter((id) => !waiting.has(toHex(id)));
			return { ...round, wanted };
		},
	};
}
