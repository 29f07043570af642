// Leaves the files that this device sends on relays, for devices that are away: each chunk on two of them, drawn at random,
// for all who don't have it. Goes on after a restart; one file after the other, two chunks in memory. [FR5] [FR6] [FR7]
import { chunksOf } from '#lib/protocol/attachment-size.ts';
import { decodeHeader } from '#lib/protocol/entry.ts';
import { fromBits, toBits } from '#lib/protocol/file-frame.ts';
import { MAX_PRESENCE } from '#lib/protocol/mailbox.ts';
import { deleteHash } from '#lib/crypto/hash.ts';
import type { MailboxError } from '#lib/mailbox/client-api.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { createSignal, type Readable } from '#lib/util/signal.ts';
import { draw } from '../delivery/drawing.ts';
import type { RelayPool } from '../delivery/relay-pool.ts';
import type { LeavingView } from '../files-api.ts';
import { fraction, type Ports } from '../ports.ts';
import { COPIES_STATE, FILE_STATE, type KeptCopies, type KeptFiles } from '../space/file-book.ts';
import type { Space } from '../space/space-face.ts';
import { copyName, fitsRelays, sealHashes } from './file-copies.ts';
import type { FileMailbox, FileMailboxes } from './file-mailboxes.ts';
import { leaveChunk } from './leave-chunk.ts';
import { placeOf } from './place.ts';
import { createTakingBack, type Left } from './taking-back.ts';

export interface CopyLeaving {
	/** By place; of files that are not left for everybody yet, or were since the start. */
	readonly views: Readable<ReadonlyMap<string, LeavingView>>;
	/** Something may have to be left now. */
	look(): void;
	/** A device (hex) says that it has all of a file (entry, hex). */
	hasAll(key: string, device: string): void;
	/** What was left of this file is to be deleted: now, and on relays that are away when they come up. */
	takeBack(key: string): void;
	stop(): void;
}

/** Relays for each chunk. */
const COPIES = 2;
/** Chunks being left at once: so many are in memory. */
const AT_ONCE = 2;
/** How often is looked whether somebody has gone who doesn't have it. */
const LOOK_EVERY = 15_000;
/** A relay that has no room is asked again after this, unless it says when. */
const FULL_FOR = 600_000;
const FAILED_FOR = 5000;
const NOTHING: Bytes = new Uint8Array();

interface Refusal {
	readonly type: 'full' | 'failed';
	readonly until: number;
}

