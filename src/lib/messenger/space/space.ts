// One space on this device: its ledger, its keys and its messages, changed one step at a time and kept before anybody
// hears of it (commit before publish). Knows nothing of relays or links. [FD9]
import { createLedger, type Feed } from '#lib/crdt/ledger.ts';
import { createLogicalClock } from '#lib/crdt/logical-clock.ts';
import { epochId } from '#lib/crypto/epoch.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import type { StoreError, StoreWrite } from '#lib/ports/store.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { Ports, Self } from '../ports.ts';
import { createGrouping } from '../grouping.ts';
import { createQueue } from '../queue.ts';
import { createIntake, NO_CHANGE, type Intake, type IntakeOutcome } from './intake.ts';
import { proveGrant } from './epoch-keys.ts';
import { openEpochUse, type EpochUse } from './epoch-use.ts';
import { controlKeyOnly, createKeyRing } from './key-ring.ts';
import { createMessageKeys } from './message-keys.ts';
import { openMessage } from './opening.ts';
import { createChannelLogs } from './channel-logs.ts';
import { createExpiring, type Expiring } from './expiring.ts';
import { createFenceCheck, type FenceCheck } from './fence-check.ts';
import { createFileBook, type FileBook } from './file-book.ts';
import { createJudge, type Judge } from './judging.ts';
import { createLogShelf } from './log-shelf.ts';
import { allMessages, entryPurging, stripped } from './kept-entries.ts';
import { endedEpochs, overEpochs } from './steps.ts';
import type { Ratchets } from './ratchets.ts';
import { readSpace } from './reading.ts';
import { openPrekeyBook, type PrekeyBook } from './prekey-book.ts';
import { createPurgeRegistry, type PurgeRegistry } from './purge-registry.ts';
import { createRecalling, type Recalling } from './recalling.ts';
import { createReconsidering } from './reconsidering.ts';
import { createShown, type Shown } from './shown.ts';
import { createSpaceStore } from './space-store.ts';
import type { WriteError, Space, UnreadableSpace } from './space-face.ts';
import { createWriting, type Intended, type Written } from './writing.ts';

/** Messages that are kept in one commit, when so many wait. */
const GROUP = 64;
const done = <E>(result: Result<unknown, E>): Result<void, E> => (result.ok ? ok() : result);

/** What is kept besides what was placed. */
interface Keeping {
	readonly keysChanged?: boolean;
	readonly history?: boolean;
	readonly expired?: readonly Entry[];
	/** Messages of a log that is made anew. */
	readonly relogged?: readonly Entry[];
}

