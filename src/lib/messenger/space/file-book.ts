// Which files of a space are on this device, wholly or in part: a row for each message that came with some, which names
// their chunks in the content store. What no row names there is garbage. A row goes in the commit that takes its message
// away, the chunks right after it. [TB1] [DM3] [FL1] [FL2]
import {
	bytes,
	decode,
	encode,
	map,
	optional,
	blob,
	tuple,
	uint,
	type Shape,
} from '#lib/protocol/cbor.ts';
import { MAX_ATTACHMENT, MAX_CHUNKS } from '#lib/protocol/attachment-size.ts';
import { CONTENT_NAME, type ContentStore } from '#lib/ports/content-store.ts';
import type { Random } from '#lib/ports/random.ts';
import type { KeyValueStore, StoreError, StoreWrite } from '#lib/ports/store.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { ok, type Result } from '#lib/util/result.ts';
import type { PurgeStore } from './purge-registry.ts';

/** whole: all of it is here. wanted: to be fetched. paused: by the person. freed: nothing of it is here any longer. */
export const FILE_STATE = { whole: 0, wanted: 1, paused: 2, freed: 3 } as const;
export type FileState = (typeof FILE_STATE)[keyof typeof FILE_STATE];

/** What the author's device knows of the copies that it leaves on relays. */
export interface KeptCopies {
	/** open: some are still to be left. done: all are, or all devices have the files. */
	readonly state: (typeof COPIES_STATE)[keyof typeof COPIES_STATE];
	/** The epoch in whose mailbox they are left, 16 bytes. */
	readonly epoch: Bytes;
	/** Lets this device delete them. */
	readonly preimage: Bytes;
	/** Bits of the chunks that are left. */
	readonly left: Bytes;
}

export const COPIES_STATE = { open: 0, done: 1 } as const;

/** All files of one message. */
export interface KeptFiles {
	/** Of the chunks in the content store; random. */
	readonly name: Bytes;
	/** Id, device and seq of the message's entry. */
	readonly id: Bytes;
	readonly device: Bytes;
	readonly seq: number;
	readonly channel: Bytes;
	readonly root: Bytes;
	/** As padded. */
	readonly length: number;
	readonly state: FileState;
	/** Of all chunks, one after the other, checked by the root; null: not known yet. */
	readonly hashes: Bytes | null;
	/** null: nothing is left, or not by this device. */
	readonly copies: KeptCopies | null;
}

export const isOnItsWay = ({ state }: KeptFiles): boolean =>
	state === FILE_STATE.wanted || state === FILE_STATE.paused;

export interface FileBook extends PurgeStore {
	/** Of the message of this id (hex). */
	find(key: string): Promise<KeptFiles | undefined>;
	list(): Promise<readonly KeptFiles[]>;
	/** What to commit to keep what is new with its message; known here from `settle` on. */
	keep(files: KeptFiles): StoreWrite;
	/**
	 * Commits at once what becomes of what is known of a message's files (undefined: nothing is), and says whether anything
	 * did: not where `to` gives undefined, nor where it goes with its message.
	 */
	change(
		key: string,
		to: (now: KeptFiles | undefined) => KeptFiles | undefined,
	): Promise<Result<boolean, StoreError>>;
	/**
	 * Frees what the files of a message take. That they were here stays known; of those that were still coming nothing does,
	 * unless copies of them lie on relays.
	 */
	free(key: string): Promise<Result<void, StoreError>>;
	/** What was given to be committed is. */
	settle(): void;
}

interface FileBookPorts {
	readonly store: KeyValueStore;
	readonly content: ContentStore;
	readonly random: Random;
}

const TABLE = 'file';
const MAX_ROW = MAX_CHUNKS * 32 + 512;

const copiesShape: Shape<KeptCopies> = map(
	tuple(uint(COPIES_STATE.done), bytes(16), bytes(32), blob(MAX_CHUNKS / 8)),
	([state, epoch, preimage, left]) => ({
		state: state as KeptCopies['state'],
		epoch,
		preimage,
		left,
	}),
);

const shape: Shape<KeptFiles> = map(
	tuple(
		bytes(CONTENT_NAME),
		bytes(32),
		bytes(32),
		uint(),
		bytes(32),
		bytes(32),
		uint(MAX_ATTACHMENT),
		uint(FILE_STATE.freed),
		optional(blob(MAX_CHUNKS * 32)),
		optional(copiesShape),
	),
	([name, id, device, seq, channel, root, length, state, hashes, copies]) => ({
		name,
		id,
		device,
		seq,
		channel,
		root,
		length,
		state: state as FileState,
		hashes,
		copies,
	}),
);

