// Keeps the account document on this device, and in step with the person's other devices: what changes here is told as
// UPDATE entries of the account space, a little later and together; what theirs say is merged in. [AC2] [AC5] [AC6]
import {
	extended,
	openAccountDocument,
	type AccountDocument,
	type Extent,
} from '#lib/crdt/account-document.ts';
import { readEntry } from '#lib/crdt/check-entry.ts';
import { blob, bytes, decode, encode, list, map, tuple, uint } from '#lib/protocol/cbor.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { MAX_UPDATE_PART } from '#lib/protocol/limits.ts';
import type { StoreError } from '#lib/ports/store.ts';
import { concat, equal, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, type Result } from '#lib/util/result.ts';
import type { Ports, Self } from '../ports.ts';
import { createQueue } from '../queue.ts';
import type { SpaceNode } from '../space-node-face.ts';
import type { SharedValues } from './shared-values.ts';
import { compactUpdates, type WholeUpdate } from './update-compaction.ts';
import { openUpdate } from '../space/opening.ts';

/** How long changes are gathered before the other devices are told, */
const TELL_AFTER = 3000;
/** and where none of them is there to hear, or nobody waits for it. */
const TELL_LATER = 30_000;
/** How long what needs no answer may wait to be kept. */
const KEEP_AFTER = 500;
/** After so many changes told one by one, the whole document is told at once: what came before it nobody needs. */
const WHOLE_EVERY = 64;
const READ_AT_ONCE = 64;
const NOWHERE = new Uint8Array(32);
const idOf = (space: string): Bytes => fromHex(space) ?? NOWHERE;

const ROW = { table: 'account', key: ['document'] } as const;
const shape = tuple(
	blob(4 * 2 ** 20),
	list(tuple(uint(), uint()), 100_000),
	list(
		map(tuple(bytes(32), uint()), ([feed, next]) => ({ feed, next })),
		1000,
	),
	uint(),
	bytes(32),
	uint(),
);

export interface DocumentKeeper extends SharedValues {
	load(): Promise<void>;
	/** From now on the document is shared with the members of this space. */
	share(node: SpaceNode): void;
	/** Entries came, or their content did. */
	look(): void;
	/** Tells everything: there is a device that knows nothing yet. */
	tellAll(): void;
	/** Resolves once what was to be kept is. */
	stop(): Promise<void>;
}

