// One space on this device: its ledger, its keys and its messages, changed one step at a time and kept before anybody
// hears of it (commit before publish). Knows nothing of relays or links. [FD9]
import { createLedger, type Feed } from '#lib/crdt/ledger.ts';
import { createLogicalClock } from '#lib/crdt/logical-clock.ts';
import { createMessageLog, type MessageLog } from '#lib/crdt/message-log.ts';
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import { epochId } from '#lib/crypto/epoch.ts';
import { readEntry, type Entry } from '#lib/crdt/check-entry.ts';
import type { Content } from '#lib/protocol/content.ts';
import { isControl, KIND } from '#lib/protocol/entry.ts';
import type { StoreError, StoreWrite } from '#lib/ports/store.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { Ports, Self } from '../ports.ts';
import { createQueue } from '../queue.ts';
import { composeEntry } from './composing.ts';
import { createIntake, NO_CHANGE, type Intake, type IntakeOutcome, type Placed } from './intake.ts';
import { proveGrant, takeEpochKeys } from './epoch-keys.ts';
import { openEpochUse, type EpochUse } from './epoch-use.ts';
import { controlKeyOnly, createKeyRing } from './key-ring.ts';
import { createMessageKeys } from './message-keys.ts';
import { memberRootOf, openContent, openMessage, proveControl } from './opening.ts';
import { createChannelLogs } from './channel-logs.ts';
import { createExpiring, expiryOf, type Expiring } from './expiring.ts';
import { createFenceCheck, type FenceCheck } from './fence-check.ts';
import { createFileBook, type FileBook } from './file-book.ts';
import { createJudge, type Judge } from './judging.ts';
import { entryPurging, stripped } from './kept-entries.ts';
import { endedEpochs, overEpochs } from './steps.ts';
import { loadRatchets, type Ratchets } from './ratchets.ts';
import { openPrekeyBook, type PrekeyBook } from './prekey-book.ts';
import { createPurgeRegistry, type PurgeRegistry } from './purge-registry.ts';
import { createRecalling, type Recalling } from './recalling.ts';
import { createReconsidering } from './reconsidering.ts';
import { createShown, type Shown } from './shown.ts';
import { createSpaceStore } from './space-store.ts';
import type { WriteError, Space, UnreadableSpace } from './space-face.ts';

const NOTHING = new Uint8Array(0);
const done = <E>(result: Result<unknown, E>): Result<void, E> => (result.ok ? ok() : result);

