// Takes entries in, whoever brought them and in whatever order: checks, opens, places, and says what to keep.
// [FD4] [FD6] [FD7] [FD8] [FD10] [SH3] [DV2]
import { checkEntry, proveEntry, readEntry, type Entry } from '#lib/crdt/check-entry.ts';
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import type { Feed, Ledger } from '#lib/crdt/ledger.ts';
import type { LogicalClock } from '#lib/crdt/logical-clock.ts';
import type { Message } from '#lib/protocol/content.ts';
import { compareTime, isControl, KIND, type Packet } from '#lib/protocol/entry.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { AgreementKey, CryptoProvider } from '#lib/ports/crypto.ts';
import { createForkFinding, type Fork } from './fork-finding.ts';
import type { Judge } from './judging.ts';
import { takeEpochKeys } from './epoch-keys.ts';
import type { KeyRing } from './key-ring.ts';
import type { Ratchets } from './ratchets.ts';
import { openContent, openMessage, proveControl } from './opening.ts';
import { createUnsealing, sameWraps, type Unsealed } from './unsealing.ts';
import { createWaiting, type Need } from './waiting.ts';
import type { SpaceStore } from './space-store.ts';

const MAX_WAITING = 2000;

export interface Placed {
	readonly entry: Entry;
	/** Present for control entries that joined the authority log just now. */
	readonly control: ControlEntry | null;
	/** The feed that it stands at the head of now; null when only the log took it. */
	readonly feed: Feed | null;
	/** What this device has just written itself: nobody can open that here. */
	readonly message: Message | null;
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
	/** Of what was given, entries (ids, hex) that nothing is kept of: they wait for others. */
	readonly waiting: readonly string[];
	/** Entries (ids, hex) that are dealt with, or nothing more is to be done for: what waited for that is told. */
	readonly settled: readonly string[];
}

export const NO_CHANGE: IntakeOutcome = {
	placed: [],
	forks: [],
	completed: [],
	unsealed: [],
	wanted: [],
	disputed: [],
	refused: [],
	waiting: [],
	settled: [],
};

export interface Intake {
	/** `newKeys`: entries that could not be opened before may be now. */
	take(packets: readonly Packet[], newKeys?: boolean): Promise<IntakeOutcome>;
	/** What came of a `take` is durable. */
	settle(keys: readonly string[]): void;
	/** True once none of these entries waits; false when one was pushed out. */
	settled(keys: readonly string[]): Promise<boolean>;
	/** Control entries to ask others for, at most `limit` of those that are `wanted`. */
	missing(limit: number, wanted: (key: string) => boolean): readonly string[];
	/** Names of epochs whose EPOCH waits for nothing but its key, the latest first. */
	shutEpochs(): readonly Bytes[];
	stop(): void;
}

interface Tools {
	readonly crypto: CryptoProvider;
	readonly prekeys: Iterable<AgreementKey>;
	readonly ledger: Ledger;
	readonly ring: KeyRing;
	readonly kept: SpaceStore;
	readonly clock: LogicalClock;
	readonly judge: Judge;
	readonly ratchets: Pick<Ratchets, 'keyFor'>;
	/** This device. */
	readonly own: Bytes;
}

/** Whether a packet brings something of the same entry that the other one lacks. */
const bringsMore = (packet: Packet, than: Packet): boolean =>
	(packet.body !== null && than.body === null) || (packet.wraps !== null && than.wraps === null);

/** The device (hex) that an entry lets in, if it lets one in. */
const letInBy = ({ content }: ControlEntry): string | null =>
	content.kind === KIND.admit || content.kind === KIND.enrol
		? toHex(content.member.certificate.deviceKey)
		: null;