/** Opens a space as it was kept, or an empty one. */
export async function openSpace(
	ports: Ports,
	self: Self,
	id: Bytes,
): Promise<Result<Space, UnreadableSpace>> {
	const { crypto, store, clock } = ports;
	const hybrid = createLogicalClock(clock);
	const queue = createQueue();
	const shelf = createLogShelf(store, id, () => {
		relog();
	});

	let ledger = createLedger(id, self.device.publicKey);
	let kept = createSpaceStore(store, id);
	let ring = createKeyRing(crypto);
	let judge: Judge;
	let intake: Intake;
	let fenceCheck: FenceCheck;
	let purging: PurgeRegistry;
	let prekeys: PrekeyBook;
	let shown: Shown;
	let use: EpochUse;
	let recalling: Recalling;
	let ratchets: Ratchets;
	let files: FileBook;
	const keys = createMessageKeys(crypto, store, id);
	let expiring: Expiring;
	/** The last commit failed: what it brought comes again, and is not to come and go each time. */
	let isRefused = false;

	/** What works on the ledger as it is now. */
	async function begin(): Promise<void> {
		const { device } = self;
		prekeys = await openPrekeyBook(ports, self, id, () => ledger.authority);
		judge = createJudge(crypto, self, ledger, keys, ratchets, clock);
		const own = device.publicKey;
		const placing = { crypto, prekeys: self.prekeys, ledger, ring, kept, judge, ratchets, own };
		intake = createIntake({ ...placing, clock: hybrid });
		expiring = createExpiring(ports, id, kept, ledger);
		fenceCheck = createFenceCheck(crypto, ledger, kept);
		await fenceCheck.look([]);
		use = await openEpochUse(store, ledger);
		const channels = createChannelLogs(ledger, (channel) => shelf.of(channel));
		purging = createPurgeRegistry();
		purging.join(entryPurging(crypto, self.prekeys, ledger, kept));
		purging.join(channels);
		purging.join(keys);
		files = createFileBook(ports, id);
		purging.join(files);
		const reconsidering = createReconsidering(crypto, judge, ledger, kept);
		shown = createShown({ judge, reconsidering, logs: channels, purging, keys, ratchets });
		recalling = createRecalling({ crypto, ledger, kept, intake, judge, keys, own });
	}

	/** Also the way back after a commit that failed: memory must not run ahead of the store. False: not readable. */
	async function load(): Promise<boolean> {
		const stored = await readSpace(crypto, store, self, id);
		if (stored === undefined) return false;
		ledger = createLedger(id, self.device.publicKey);
		({ kept, ring, ratchets } = stored);
		for (const feed of stored.feeds) {
			ledger.restoreFeed(feed);
			hybrid.see(feed.time);
		}
		ledger.restoreControl(stored.control);
		shelf.reload();
		await begin();
		return true;
	}

	/** All of it in one commit. [DO3] */
	const relog = (): void =>
		void queue(async () => {
			const relogged = await allMessages(crypto, ledger, kept);
			const discarded = await shelf.discardDamaged();
			return keep(NO_CHANGE, discarded, { history: true, relogged });
		});

	/** Keeps what was placed, all of it or nothing, and tells of it afterwards. */
	async function keep(
		outcome: IntakeOutcome,
		extra: readonly StoreWrite[] = [],
		{ keysChanged = false, history = false, expired = [], relogged = [] }: Keeping = {},
	): Promise<Result<IntakeOutcome, StoreError>> {
		const writes: StoreWrite[] = [...extra];
		const { placed, forks, completed, unsealed } = outcome;
		const control =
			keysChanged ||
			forks.length > 0 ||
			unsealed.length > 0 ||
			placed.some((each) => each.control !== null);
		const contradicted = await fenceCheck.look(placed.map(({ entry }) => entry));
		const view = await shown.stage({ placed, completed, control, history, expired, relogged });
		const rowOf = (entry: Entry): StoreWrite =>
			kept.writeEntry(view.stripped.has(entry.key) ? stripped(entry) : entry);
		const feeds = new Set<Feed>();
		for (const each of placed) {
			if (each.feed !== null) writes.push(rowOf(each.entry));
			if (each.feed !== null) feeds.add(each.feed);
			if (each.control !== null) writes.push(kept.writeControl(each.control));
		}
		for (const entry of completed) writes.push(rowOf(entry));
		for (const { before, after } of unsealed) {
			writes.push(kept.rewriteControl(before, after));
			const { device, seq } = after.entry.header;
			const row = await kept.packet(device, seq);
			if (row !== undefined && equal(row.header, after.entry.packet.header)) {
				writes.push(kept.writeEntry(after.entry));
			}
		}
		for (const { feed, ours, theirs } of forks) {
			feeds.add(feed);
			writes.push(kept.writeFork(feed.device, [ours, theirs]));
		}
		for (const feed of feeds) writes.push(kept.writeFeed(feed));
		if (control) {
			ratchets.settle(overEpochs(ledger, clock.now()), clock.now());
			// After the chains that take the place of their group keys.
			for (const { id, isFar } of endedEpochs(ledger, clock.now())) ring.end(id, isFar);
			writes.push(...kept.writeKeys(ring), ...prekeys.follow());
		}
		const fresh = [...placed.map(({ entry }) => entry), ...completed];
		writes.push(...(await expiring.note(fresh.filter(({ key }) => !view.stripped.has(key)))));
		writes.push(...view.writes, ...ratchets.changes(), ...use.take(placed));
		if (writes.length > 0) {
			const committing = store.commit(writes);
			// Nothing but messages of others: nobody waits for the disk to read them. [FD12]
			const isOthers = !control && placed.every(({ message }) => message === null);
			const isShown = isOthers && view.added.size > 0 && !isRefused;
			if (isShown) space.onShown();
			const committed = await committing;
			keys.settle();
			isRefused = !committed.ok;
			if (!committed.ok) {
				intake.stop();
				if (!(await load())) throw new Error('what was readable is no longer');
				// Whoever looked meanwhile, for whatever reason, may have read it.
				space.onShown();
				return committed;
			}
			shelf.settle();
			files.settle();
		}
		intake.settle(outcome.settled);
		const isRelogged = relogged.length > 0;
		const isNews = view.added.size > 0 || view.shrunk.size > 0 || outcome.wanted.length > 0;
		if (placed.length > 0 || control || isNews || expired.length > 0) {
			space.onChange({
				placed,
				// What was here before is no news.
				messages: isRelogged ? new Map() : view.added,
				shrunk: isRelogged ? new Set([...view.shrunk, ...view.added.keys()]) : view.shrunk,
				control,
				wanted: outcome.wanted,
				forks: forks.map((fork) => fork.feed.device),
				purged: view.purged,
				expired,
			});
		}
		return ok({ ...outcome, disputed: [...outcome.disputed, ...contradicted] });
	}

	const make = createWriting(ports, self, id, hybrid, keys, () => ({
		ledger,
		ring,
		judge,
		ratchets,
	}));
	const messages = createGrouping(queue, GROUP, writeAll);

	const space: Space = {
		id,
		key: toHex(id),
		get ledger() {
			return ledger;
		},
		get ring() {
			return ring;
		},
		get kept() {
			return kept;
		},
		get ratchets() {
			return ratchets;
		},
		get prekeys() {
			return prekeys;
		},
		get purging() {
			return purging;
		},
		get files() {
			return files;
		},
		async keyOf(entry) {
			const kept = await keys.of(entry);
			if (kept !== undefined) return kept;
			const opened = await openMessage(crypto, self.prekeys, entry, ratchets);
			return opened.type === 'opened' ? opened.value.key : null;
		},
		onChange: () => undefined,
		onShown: () => undefined,
		began: () => judge.began(),
		isBarred: (entry) => judge.isBarred(entry),
		expire: () =>
			queue(async () => {
				const { entries, settled } = await expiring.due(clock.now());
				if (settled.length > 0) {
					const gone = await keep(NO_CHANGE, settled, { expired: entries });
					if (!gone.ok) return gone;
				}
				return ok(await expiring.next());
			}),
		recall: (past) =>
			queue(async () => {
				for (const key of past.controlKeys ?? []) ring.addControlKey(key);
				const { outcome, writes, refused } = await recalling.take(past);
				const kept = await keep(outcome, writes, {
					keysChanged: past.controlKeys !== undefined,
					history: true,
				});
				return kept.ok ? ok(refused) : kept;
			}),
		receive: (packets) =>
			queue(async () => {
				const by = intake;
				const kept = await keep(await by.take(packets));
				if (!kept.ok) return kept;
				return ok({ ...kept.value, whole: () => by.settled(kept.value.waiting) });
			}),
		missing: (limit, wanted) => intake.missing(limit, wanted),
		async write(draft, extra) {
			// What comes after it builds upon it.
			messages.end();
			const [written] = await queue(() => writeAll([{ draft, extra }]));
			if (written === undefined) throw new Error('nothing was written');
			return written;
		},
		writeMessage: (draft, extra) => messages.add({ draft, extra }),
		admit: (grant, controlKeys, bases) =>
			queue(async () => {
				// Answered twice: the view has begun already, and what it has is not to be cut off.
				const begun = ring.all().some((keys) => keys.grant !== null);
				ring.addGrant(grant);
				await proveGrant(crypto, ring, ledger, epochId(crypto, grant.controlKey, grant.maker));
				for (const key of controlKeys) ring.addControlKey(key);
				if (!begun) ledger.setBases(bases);
				const writes = bases
					.map((base) => ledger.feeds.get(toHex(base.feed)))
					.filter((feed) => feed !== undefined)
					.map((feed) => kept.writeFeed(feed));
				return done(await keep(await intake.take([], true), writes, { keysChanged: true }));
			}),
		found: (controlKey) =>
			queue(async () => {
				ring.addControlKey(controlKey);
				return done(await keep(await intake.take([], true), [], { keysChanged: true }));
			}),
		takePrekeys: (records) =>
			queue(async () => {
				const { fresh, writes, settle } = await prekeys.check(records);
				const committed = writes.length === 0 ? ok() : await store.commit(writes);
				if (!committed.ok) return committed;
				settle();
				return ok(fresh);
			}),
		takeKeys: (grant) =>
			queue(async () => {
				const { maker, controlKey } = grant;
				const keys = controlKeyOnly(crypto, { maker, key: controlKey });
				if (!intake.shutEpochs().some((epoch) => equal(epoch, keys.id))) return ok();
				ring.setAside('answers', { ...keys, grant });
				return done(await keep(await intake.take([], true), [], { keysChanged: true }));
			}),
		takeControlKeys: (keys) =>
			queue(async () => {
				const news = keys
					.map((key) => controlKeyOnly(crypto, key))
					.filter(({ id }) => ring.get(id) === undefined);
				if (news.length === 0) return ok();
				for (const each of news) ring.setAside('answers', each);
				return done(await keep(await intake.take([], true), [], { keysChanged: true }));
			}),
		endEpochs: () =>
			queue(async () => {
				const isHeld = endedEpochs(ledger, clock.now()).some(({ id }) => ring.get(id)?.grant);
				return isHeld ? done(await keep(NO_CHANGE, [], { keysChanged: true })) : ok();
			}),
		shutEpochs: () => intake.shutEpochs(),
		messagesIn: (epoch) => use.of(epoch),
		log: (channel) => shelf.of(channel),
	};

	/** All of these in one commit, each as if it were alone. */
	async function writeAll(all: readonly Intended[]): Promise<readonly Result<Entry, WriteError>[]> {
		const made: Result<Written, WriteError>[] = [];
		try {
			for (const intended of all) made.push(await make(intended));
		} catch (cause) {
			// Those before it are in the ledger and nowhere else.
			intake.stop();
			await load();
			throw cause;
		}
		const written = made.flatMap((each) => (each.ok ? [each.value] : []));
		const placed = written.map((each) => each.placed);
		const own = { ...NO_CHANGE, placed };
		const result =
			written.length === 0
				? ok()
				: await keep(
						own,
						written.flatMap(({ writes }) => writes),
					);
		return made.map((each) => (!each.ok ? each : result.ok ? ok(each.value.placed.entry) : result));
	}

	return (await load()) ? ok(space) : err({ type: 'unreadable' });
}