const toRow = (f: KeptFiles): Bytes =>
	encode([
		...[f.name, f.id, f.device, f.seq, f.channel, f.root, f.length, f.state, f.hashes],
		f.copies && [f.copies.state, f.copies.epoch, f.copies.preimage, f.copies.left],
	]);

interface Row {
	readonly at: number;
	readonly files: KeptFiles;
}

async function rowsOf(store: KeyValueStore, space: Bytes): Promise<readonly Row[]> {
	const rows = await store.range(TABLE, [space]);
	return rows.flatMap(({ at, value }) => {
		const files = decode(shape, value, MAX_ROW);
		return files.ok ? [{ at, files: files.value }] : [];
	});
}

/** Names of everything that a space has in the content store. */
export const contentNamesOf = async (store: KeyValueStore, space: Bytes): Promise<Bytes[]> =>
	(await rowsOf(store, space)).map(({ files }) => files.name);

export function createFileBook({ store, content, random }: FileBookPorts, space: Bytes): FileBook {
	let loading: Promise<Map<string, Row>> | undefined;
	let staged: ((rows: Map<string, Row>) => void)[] = [];
	/** Messages (hex) whose rows go with a commit that is under way. */
	const going = new Set<string>();

	async function read(): Promise<Map<string, Row>> {
		const rows = await rowsOf(store, space);
		return new Map(rows.map((row) => [toHex(row.files.id), row]));
	}
	const load = (): Promise<Map<string, Row>> => (loading ??= read());

	/** Rows have no order: a number that nobody else draws, whatever else is under way. */
	const draw = (): number => {
		const view = new DataView(random.bytes(8).buffer);
		return view.getUint32(0) * 2 ** 16 + view.getUint16(4);
	};
	const write = (at: number, value: Bytes | null): StoreWrite => ({
		table: TABLE,
		key: [space, at],
		value,
	});
	/** What a crash leaves here of it, the next start finds. */
	const forget = ({ name }: KeptFiles): void => void content.remove([name]);

	/** Known here from now on, so that a purge finds it, and taken back where it could not be kept. */
	async function set(
		rows: Map<string, Row>,
		key: string,
		row: Row | undefined,
		at: number,
	): Promise<Result<void, StoreError>> {
		const before = rows.get(key);
		if (row === undefined) rows.delete(key);
		else rows.set(key, row);
		const kept = await store.commit([write(at, row ? toRow(row.files) : null)]);
		if (!kept.ok && rows.get(key) === row) {
			if (before === undefined) rows.delete(key);
			else rows.set(key, before);
		}
		return kept;
	}

	return {
		name: 'files',
		async find(key) {
			return (await load()).get(key)?.files;
		},
		async list() {
			return [...(await load()).values()].map(({ files }) => files);
		},
		keep(files) {
			const at = draw();
			staged.push((rows) => rows.set(toHex(files.id), { at, files }));
			return write(at, toRow(files));
		},
		async change(key, to) {
			const rows = await load();
			const row = rows.get(key);
			const files = going.has(key) ? undefined : to(row?.files);
			if (files === undefined) return ok(false);
			const at = row?.at ?? draw();
			const kept = await set(rows, key, { at, files }, at);
			return kept.ok ? ok(true) : kept;
		},
		async free(key) {
			const rows = await load();
			const row = rows.get(key);
			if (row === undefined || going.has(key)) return ok();
			const { at, files } = row;
			const isDropped = isOnItsWay(files) && files.copies === null;
			// Under another name: what is still being written has none that counts.
			const name = random.bytes(CONTENT_NAME);
			const left = { ...files, name, state: FILE_STATE.freed, hashes: null };
			const freed = await set(rows, key, isDropped ? undefined : { at, files: left }, at);
			return freed.ok ? content.remove([files.name]) : freed;
		},
		settle() {
			const changes = staged;
			staged = [];
			if (changes.length === 0) return;
			void load().then((rows) => {
				for (const change of changes) change(rows);
			});
		},
		async purge({ key, header }) {
			if (header.attachmentRoot === null) return [];
			const rows = await load();
			going.add(key);
			const row = rows.get(key);
			staged.push(() => {
				going.delete(key);
				if (row === undefined) return;
				rows.delete(key);
				forget(row.files);
			});
			return row === undefined ? [] : [write(row.at, null)];
		},
		// What chunks say only their message's key tells, which is another store's to forget.
		holds: () => Promise.resolve(false),
	};
}