export function createCopyLeaving(
	{ clock, crypto, random, content }: Pick<Ports, 'clock' | 'crypto' | 'random' | 'content'>,
	own: Bytes,
	space: Space,
	pool: RelayPool,
	mailboxes: FileMailboxes,
	/** Whether there is a direct link to this device (hex). */
	isLinked: (device: string) => boolean,
): CopyLeaving {
	const views = createSignal<ReadonlyMap<string, LeavingView>>(new Map());
	/** Devices (hex) that have all of a file (entry, hex), by their own word since the start. */
	const have = new Map<string, Set<string>>();
	/** What was left of each file, that is what there is to be taken back. */
	const leftOf = new Map<string, Left>();
	const taking = createTakingBack(crypto, space, pool);
	const refusals = new Map<string, Refusal>();
	let working: Promise<void> | undefined;
	let isDue = false;
	let stopped = false;
	let cancelLook = (): void => undefined;

	function show(files: KeptFiles, view: LeavingView | undefined): void {
		views.update((before) => {
			const after = new Map(before);
			if (view === undefined) after.delete(placeOf(files));
			else after.set(placeOf(files), view);
			return after;
		});
	}

	async function boxOf(epoch: Bytes | undefined): Promise<FileMailbox | undefined> {
		const all = await mailboxes.all();
		return epoch && all.find((box) => equal(box.epoch, epoch));
	}

	/** Devices (hex) for which it is to be left: members that don't have it, as far as is known. */
	function dueFor(key: string): string[] {
		const there = have.get(key);
		return [...space.ledger.authority.devices.values()]
			.filter(({ active, device }) => active && !equal(device, own))
			.map(({ device }) => toHex(device))
			.filter((device) => there?.has(device) !== true);
	}

	const relaysUp = ({ relays }: FileMailbox): string[] =>
		relays.filter(
			(relay) =>
				pool.client(relay) !== undefined &&
				(refusals.get(relay)?.until ?? -Infinity) <= clock.now(),
		);

	const drawFrom = (relays: readonly string[]): string[] =>
		draw(relays, COPIES, () => fraction(random), pool.isPreferred);

	function refused(relay: string, { type, retryAfter }: MailboxError): void {
		const isFull = type === 'full' || type === 'quota';
		const wait = retryAfter ?? (isFull ? FULL_FOR : FAILED_FOR);
		refusals.set(relay, { type: isFull ? 'full' : 'failed', until: clock.now() + wait });
	}

	/** One chunk on one relay. */
	async function leaveOn(
		relay: string,
		box: FileMailbox,
		{ files, copies }: Left,
		to: readonly Bytes[],
		{ sealed, name }: { readonly sealed: Bytes; readonly name: Bytes },
	): Promise<boolean> {
		const client = pool.client(relay);
		const block = sealHashes(crypto, random, box.blockKey, files.hashes ?? NOTHING);
		if (client === undefined || block === undefined) return false;
		const done = await leaveChunk(client, box, {
			...{ name, sealed, block, to },
			deleteHash: deleteHash(crypto, copies.preimage),
			ttl: Math.min(box.ttl, secondsLeft(files)),
		});
		if (!done.ok) refused(relay, done.error);
		return done.ok;
	}

	const expiries = new Map<string, number>();
	/** Of a message that disappears, seconds until it does. */
	const secondsLeft = ({ id }: KeptFiles): number => {
		const expiry = expiries.get(toHex(id)) ?? 0;
		return expiry === 0 ? Infinity : Math.max(1, Math.floor((expiry - clock.now()) / 1000));
	};

	/** Leaves what is still to be left of one file; false: it has to be looked at again. */
	async function leave(files: KeptFiles, box: FileMailbox, to: readonly Bytes[]): Promise<boolean> {
		const key = toHex(files.id);
		const spaceKey = space.ledger.authority.genesis?.spaceKey;
		if (spaceKey === undefined) return false;
		const chunks = chunksOf(files.length);
		const before = files.copies;
		const isSame = before !== null && equal(before.epoch, box.epoch);
		const preimage = before?.preimage ?? random.bytes(32);
		const left = new Set(isSame ? fromBits(before.left, chunks) : []);
		const copiesNow = (state: KeptCopies['state']): KeptCopies => ({
			state,
			epoch: box.epoch,
			preimage,
			left: toBits(left, chunks),
		});
		/** False once the message has gone. */
		const keep = async (copies: KeptCopies): Promise<boolean> => {
			const kept = await space.files.change(key, (now) => {
				if (now === undefined || stopped) return undefined;
				leftOf.set(key, { files: now, copies });
				return { ...now, copies };
			});
			return kept.ok && kept.value;
		};
		// What was begun in an epoch that is over is left anew, for those who are members now.
		const old = isSame ? undefined : await boxOf(before?.epoch);
		if (old !== undefined && before !== null) await taking.from(old, { files, copies: before });
		if (!(await keep(copiesNow(COPIES_STATE.open)))) return true;
		const missing = Array.from({ length: chunks }, (_, n) => n).filter((n) => !left.has(n));
		let isStuck = false;
		const next = async (): Promise<void> => {
			for (let chunk = missing.shift(); chunk !== undefined; chunk = missing.shift()) {
				show(files, { state: 'leaving', done: left.size / chunks });
				const sealed = await content.read(files.name, chunk).catch(() => undefined);
				const drawn = drawFrom(relaysUp(box));
				if (sealed === undefined || drawn.length === 0 || stopped) {
					isStuck = true;
					return;
				}
				const what = { sealed, name: copyName(crypto, spaceKey, files.id, chunk) };
				const copies = copiesNow(COPIES_STATE.open);
				const done = await Promise.all(
					drawn.map((relay) => leaveOn(relay, box, { files, copies }, to, what)),
				);
				if (done.includes(true)) left.add(chunk);
				else missing.push(chunk);
				if (!(await keep(copiesNow(COPIES_STATE.open)))) {
					await taking.from(box, { files, copies: copiesNow(COPIES_STATE.open) });
					missing.length = 0;
					return;
				}
			}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, next));
		if (left.size < chunks) return !isStuck;
		await keep(copiesNow(COPIES_STATE.done));
		show(files, { state: 'left', done: 1 });
		return true;
	}

	function stuckView(files: KeptFiles, box: FileMailbox | undefined): LeavingView {
		const up = box?.relays.filter((relay) => pool.client(relay) !== undefined) ?? [];
		const isFull = up.length > 0 && up.every((relay) => refusals.get(relay)?.type === 'full');
		const left =
			files.copies === null ? 0 : fromBits(files.copies.left, chunksOf(files.length)).size;
		return { state: isFull ? 'full' : 'waiting', done: left / chunksOf(files.length) };
	}

	/** One file; true while it has to be looked at again. */
	async function lookAt(files: KeptFiles): Promise<boolean> {
		const key = toHex(files.id);
		const isOver = files.copies?.state === COPIES_STATE.done || files.state !== FILE_STATE.whole;
		if (isOver) {
			if (files.copies !== null) leftOf.set(key, { files, copies: files.copies });
			if (files.state !== FILE_STATE.whole) show(files, undefined);
			return false;
		}
		const box = await boxOf(space.ledger.authority.epoch?.id);
		const age = clock.now() - (await timeOf(files));
		if (box === undefined || age > box.ttl * 1000) return false;
		const due = dueFor(key);
		if (due.length === 0) {
			show(files, undefined);
			if (!have.has(key)) return true;
			const done = { state: COPIES_STATE.done, epoch: box.epoch, left: NOTHING };
			const copies = { ...done, preimage: random.bytes(32) };
			await space.files.change(key, (now) => now && { ...now, copies });
			return false;
		}
		const isLarge = box.tokenHashes.size > MAX_PRESENCE;
		if (!isLarge && files.copies === null && due.every(isLinked)) return true;
		if (!fitsRelays(files.length)) {
			show(files, { state: 'too-large', done: 0 });
			return true;
		}
		const to = due.flatMap((device) => box.tokenHashes.get(device) ?? []);
		if (to.length === 0) return true;
		if (relaysUp(box).length > 0 && (await leave(files, box, to))) return false;
		const now = await space.files.find(key);
		show(files, now && stuckView(now, box));
		return now !== undefined;
	}

	async function timeOf(files: KeptFiles): Promise<number> {
		const packet = await space.kept.packet(files.device, files.seq);
		const header = packet && decodeHeader(packet.header);
		if (header?.ok !== true) return -Infinity;
		expiries.set(toHex(files.id), header.value.expiry);
		return header.value.time.ms;
	}

	async function lookAll(): Promise<void> {
		do {
			isDue = false;
			await taking.rest();
			let again = false;
			for (const files of await space.files.list()) {
				if (!equal(files.device, own) || stopped) continue;
				again = (await lookAt(files)) || again;
			}
			cancelLook();
			if (again && !stopped) cancelLook = clock.after(LOOK_EVERY, look);
		} while (isDue && !stopped);
	}

	function look(): void {
		isDue = true;
		working ??= lookAll().finally(() => {
			working = undefined;
			if (isDue && !stopped) look();
		});
	}

	return {
		views,
		look,
		hasAll(key, device) {
			const there = have.get(key) ?? new Set();
			have.set(key, there.add(device));
			look();
		},
		takeBack(key) {
			const left = leftOf.get(key);
			if (left === undefined) return;
			leftOf.delete(key);
			show(left.files, undefined);
			void boxOf(left.copies.epoch).then((box) => box && taking.from(box, left));
		},
		stop() {
			stopped = true;
			cancelLook();
		},
	};
}