export function createDocumentKeeper(
	ports: Pick<Ports, 'clock' | 'crypto' | 'random' | 'store'>,
	self: { readonly device: Pick<Self['device'], 'publicKey'> },
): DocumentKeeper {
	const { clock, crypto, random, store } = ports;
	const client = new DataView(random.bytes(4).buffer).getUint32(0);
	const working = createQueue();
	const listeners = new Set<(names: ReadonlySet<string>) => void>();
	let document: AccountDocument = openAccountDocument(undefined, client);
	/** What the others have been told of it. */
	let told: Extent = new Map();
	/** Feed (hex) → the first entry that is not merged yet. */
	const read = new Map<string, number>();
	let shared: SpaceNode | undefined;
	/** The space (hex) of which `told` and `read` speak. */
	let toldIn = '';
	let untilWhole = 0;
	let cancelTell: (() => void) | undefined;
	let tellAt = Infinity;
	let cancelKeep: (() => void) | undefined;
	let stopped = false;

	const onChange = (names: ReadonlySet<string>): void => {
		for (const listener of listeners) listener(names);
	};

	async function keep(): Promise<Result<void, StoreError>> {
		cancelKeep?.();
		cancelKeep = undefined;
		if (document.renew()) {
			// Of the new one the others know nothing.
			told = new Map();
			untilWhole = 0;
			tellSoon(true);
		}
		const feeds = [...read].flatMap(([feed, next]) => {
			const device = shared?.space.ledger.feeds.get(feed)?.device;
			return device === undefined ? [] : [[device, next]];
		});
		return store.commit([
			{
				...ROW,
				value: encode([
					document.state(),
					[...told],
					feeds,
					untilWhole,
					idOf(toldIn),
					document.generation(),
				]),
			},
		]);
	}
	function keepSoon(): void {
		cancelKeep ??= clock.after(KEEP_AFTER, () => {
			if (!stopped) void keep();
		});
	}
	const isSomebodyThere = ({ space, post }: SpaceNode): boolean =>
		[...space.ledger.authority.active].some((device) => post.route(device) !== null);

	function tellSoon(calmly = false): void {
		if (shared === undefined) return;
		const wait = calmly || !isSomebodyThere(shared) ? TELL_LATER : TELL_AFTER;
		const at = clock.now() + wait;
		if (cancelTell !== undefined && tellAt <= at) return;
		cancelTell?.();
		tellAt = at;
		cancelTell = clock.after(wait, () => {
			cancelTell = undefined;
			void working(() => tell(false));
		});
	}

	const hasOthers = ({ space }: SpaceNode): boolean =>
		[...space.ledger.authority.devices.values()].some(
			({ active, device }) => active && !equal(device, self.device.publicKey),
		);

	/** Writes what the others don't know; what could not be written is told with the next change, or after the next start. */
	async function tell(whole: boolean): Promise<void> {
		if (shared === undefined || stopped || !hasOthers(shared)) return;
		const extent = document.extent();
		const generation = document.generation();
		const isWhole = whole || untilWhole <= 0;
		const update = isWhole ? document.state() : document.since(told);
		if (update === null) return;
		const parts = Math.max(1, Math.ceil(update.length / MAX_UPDATE_PART));
		const held = shared.outbox.heldBefore();
		let at: number | undefined;
		for (let part = 0; part < parts; part++) {
			const from = part * MAX_UPDATE_PART;
			const slice = update.slice(from, from + MAX_UPDATE_PART);
			const whole = isWhole ? held : null;
			const piece = { part, parts, whole, bytes: slice };
			const written = await shared.write({ kind: KIND.update, generation, ...piece });
			if (!written.ok) return;
			at ??= written.value.header.seq;
		}
		// Another generation may have come meanwhile, of which nothing has been told.
		if (document.generation() === generation) {
			untilWhole = isWhole ? WHOLE_EVERY : untilWhole - 1;
			told = extent;
		}
		const kept = await keep();
		if (!kept.ok || !isWhole || at === undefined) return;
		await compactUpdates(ports, shared.space, self.device.publicKey, { at, held });
	}

	/** Merges what has come of the other devices' feeds, as far as it counts. */
	async function merge(): Promise<void> {
		if (shared === undefined || stopped) return;
		let changed = false;
		let generation: number;
		do {
			generation = document.generation();
			for (const feed of shared.space.ledger.feeds.values()) {
				if (equal(feed.device, self.device.publicKey)) continue;
				if (await mergeFeed(shared, feed.device)) changed = true;
			}
			// What was too early for the one before may be of this one.
		} while (document.generation() !== generation);
		if (changed) await keep();
	}

	async function mergeFeed({ space, self: own }: SpaceNode, device: Bytes): Promise<boolean> {
		const key = toHex(device);
		const feed = space.ledger.feeds.get(key);
		const end = Math.min((feed?.seq ?? -1) + 1, space.ledger.countsUpTo(key));
		const begin = read.get(key) ?? 0;
		let gathered: Bytes[] = [];
		/** Everything before has been merged, or never will be. */
		let done = begin;
		let isWaiting = false;
		let changed = false;
		let begun = 0;
		let last: WholeUpdate | undefined;
		for (let from = begin; from < end;) {
			const packets = await space.kept.packets(device, from, end, READ_AT_ONCE);
			// Those that have taken their places and aren't kept yet are told of once they are.
			if (packets.length === 0) break;
			const before = from;
			for (const packet of packets) {
				const entry = readEntry(crypto, packet);
				if (!entry.ok) continue;
				const { seq, kind } = entry.value.header;
				from = seq + 1;
				if (kind !== KIND.update) {
					if (!isWaiting && gathered.length === 0) done = from;
					continue;
				}
				const opened = await openUpdate(crypto, own.prekeys, entry.value);
				if (opened.type !== 'opened') {
					// Its body may come later. Those after it don't wait: what builds on it is held back by Yjs itself.
					isWaiting ||= opened.type === 'sealed';
					gathered = [];
					continue;
				}
				const { generation, part, parts, whole, bytes: slice } = opened.value;
				if (part === 0) {
					gathered = [];
					begun = seq;
				}
				if (part === gathered.length) gathered.push(slice);
				if (gathered.length < parts) continue;
				const update = concat(...gathered);
				gathered = [];
				const before = document.generation();
				const isWhole = whole !== null;
				const merged = document.merge({ generation, isWhole, bytes: update });
				if (merged === 'early') isWaiting = true;
				if (merged === 'merged') {
					const known = document.generation() === before ? told : new Map<number, number>();
					const isOfThis = generation === document.generation();
					told = isOfThis ? extended(known, update, document.extent()) : known;
					if (document.since(told) !== null) tellSoon();
					changed = true;
					if (whole !== null) {
						last = { at: begun, held: whole };
						// Whatever was missing before it is in it.
						isWaiting = false;
					}
				}
				if (!isWaiting) done = from;
			}
			if (from === before) break;
		}
		if (last !== undefined && (await keep()).ok) {
			await compactUpdates(ports, space, device, last);
		}
		if (done === begin) return changed;
		read.set(key, done);
		return true;
	}

	return {
		async load() {
			const row = await store.get(ROW.table, ROW.key);
			const decoded = row && decode(shape, row, 8 * 2 ** 20);
			const [state, extent, feeds, changes, space, generation] = decoded?.ok
				? decoded.value
				: [undefined, [], [], 0, NOWHERE, 0];
			toldIn = toHex(space);
			untilWhole = Math.min(changes, WHOLE_EVERY);
			document = openAccountDocument(state, client, generation);
			document.onChange = onChange;
			told = new Map(extent);
			for (const { feed, next } of feeds) read.set(toHex(feed), next);
		},
		get: (name) => document.get(name),
		wasSet: (name) => document.wasSet(name),
		list: (prefix) => document.list(prefix),
		async write(changes) {
			if (!document.set(changes)) return err({ type: 'full', detail: 'the account document' });
			tellSoon();
			return keep();
		},
		note(changes, calmly = false) {
			if (!document.set(changes)) return;
			tellSoon(calmly);
			keepSoon();
		},
		watch(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		share(node) {
			shared = node;
			if (toldIn !== node.space.key) {
				// Whoever is there knows nothing of it: the whole is told.
				toldIn = node.space.key;
				told = new Map();
				read.clear();
				untilWhole = 0;
			}
			void working(merge);
			tellSoon();
		},
		look: () => void working(merge),
		tellAll: () => void working(() => tell(true)),
		async stop() {
			stopped = true;
			cancelTell?.();
			if (cancelKeep) await keep();
		},
	};
}