/** Opens a space as it was kept, or an empty one. */
export async function openSpace(
	ports: Ports,
	self: Self,
	id: Bytes,
): Promise<Result<Space, UnreadableSpace>> {
	const { crypto, store, random, clock } = ports;
	const hybrid = createLogicalClock(clock);
	const queue = createQueue();
	const logs = new Map<string, MessageLog>();

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

	/** What works on the ledger as it is now. */
	async function begin(): Promise<void> {
		const { device } = self;
		prekeys = await openPrekeyBook(ports, self, id, () => ledger.authority);
		judge = createJudge(crypto, self, ledger, keys, ratchets, clock);
		const own = device.publicKey;
		const placing = { crypto, prekeys: self.prekeys, ledger, ring, kept, judge, ratchets, own };
		intake = createIntake({ ...placing, clock: hybrid });
		expiring = createExpiring(ports, id, kept);
		fenceCheck = createFenceCheck(crypto, ledger, kept);
		await fenceCheck.look([]);
		use = await openEpochUse(store, ledger);
		const channels = createChannelLogs(ledger, logFor);
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
		const keys = await createSpaceStore(store, id).keys();
		if (keys === undefined) return false;
		ledger = createLedger(id, self.device.publicKey);
		kept = createSpaceStore(store, id);
		for (const feed of await kept.feeds()) {
			ledger.restoreFeed(feed);
			hybrid.see(feed.time);
		}
		ring = createKeyRing(crypto, keys);
		ratchets = await loadRatchets(crypto, store, id, ring);
		const control: ControlEntry[] = [];
		for (const { packet, proven, key } of await kept.control()) {
			const entry = readEntry(crypto, packet);
			if (!entry.ok) continue;
			// What prekeys have opened is kept: they go, and what was forgotten must not come back by them.
			const content = await openContent(crypto, [], ring, entry.value, key ?? undefined);
			if (content.type !== 'opened') continue;
			const memberRoot = memberRootOf(crypto, content.value);
			const { value, key: known } = content;
			control.push({ entry: entry.value, content: value, proven, memberRoot, key: known });
		}
		ledger.restoreControl(control);
		for (const log of logs.values()) log.reload();
		await begin();
		return true;
	}

	function logFor(channel: Bytes): MessageLog {
		const key = toHex(channel);
		let log = logs.get(key);
		if (log === undefined) {
			log = createMessageLog(store, id, channel);
			logs.set(key, log);
		}
		return log;
	}

	/** Keeps what was placed, all of it or nothing, and tells of it afterwards. */
	async function keep(
		outcome: IntakeOutcome,
		extra: readonly StoreWrite[] = [],
		keysChanged = false,
		history = false,
		expired: readonly Entry[] = [],
	): Promise<Result<IntakeOutcome, StoreError>> {
		const writes: StoreWrite[] = [...extra];
		const { placed, forks, completed, unsealed } = outcome;
		const control =
			keysChanged ||
			forks.length > 0 ||
			unsealed.length > 0 ||
			placed.some((each) => each.control !== null);
		const contradicted = await fenceCheck.look(placed.map(({ entry }) => entry));
		const view = await shown.stage({ placed, completed, control, history, expired });
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
			const committed = await store.commit(writes);
			keys.settle();
			if (!committed.ok) {
				intake.stop();
				if (!(await load())) throw new Error('keys that were readable are no longer');
				return committed;
			}
			for (const log of logs.values()) log.settle();
			files.settle();
		}
		intake.settle(outcome.settled);
		const isNews = view.added.size > 0 || view.shrunk.size > 0 || outcome.wanted.length > 0;
		if (placed.length > 0 || control || isNews || expired.length > 0) {
			space.onChange({
				placed,
				messages: view.added,
				shrunk: view.shrunk,
				control,
				wanted: outcome.wanted,
				forks: forks.map((fork) => fork.feed.device),
				purged: view.purged,
				expired,
			});
		}
		return ok({ ...outcome, disputed: [...outcome.disputed, ...contradicted] });
	}

	const mayWrite = (content: Content): boolean => {
		if (ledger.control.size === 0 || ledger.authority.genesis === null) return true;
		const own = toHex(self.device.publicKey);
		const seq = (ledger.feeds.get(own)?.seq ?? -1) + 1;
		const counts =
			ledger.authority.devices.get(own)?.active === true && seq < ledger.countsUpTo(own);
		return counts && content.kind !== KIND.genesis;
	};

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
		began: () => judge.began(),
		isBarred: (entry) => judge.isBarred(entry),
		expire: () =>
			queue(async () => {
				const { entries, settled } = await expiring.due(clock.now());
				if (settled.length > 0) {
					const gone = await keep(NO_CHANGE, settled, false, false, entries);
					if (!gone.ok) return gone;
				}
				return ok(await expiring.next());
			}),
		recall: (past) =>
			queue(async () => {
				for (const key of past.controlKeys ?? []) ring.addControlKey(key);
				const { outcome, writes, refused } = await recalling.take(past);
				const kept = await keep(outcome, writes, past.controlKeys !== undefined, true);
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
		write: (draft, extra) =>
			queue(async () => {
				const drafted = await draft();
				if (drafted === null) return err({ type: 'not-member', detail: 'no epoch to write in' });
				const { content, sealing, attached } = drafted;
				if (!mayWrite(content)) return err({ type: 'not-member', detail: 'no longer a member' });
				const { after, ...place } = ledger.next(self.device.publicKey, clock.now());
				const time = hybrid.next(after);
				const messageKey = content.kind === KIND.message ? random.bytes(32) : undefined;
				const entry = await composeEntry(
					{ crypto, random, device: self.device },
					{
						space: content.kind === KIND.genesis ? NOTHING : id,
						author: self.rootHash,
						time,
						...place,
						expiry: expiryOf(ledger, content, time),
						attached,
					},
					sealing,
					content,
					messageKey,
				);
				if (content.kind === KIND.message && !judge.rules.takes(entry, content.channel)) {
					return err({ type: 'not-member', detail: 'the channel takes no messages' });
				}
				const writes = extra?.(entry) ?? [];
				// What one wrote oneself is wrapped for nobody here: without its key it could not be handed on.
				const own = messageKey === undefined ? [] : [keys.keep(entry, messageKey)];
				return keepOwn(entry, content, [...own, ...writes]);
			}),
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
				return done(await keep(await intake.take([], true), writes, true));
			}),
		found: (controlKey) =>
			queue(async () => {
				ring.addControlKey(controlKey);
				return done(await keep(await intake.take([], true), [], true));
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
				return done(await keep(await intake.take([], true), [], true));
			}),
		takeControlKeys: (keys) =>
			queue(async () => {
				const news = keys
					.map((key) => controlKeyOnly(crypto, key))
					.filter(({ id }) => ring.get(id) === undefined);
				if (news.length === 0) return ok();
				for (const each of news) ring.setAside('answers', each);
				return done(await keep(await intake.take([], true), [], true));
			}),
		endEpochs: () =>
			queue(async () => {
				const isHeld = endedEpochs(ledger, clock.now()).some(({ id }) => ring.get(id)?.grant);
				return isHeld ? done(await keep(NO_CHANGE, [], true)) : ok();
			}),
		shutEpochs: () => intake.shutEpochs(),
		messagesIn: (epoch) => use.of(epoch),
		log: logFor,
	};

	async function keepOwn(
		entry: Entry,
		content: Content,
		extra: readonly StoreWrite[],
	): Promise<Result<Entry, WriteError>> {
		let control: ControlEntry | null = null;
		if (isControl(content.kind)) {
			await takeEpochKeys(
				{ crypto, prekeys: self.prekeys, ring, own: self.device.publicKey, isKnown: () => true },
				entry,
			);
			const opened = await openContent(crypto, self.prekeys, ring, entry);
			if (opened.type !== 'opened') throw new Error('own entry does not open');
			control = await proveControl(crypto, ledger, entry, opened.value, opened.key);
		}
		const placement = ledger.place(entry, control);
		if (placement.type !== 'added') {
			return err({ type: 'not-member', detail: JSON.stringify(placement) });
		}
		if (control !== null) {
			ring.keep(entry.header.key.epoch);
			judge.take(control);
		}
		ratchets.spend(entry);
		const placed: Placed = {
			entry,
			control,
			feed: placement.feed,
			message: content.kind === KIND.message ? content : null,
		};
		const result = await keep({ ...NO_CHANGE, placed: [placed] }, extra);
		return result.ok ? ok(entry) : result;
	}

	return (await load()) ? ok(space) : err({ type: 'unreadable-keys' });
}
