// What members' devices say of where they are: makes this one's record, takes and hands on those of others, and keeps
// them, so that who knows one member soon knows all. [PX1] … [PX5]
import { createAllowance } from '#lib/mesh/allowance.ts';
import { createRecordBook } from '#lib/mesh/record-book.ts';
import type { Reach } from '#lib/mesh/ways.ts';
import { decode, encode, list } from '#lib/protocol/cbor.ts';
import {
	MAX_LINKED,
	MAX_RECORDS_PER_MESSAGE,
	MAX_SEEN,
	peerRecordContent,
	peerRecordShape,
	peerRecordToTuple,
	RECORD_AGE,
	recordName,
	recordNameHex,
	type PeerRecord,
} from '#lib/protocol/peer-record.ts';
import type { SpaceMessage } from '#lib/protocol/space-message.ts';
import { equal, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { fraction, type Ports, type Self } from '../ports.ts';
import type { Space } from '../space/space-face.ts';
import type { Near, Post } from './post-face.ts';

/** A change is told so soon, and the next one so long after it at the earliest, ms. */
const TELL_AFTER = 200;
const TELL_EVERY = 2000;
const TELL_SELDOM = 15_000;
const CARE_EVERY = 60_000;
/** Whoever comes into reach is asked what it knows, unless another one was asked just now. */
const ASK_EVERY = 5000;
const HAND_ON_AFTER = 50;
const MAX_KEPT = 128;
const MAX_KEPT_BYTES = 256 * 1024;
const KEEP_AFTER = 10_000;
/** Records given to one who asks. */
const MAX_GIVEN = 256;

type Held = Extract<SpaceMessage, { type: 'held-records' }>;

export interface PeerExchange {
	load(): Promise<void>;
	/** Whom a device (hex) says it reaches. */
	reachOf(device: string): Reach | undefined;
	/** The record that holds of a device (hex). */
	recordOf(device: string): PeerRecord | undefined;
	/** Who this device reaches may have changed. */
	refresh(): void;
	/** A device (hex) came into reach. */
	met(device: string): void;
	onRecords(by: string, records: readonly PeerRecord[]): Promise<void>;
	onHeld(by: string, held: Held): void;
	stop(): void;
}

export interface PeerExchangeEvents {
	/** This device makes direct links. */
	takesDirect(): boolean;
	/** Its person lets others see that they are there. */
	isShown(): boolean;
	/** What is known of others changed. */
	onChange(): void;
}

export function createPeerExchange(
	{ clock, crypto, random, store }: Ports,
	self: Self,
	space: Space,
	post: Pick<Post, 'near' | 'relays' | 'send' | 'isLarge'>,
	events: PeerExchangeEvents,
): PeerExchange {
	const own = toHex(self.device.publicKey);
	const book = createRecordBook();
	/** Of checking what a neighbour brings, and of what one device may say of itself. */
	const checks = createAllowance(1200, 50);
	const changes = createAllowance(8, 0.5);
	/** For neighbours (hex): records to hand on, by device. */
	const handingOn = new Map<string, Map<string, PeerRecord>>();
	let said: PeerRecord | undefined;
	let toldAt = -Infinity;
	let askedAt = -Infinity;
	let cancelTell: (() => void) | undefined;
	let cancelKeep: (() => void) | undefined;
	let cancelHand: (() => void) | undefined;
	let cancelCare: (() => void) | undefined;
	let stopped = false;

	const isMember = (device: string): boolean =>
		space.ledger.authority.devices.get(device)?.active === true;
	const everybody = ({ linked, seen }: Near): readonly string[] => [...linked, ...seen];
	const share = (a: PeerRecord, b: PeerRecord): boolean =>
		a.relays.some((relay) => b.relays.some((each) => equal(each, relay)));

	function send(device: string, records: readonly PeerRecord[]): void {
		for (let at = 0; at < records.length; at += MAX_RECORDS_PER_MESSAGE) {
			const part = records.slice(at, at + MAX_RECORDS_PER_MESSAGE);
			post.send(device, { type: 'records', records: part });
		}
	}

	/** Where all that are near share relays, everybody sees whom this device sees: to say it would help nobody. */
	function worthSaying({ linked, seen }: Near): readonly string[] {
		const records = [...linked, ...seen].flatMap((device) => book.of(device, clock.now()) ?? []);
		const [first] = records;
		return first === undefined || records.every((each) => share(each, first)) ? [] : seen;
	}

	const namesOf = (devices: readonly string[], most: number): Bytes[] =>
		devices
			.flatMap((device) => fromHex(device) ?? [])
			.slice(0, most)
			.map(recordName);

	const isSame = (a: readonly Bytes[], b: readonly Bytes[]): boolean =>
		a.length === b.length && a.every((each) => b.some((other) => equal(each, other)));

	function draft(): Omit<PeerRecord, 'signature'> | undefined {
		const near = post.near();
		const now = Math.max(0, Math.floor(clock.now()));
		const next = {
			space: space.id,
			device: self.device.publicKey,
			time: Math.max(now, (said?.time ?? -1) + 1),
			until: now + RECORD_AGE,
			direct: events.takesDirect(),
			shown: events.isShown(),
			relays: post.relays().flatMap((relay) => fromHex(relay) ?? []),
			linked: namesOf(near.linked, MAX_LINKED),
			seen: namesOf(worthSaying(near), MAX_SEEN),
		};
		if (next.until - next.time <= 0) return undefined;
		const isNew =
			said === undefined ||
			said.until - now < RECORD_AGE / 2 ||
			said.direct !== next.direct ||
			said.shown !== next.shown ||
			!isSame(said.relays, next.relays) ||
			!isSame(said.linked, next.linked) ||
			!isSame(said.seen, next.seen);
		return isNew ? next : undefined;
	}

	async function tell(): Promise<void> {
		cancelTell = undefined;
		const content = isMember(own) && !stopped ? draft() : undefined;
		if (content === undefined) return;
		const signature = await self.device.sign(peerRecordContent(content));
		if (stopped) return;
		said = { ...content, signature };
		toldAt = clock.now();
		for (const device of everybody(post.near())) send(device, [said]);
	}

	function refresh(): void {
		if (stopped || cancelTell !== undefined || draft() === undefined) return;
		const pause = post.isLarge() ? TELL_SELDOM : TELL_EVERY;
		const wait = Math.max(TELL_AFTER, toldAt + pause - clock.now());
		cancelTell = clock.after(wait, () => void tell());
	}

	/** To those near whom whoever made it does not reach itself. */
	function handOn(record: PeerRecord, by: string): void {
		const maker = toHex(record.device);
		const reached = new Set([...record.linked, ...record.seen].map(toHex));
		for (const device of everybody(post.near())) {
			if (device === by || device === maker || reached.has(recordNameHex(device))) continue;
			const theirs = book.of(device, clock.now());
			if (!post.isLarge() && theirs !== undefined && share(theirs, record)) continue;
			const waiting = handingOn.get(device) ?? new Map<string, PeerRecord>();
			handingOn.set(device, waiting.set(maker, record));
		}
		cancelHand ??= clock.after(HAND_ON_AFTER, () => {
			cancelHand = undefined;
			for (const [device, records] of handingOn) send(device, [...records.values()]);
			handingOn.clear();
		});
	}

	function keep(): void {
		cancelKeep ??= clock.after(KEEP_AFTER, () => {
			cancelKeep = undefined;
			const records = book.all(clock.now()).slice(0, MAX_KEPT);
			const value = encode(records.map(peerRecordToTuple));
			void store.commit([{ table: 'peer', key: [space.id], value }]);
		});
	}

	const mine = (): readonly PeerRecord[] => (said === undefined ? [] : [said]);

	function ask(device: string): void {
		askedAt = clock.now();
		const times = book.times(clock.now());
		post.send(device, { type: 'held-records', wantsReply: true, times });
	}

	function care(): void {
		cancelCare = clock.after(CARE_EVERY, care);
		book.keepOnly(isMember);
		refresh();
		const near = everybody(post.near());
		const chosen = near[Math.floor(fraction(random) * near.length)];
		if (chosen !== undefined) ask(chosen);
	}
	cancelCare = clock.after(CARE_EVERY, care);

	/** Genuine, of a member of this space, and newer than what is held. */
	async function isGood(record: PeerRecord, by: string): Promise<boolean> {
		const device = toHex(record.device);
		if (!equal(record.space, space.id) || device === own || !isMember(device)) return false;
		if (!book.isNews(record, clock.now()) || !checks.take(by, 1, clock.now())) return false;
		const { signature, ...content } = record;
		return crypto.verify(record.device, peerRecordContent(content), signature);
	}

	let names = new Map<string, string>();
	/** Devices (hex) of these names, as far as they are members. */
	function devicesOf(of: readonly Bytes[]): string[] {
		const { active } = space.ledger.authority;
		if (names.size !== active.size || !of.every((name) => isMember(names.get(toHex(name)) ?? ''))) {
			names = new Map([...active].map((device) => [recordNameHex(device), device]));
		}
		return of.flatMap((name) => names.get(toHex(name)) ?? []);
	}

	return {
		async load() {
			const row = await store.get('peer', [space.id]);
			const records = row && decode(list(peerRecordShape, MAX_KEPT), row, MAX_KEPT_BYTES);
			if (records?.ok !== true) return;
			for (const record of records.value) book.take(record, clock.now());
		},
		recordOf: (device) => (device === own ? said : book.of(device, clock.now())),
		reachOf(device) {
			const record = book.of(device, clock.now());
			return record && { linked: devicesOf(record.linked), seen: devicesOf(record.seen) };
		},
		refresh,
		met(device) {
			refresh();
			if (said !== undefined) send(device, [said]);
			if (clock.now() - askedAt >= ASK_EVERY) ask(device);
		},
		async onRecords(by, records) {
			let isChanged = false;
			for (const record of records) {
				if (!(await isGood(record, by)) || stopped) continue;
				if (!changes.take(toHex(record.device), 1, clock.now())) continue;
				if (!book.take(record, clock.now())) continue;
				isChanged = true;
				handOn(record, by);
			}
			if (!isChanged) return;
			keep();
			refresh();
			events.onChange();
		},
		onHeld(by, { wantsReply, times }) {
			if (!isMember(by) || !checks.take(by, 1, clock.now())) return;
			const now = clock.now();
			const newer = [...mine(), ...book.newerThan(times, now)];
			send(by, newer.filter(({ device }) => toHex(device) !== by).slice(0, MAX_GIVEN));
			const older = book.olderThan(times, now).filter(({ name }) => !isOwnName(name));
			if (wantsReply && older.length > 0) {
				post.send(by, { type: 'held-records', wantsReply: false, times: book.times(now) });
			}
		},
		stop() {
			stopped = true;
			for (const cancel of [cancelTell, cancelKeep, cancelHand, cancelCare]) cancel?.();
		},
	};

	function isOwnName(name: Bytes): boolean {
		return toHex(name) === recordNameHex(own);
	}
}
