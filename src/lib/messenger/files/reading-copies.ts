// Reads from relays what was left there of files that this device fetches, as one more source beside the devices, and tells
// them what is durable here, so that they can let go of it. [FR3] [FR4]
import { toBits } from '#lib/protocol/file-frame.ts';
import { chunksOf } from '#lib/protocol/attachment-size.ts';
import type { AskedFile, AskedFileEvents } from '#lib/transfer/asking.ts';
import type { Fetch } from '#lib/transfer/fetching.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { RelayPool } from '../delivery/relay-pool.ts';
import type { Ports } from '../ports.ts';
import type { KeptFiles } from '../space/file-book.ts';
import type { Space } from '../space/space-face.ts';
import { copyNames, openHashes, partsIn } from './file-copies.ts';
import type { FileMailbox, FileMailboxes } from './file-mailboxes.ts';

export type LyingFiles = Pick<KeptFiles, 'id' | 'length'>;

export interface CopyReading {
	/** From now on what relays hold of these files is a source of their fetch, until they are forgotten. */
	follow(files: LyingFiles, fetch: Pick<Fetch, 'addSource' | 'has'>): Promise<void>;
	/** This chunk of a file (entry, hex) is durable here. */
	held(key: string, chunk: number): void;
	/** Nothing of these files is wanted here any longer. */
	forget(key: string): void;
	stop(): void;
}

interface Followed {
	readonly files: LyingFiles;
	readonly fetch: Pick<Fetch, 'addSource' | 'has'>;
	readonly names: readonly Bytes[];
}

/** One mailbox on one relay. */
interface Shelf {
	readonly box: FileMailbox;
	readonly relay: string;
	/** Names (hex) of what waits there for this device. */
	readonly listed: Set<string>;
	/** Lists of hashes that came with header blocks, by name (hex). */
	readonly hashes: Map<string, Bytes>;
	/** By entry (hex). */
	readonly asked: Map<string, AskedFileEvents>;
	readonly acknowledge: Map<string, Bytes>;
	round: number;
	/** One chunk after the other. */
	line: Promise<void>;
}

/** Parts of a chunk asked for at once: a quarter of what a relay has waiting for one client. */
const PARTS_AT_ONCE = 4;
const ACK_DELAY = 50;
const RETRY = 5000;
/** Names remembered of one mailbox. */
const MAX_LISTED = 65_536;