export function createIntake(tools: Tools): Intake {
	const { crypto, prekeys, ledger, ring, kept, clock, judge, ratchets, own } = tools;
	const waiting = createWaiting(MAX_WAITING);
	const forks = createForkFinding(crypto, ledger, kept);
	const unsealing = createUnsealing(crypto, prekeys, ledger, ring);

	const isDevice = (device: string): boolean => ledger.takesUpTo(device) > 0;

	/** Whether this very entry is here already: the common case, settled without checking a signature. */
	const isKnown = async (entry: Entry, round: Round): Promise<boolean> => {
		const { id, key, header, packet } = entry;
		const held = waiting.get(key);
		if (held !== undefined) {
			return !bringsMore(packet, held.packet) && !(await unsealing.opensMore(packet, held));
		}
		const { device, seq, kind, key: keyed } = header;
		if (kind === KIND.sealed && ledger.control.has(key)) await unseal(packet, key, round);
		const feed = ledger.feeds.get(toHex(device));
		if (feed === undefined || feed.seq < seq) return false;
		// A control entry before the view, or at its very beginning, is still wanted in the authority log.
		if (isControl(kind)) return ledger.control.has(key);
		const hasKey = packet.wraps !== null || keyed.mode === 'ratchet';
		const mayBringMore = packet.body !== null && hasKey && !equal(device, own);
		if (feed.seq === seq && !mayBringMore) {
			if (!equal(feed.head, id)) return false;
			// Of what the view begins after only the name is here: the entry itself may prove a fork.
			return (await kept.packet(device, seq)) !== undefined || !forks.isDoubted(entry);
		}
		const stored = await kept.packet(device, seq);
		if (stored === undefined || !equal(stored.header, packet.header)) {
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

	/** Somebody may have wrapped a SEALED entry for this device that was not wrapped for it before. */
	async function unseal(packet: Packet, key: string, round: Round): Promise<void> {
		const news = await unsealing.unseal(packet, key);
		if (typeof news === 'string') round.refused.push(news);
		else if (news !== null) round.unsealed.push(news);
	}

	/** What nobody has let in yet could be anybody's: all of that shares one room. */
	const hold = (entry: Entry, ...needs: readonly Need[]): void => {
		const device = toHex(entry.header.device);
		waiting.hold(entry, needs, ledger.isAdmitted(entry) ? device : '');
	};

	const holdForPlace = (entry: Entry): void => {
		const { device, seq } = entry.header;
		hold(entry, { type: 'place', device: toHex(device), seq: seq - 1 });
	};

	const forKey = ({ header, packet }: Entry): Need =>
		packet.body === null ? { type: 'body' } : { type: 'key', epoch: toHex(header.key.epoch) };

	const forEntries = (ids: readonly Bytes[]): Need[] =>
		ids.map((id) => ({ type: 'entry', key: toHex(id) }));

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
		/** Entries that waited, and have their turn now. */
		awake: Entry[];
		/** Entries (ids, hex) that were given. */
		given: string[];
		settled: string[];
	}

	/** The entry's place is taken: by itself, or by another one of the same device. */
	const lookForFork = async (entry: Entry, round: Round): Promise<void> => {
		const fork = await forks.look(entry, round.placed, round.past);
		if (fork !== null) round.forks.push(fork);
	};

	/** Opens it; keys that it brings wake what waits for them. */
	const unlock = async (entry: Entry, round: Round): ReturnType<typeof openContent> => {
		await takeEpochKeys({ crypto, prekeys, ring, own, isKnown: isDevice }, entry);
		for (const id of ring.arrived()) {
			round.awake.push(...waiting.wake({ type: 'key', epoch: toHex(id) }));
		}
		const opened = await openContent(crypto, prekeys, ring, entry);
		return opened;
	};

	/** An EPOCH's keys may be what opens the entries that it waits for: they are taken at once, or as soon as it opens. */
	const keysOf = async (entry: Entry, round: Round): Promise<Need[]> => {
		if (entry.header.kind !== KIND.epoch || ledger.control.has(entry.key)) return [];
		return (await unlock(entry, round)).type === 'sealed' ? [forKey(entry)] : [];
	};

	/** The content of a control entry that is new here; null when it must wait or can't be read. */
	const open = async (entry: Entry, round: Round): Promise<ControlEntry | null> => {
		const opened = await unlock(entry, round);
		if (opened.type === 'unreadable') {
			round.refused.push('unreadable');
			return null;
		}
		if (opened.type === 'sealed') {
			hold(entry, forKey(entry));
			return null;
		}
		const content = opened.value;
		if (content.kind === KIND.admit && !ledger.control.has(toHex(content.invite))) {
			hold(entry, ...forEntries([content.invite]));
			round.wanted.push(content.invite);
			return null;
		}
		return proveControl(crypto, ledger, entry, content, opened.key);
	};

	const place = async (entry: Entry, round: Round): Promise<void> => {
		let placement = ledger.place(entry, null);
		let control: ControlEntry | null = null;
		if (placement.type === 'refused' && placement.reason === 'needs-content') {
			control = await open(entry, round);
			if (control === null) return;
			placement = ledger.place(entry, control);
		}
		const { device, seq } = entry.header;
		switch (placement.type) {
			case 'added':
				clock.see(entry.header.time);
				if (control !== null) {
					ring.keep(entry.header.key.epoch);
					judge.take(control);
				}
				round.placed.push({ entry, control, feed: placement.feed, message: null });
				// The authority log may be ahead of the feed: there the entry takes its place when its turn comes.
				if (placement.chain === 'gap') holdForPlace(entry);
				if (placement.chain === 'past') await lookForFork(entry, round);
				if (placement.chain === 'broken') round.disputed.push(device);
				if (control !== null) {
					round.awake.push(...waiting.wake({ type: 'entry', key: entry.key }));
					const letIn = letInBy(control);
					if (letIn !== null)
						round.awake.push(...waiting.wake({ type: 'admission', device: letIn }));
				}
				if (placement.feed !== null) {
					const next = { type: 'place', device: toHex(device), seq } as const;
					round.awake.push(...waiting.wake(next));
				}
				break;
			case 'waiting':
				if (placement.feed) {
					// What leads to its place may never come; two entries there prove a fork all the same.
					if (forks.isDoubted(entry)) await lookForFork(entry, round);
					else holdForPlace(entry);
					break;
				}
				hold(entry, ...forEntries(placement.control), ...(await keysOf(entry, round)));
				round.wanted.push(...placement.control);
				break;
			case 'past':
				await lookForFork(entry, round);
				break;
			case 'refused':
				// Its admission may be here and shut still: who is not in yet can ask nobody for it again.
				if (placement.reason === 'not-a-member' && !isDevice(toHex(own))) {
					hold(entry, { type: 'admission', device: toHex(device) });
					break;
				}
				if (placement.reason === 'broken-chain') round.disputed.push(device);
				// Nobody takes it, but two of them prove a fork, and what was built on those is judged by that.
				if (placement.reason === 'beyond-fence') await lookForFork(entry, round);
				round.refused.push(placement.reason);
				break;
			case 'known':
				if (forks.isDoubted(entry)) await lookForFork(entry, round);
		}
	};

	/** Whether it waits for somebody to let its device in, and this device is in: it would be brought again. */
	const isStranger = (needs: readonly Need[]): boolean =>
		needs[0]?.type === 'admission' && isDevice(toHex(own));

	/** Whether it waits for a place that its feed ends before, so that its turn never comes. */
	const isBeyondEnd = ({ header }: Entry, needs: readonly Need[]): boolean => {
		if (needs[0]?.type !== 'place') return false;
		const key = toHex(header.device);
		const { frozenAt = null, seq = -1 } = ledger.feeds.get(key) ?? {};
		const isPast = header.seq <= seq || (frozenAt !== null && header.seq >= frozenAt);
		return isPast || (ledger.isAdmitted({ header }) && header.seq >= ledger.takesUpTo(key));
	};

	const takeTurn = async (entry: Entry, round: Round): Promise<void> => {
		const { key, header, packet } = entry;
		waiting.release(key);
		// While this one waited, another copy may have come, and taken its place without a box for this device.
		if (header.kind === KIND.sealed && ledger.control.has(key)) await unseal(packet, key, round);
		await place(entry, round);
		if (waiting.get(entry.key) === undefined) round.settled.push(entry.key);
	};

	/** Entries that waited may have their turn now; goes on as long as any finds its place. */
	const retry = async (round: Round): Promise<void> => {
		const { placed, awake } = round;
		for (let judged = 0; ;) {
			for (let entry = awake.shift(); entry !== undefined; entry = awake.shift()) {
				await takeTurn(entry, round);
			}
			const news = round.forks.length + placed.filter(({ control }) => control !== null).length;
			if (news === judged || waiting.size === 0) return;
			judged = news;
			awake.push(...waiting.wakeIf((each, needs) => isBeyondEnd(each, needs) || isStranger(needs)));
		}
	};

	// What the authority log holds already is not asked for again when its feed catches up.
	for (const { entry } of ledger.control.values()) {
		const { frozenAt = null, seq = -1 } = ledger.feeds.get(toHex(entry.header.device)) ?? {};
		if (entry.header.seq > seq + 1 && frozenAt === null) holdForPlace(entry);
	}

	return {
		settle(keys) {
			for (const key of keys) waiting.settle(key);
		},
		settled: (keys) => waiting.settled(keys),
		missing: (limit, wanted) =>
			waiting.missing(limit, (key) => !ledger.control.has(key) && wanted(key)),
		shutEpochs: () =>
			waiting
				.all()
				.filter(
					({ header, packet }) =>
						header.kind === KIND.epoch &&
						packet.wraps !== null &&
						ring.get(header.key.epoch) === undefined &&
						header.authorityHeads.every((head) => ledger.control.has(toHex(head))),
				)
				.sort((a, b) => compareTime(b.header.time, a.header.time))
				.map(({ header }) => header.key.epoch),
		stop() {
			waiting.stop();
		},
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
				awake: newKeys ? [...waiting.wakeIf(() => true)] : [],
				given: [],
				settled: [],
			};
			for (const packet of packets) {
				const read = readEntry(crypto, packet);
				if (read.ok) round.given.push(read.value.key);
				if (read.ok && (await isKnown(read.value, round))) continue;
				const entry = read.ok ? await proveEntry(crypto, read.value) : read;
				if (entry.ok) await takeTurn(entry.value, round);
				else round.refused.push(entry.error.type);
			}
			await retry(round);
			const { placed, completed, unsealed, disputed, refused, given, settled } = round;
			return {
				placed,
				forks: round.forks,
				completed,
				unsealed,
				wanted: round.wanted.filter(
					(id) => waiting.get(toHex(id)) === undefined && !ledger.control.has(toHex(id)),
				),
				disputed,
				refused,
				waiting: given.filter((key) => waiting.get(key) !== undefined && !ledger.control.has(key)),
				settled,
			};
		},
	};
}