export function createCopyReading(
	{ clock, crypto }: Pick<Ports, 'clock' | 'crypto'>,
	space: Space,
	pool: RelayPool,
	mailboxes: FileMailboxes,
): CopyReading {
	const followed = new Map<string, Followed>();
	/** By name (hex). */
	const wanted = new Map<string, { readonly key: string; readonly chunk: number }>();
	const shelves = new Map<string, Shelf>();
	const ends: (() => void)[] = [];
	let stopped = false;

	function chunksOn(shelf: Shelf, { names }: Followed): number[] {
		return names.flatMap((name, chunk) => (shelf.listed.has(toHex(name)) ? [chunk] : []));
	}

	/** Tells a relay, a little later and at once, what it needs to keep no longer for this device. */
	function settle(shelf: Shelf, name: Bytes): void {
		if (!shelf.listed.delete(toHex(name))) return;
		shelf.hashes.delete(toHex(name));
		if (shelf.acknowledge.size === 0) clock.after(ACK_DELAY, () => void flush(shelf));
		shelf.acknowledge.set(toHex(name), name);
	}
	async function flush({ box, relay, acknowledge }: Shelf): Promise<void> {
		const names = [...acknowledge.values()];
		acknowledge.clear();
		const client = pool.client(relay);
		if (client === undefined || stopped) return;
		await Promise.all(
			box.tokens.flatMap((token) => [
				client.acknowledge(box.mailbox, token, 0, names),
				client.acknowledgeContents(box.mailbox, token, names),
			]),
		);
	}

	async function bring(shelf: Shelf, key: string, chunk: number, isWanted: () => boolean) {
		const { box, relay } = shelf;
		const client = pool.client(relay);
		const events = shelf.asked.get(key);
		const { files, names } = followed.get(key) ?? {};
		const name = names?.[chunk];
		const [token] = box.tokens;
		if (events === undefined || files === undefined || name === undefined || !isWanted()) return;
		if (client === undefined || token === undefined) return;
		const count = partsIn(files.length, chunk);
		const ask = (index: number) => client.fetchChunk(box.mailbox, token, name, index);
		const coming = Array.from({ length: Math.min(PARTS_AT_ONCE, count) }, (_, n) => ask(n));
		for (let index = 0; index < count; index++) {
			const part = await coming.shift();
			if (!isWanted() || part === undefined) return;
			if (!part.ok) {
				if (part.error.type === 'unknown-packet') shelf.listed.delete(toHex(name));
				events.onLack(chunk);
				return;
			}
			if (index + PARTS_AT_ONCE < count) coming.push(ask(index + PARTS_AT_ONCE));
			events.onPiece(chunk, index, part.value);
		}
	}

	/** The hashes of all chunks, by the header block of any. */
	async function hashesOn(shelf: Shelf, each: Followed): Promise<Bytes | null> {
		const { box, relay } = shelf;
		const [token] = box.tokens;
		const [first] = chunksOn(shelf, each);
		const name = first === undefined ? undefined : each.names[first];
		if (name === undefined || token === undefined) return null;
		if (!shelf.hashes.has(toHex(name))) {
			await pool.client(relay)?.fetch(box.mailbox, token, [name]);
		}
		return shelf.hashes.get(toHex(name)) ?? null;
	}

	async function tell(shelf: Shelf, key: string, hashes: boolean): Promise<void> {
		const events = shelf.asked.get(key);
		const each = followed.get(key);
		if (events === undefined || each === undefined) return;
		const list = hashes ? await hashesOn(shelf, each) : null;
		if (shelf.asked.get(key) !== events) return;
		const chunks = chunksOn(shelf, each);
		if (chunks.length === 0 || (hashes && list === null)) events.onNone();
		else events.onHave(list, toBits(chunks, chunksOf(each.files.length)));
	}

	function open(shelf: Shelf, key: string, events: AskedFileEvents): AskedFile {
		/** Chunks asked for and not given up. */
		const under = new Map<number, object>();
		shelf.asked.set(key, events);
		return {
			ask: (hashes) => void tell(shelf, key, hashes),
			get(chunk) {
				const own = {};
				under.set(chunk, own);
				const isWanted = (): boolean => under.get(chunk) === own && !stopped;
				shelf.line = shelf.line.then(() => bring(shelf, key, chunk, isWanted));
			},
			cancel: (chunk) => under.delete(chunk),
			done: (chunk) => under.delete(chunk),
			close() {
				under.clear();
				if (shelf.asked.get(key) === events) shelf.asked.delete(key);
			},
		};
	}

	function offer(shelf: Shelf, key: string, each: Followed): void {
		for (const [chunk, name] of each.names.entries()) {
			if (each.fetch.has(chunk)) settle(shelf, name);
		}
		if (chunksOn(shelf, each).length === 0) return;
		if (shelf.asked.has(key)) {
			void tell(shelf, key, false);
			return;
		}
		const device = { open: (_: unknown, events: AskedFileEvents) => open(shelf, key, events) };
		each.fetch.addSource(`relay ${shelf.relay} ${toHex(shelf.box.mailbox)}`, device, true);
	}

	async function subscribe(shelf: Shelf): Promise<void> {
		const { box, relay } = shelf;
		const client = pool.client(relay);
		if (client === undefined || stopped) return;
		const round = ++shelf.round;
		const { writeKey, ownerKey, tokenHashes } = box;
		const opening = client.open({
			writeKey,
			ownerKey,
			tokenHashes: [...tokenHashes.values()].flat(),
		});
		const read = await Promise.all(box.tokens.map((token) => listAll(shelf, client, token)));
		await opening;
		if (round !== shelf.round || stopped) return;
		for (const [key, each] of followed) offer(shelf, key, each);
		if (!read.every(Boolean)) {
			clock.after(RETRY, () => {
				if (round === shelf.round) void subscribe(shelf);
			});
		}
	}

	async function listAll(
		{ box, listed }: Shelf,
		client: NonNullable<ReturnType<RelayPool['client']>>,
		token: Bytes,
	): Promise<boolean> {
		for (let cursor = 0; ;) {
			const waiting = await client.subscribe(box.mailbox, token, cursor);
			if (!waiting.ok) return false;
			for (const { packet } of waiting.value.packets) {
				if (listed.size < MAX_LISTED) listed.add(toHex(packet));
			}
			if (!waiting.value.more) return true;
			cursor = waiting.value.packets.at(-1)?.number ?? waiting.value.cursor;
		}
	}

	function place(box: FileMailbox, relay: string): Shelf {
		const shelf: Shelf = {
			box,
			relay,
			listed: new Set(),
			hashes: new Map(),
			asked: new Map(),
			acknowledge: new Map(),
			round: 0,
			line: Promise.resolve(),
		};
		const end = pool.listen(box.mailbox, relay, {
			onConnected: () => void subscribe(shelf),
			onDisconnected() {
				shelf.round += 1;
				shelf.listed.clear();
				const lost = [...shelf.asked.values()];
				shelf.asked.clear();
				for (const events of lost) events.onLost();
			},
			onPacket(_, number, packet, block) {
				const name = toHex(packet);
				const { key } = wanted.get(name) ?? {};
				const each = key === undefined ? undefined : followed.get(key);
				if (number === 0 || key === undefined || each === undefined) return;
				const list = openHashes(crypto, box.blockKey, block);
				if (list !== undefined) shelf.hashes.set(name, list);
				if (shelf.listed.has(name) || shelf.listed.size >= MAX_LISTED) return;
				shelf.listed.add(name);
				offer(shelf, key, each);
			},
			onPresence: () => undefined,
			onDeleted: () => undefined,
		});
		ends.push(end);
		return shelf;
	}

	return {
		async follow(files, fetch) {
			const key = toHex(files.id);
			const spaceKey = space.ledger.authority.genesis?.spaceKey;
			if (spaceKey === undefined || stopped) return;
			const names = copyNames(crypto, spaceKey, files.id, files.length);
			if (names.length === 0) return;
			const each = { files, fetch, names };
			followed.set(key, each);
			for (const [chunk, name] of names.entries()) wanted.set(toHex(name), { key, chunk });
			for (const box of await mailboxes.all()) {
				for (const relay of box.relays) {
					const id = `${relay} ${toHex(box.mailbox)}`;
					const shelf = shelves.get(id);
					if (stopped || followed.get(key) !== each) return;
					if (shelf === undefined) shelves.set(id, place(box, relay));
					else offer(shelf, key, each);
				}
			}
		},
		held(key, chunk) {
			const name = followed.get(key)?.names[chunk];
			if (name !== undefined) for (const shelf of shelves.values()) settle(shelf, name);
		},
		forget(key) {
			const names = followed.get(key)?.names ?? [];
			followed.delete(key);
			for (const name of names) {
				wanted.delete(toHex(name));
				for (const shelf of shelves.values()) settle(shelf, name);
			}
		},
		stop() {
			stopped = true;
			for (const end of ends) end();
		},
	};
}
