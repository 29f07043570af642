// The rows of files while something else happens to them: purges, frees and cancellations that meet what is being kept.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '#lib/crdt/check-entry.ts';
import { createAutomatic } from '#lib/messenger/files/automatic.ts';
import { createFetches, type Fetches } from '#lib/messenger/files/fetches.ts';
import type { CopyReading } from '#lib/messenger/files/reading-copies.ts';
import type { Links } from '#lib/messenger/delivery/links.ts';
import type { Ports, Self } from '#lib/messenger/ports.ts';
import {
	createFileBook,
	FILE_STATE,
	type FileBook,
	type KeptFiles,
} from '#lib/messenger/space/file-book.ts';
import type { Space } from '#lib/messenger/space/space-face.ts';
import type { ContentStore } from '#lib/ports/content-store.ts';
import type { KeyValueStore } from '#lib/ports/store.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { createMemoryContent } from '#lib/storage/memory-content.ts';
import { createMemoryDisk, type MemoryDisk } from '#lib/storage/memory.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';

const filled = (length: number, value: number): Bytes => new Uint8Array(length).fill(value);
const ID = filled(32, 9);
const KEY = toHex(ID);
const SPACE = filled(32, 1);
const random = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };

const row = (state: KeptFiles['state']): KeptFiles => ({
	...{ name: filled(16, 1), id: ID, device: filled(32, 2), seq: 1, channel: filled(32, 3) },
	...{ root: filled(32, 4), length: 4096, state, hashes: filled(32, 5), copies: null },
});
const copies = {
	state: 0,
	epoch: filled(16, 1),
	preimage: filled(32, 2),
	left: filled(1, 1),
} as const;
const entry = { key: KEY, header: { attachmentRoot: filled(32, 4) } } as unknown as Entry;

let disk: MemoryDisk;
let store: KeyValueStore;
let content: ContentStore;
let book: FileBook;
/** Lets the commit go on that waits first. */
let release: (() => void)[];

const rows = (): number => disk.rows().filter(({ table }) => table === 'file').length;
const turns = async (): Promise<void> => {
	for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

beforeEach(async () => {
	disk = createMemoryDisk();
	const inner = disk.open();
	release = [];
	let last: Promise<unknown> = Promise.resolve();
	let isSlow = false;
	store = {
		...inner,
		commit(writes) {
			if (!isSlow) return inner.commit(writes);
			const gate = new Promise<void>((resolve) => release.push(resolve));
			const done = last.then(() => gate).then(() => inner.commit(writes));
			last = done;
			return done;
		},
	};
	const held = createMemoryContent().open();
	content = { ...held, room: () => Promise.resolve(null) };
	book = createFileBook({ store, content, random }, SPACE);
	await book.change(KEY, () => row(FILE_STATE.whole));
	isSlow = true;
});

describe('a row of files', () => {
	it('[FL2] does not come back by what is kept of it while a purge is under way', async () => {
		const purging = store.commit(await book.purge(entry, null));
		const late = book.change(KEY, (now) => now && { ...now, copies });
		await turns();
		for (const go of release) go();
		await purging;
		book.settle();
		expect(await late).toEqual({ ok: true, value: false });
		expect([rows(), await book.find(KEY)]).toEqual([0, undefined]);
	});

	it('[FL2] goes with its message, though it was being made when that was purged', async () => {
		const other = { ...row(FILE_STATE.wanted), id: filled(32, 8) };
		const making = book.change(toHex(other.id), () => other);
		await turns();
		const writes = await book.purge({ ...entry, key: toHex(other.id) }, null);
		const purging = store.commit(writes);
		for (const go of release) go();
		await Promise.all([making, purging]);
		book.settle();
		expect([rows(), await book.find(toHex(other.id))]).toEqual([1, undefined]);
	});

	it('[FL5] stays freed whatever is kept of its copies meanwhile', async () => {
		const freeing = book.free(KEY);
		await turns();
		const keeping = book.change(KEY, (now) => now && { ...now, copies });
		await turns();
		for (const go of release) go();
		await turns();
		for (const go of release) go();
		await Promise.all([freeing, keeping]);
		const kept = await createFileBook({ store, content, random }, SPACE).find(KEY);
		expect(kept).toMatchObject({ state: FILE_STATE.freed, hashes: null, copies });
		expect(kept?.name).not.toEqual(filled(16, 1));
		expect(await book.find(KEY)).toEqual(kept);
	});

	it('[ST5] is as it was where it could not be kept', async () => {
		disk.onCommit = () => ({ type: 'full', detail: 'no room' });
		const refused = book.change(KEY, (now) => now && { ...now, copies });
		await turns();
		for (const go of release) go();
		expect((await refused).ok).toBe(false);
		expect(await book.find(KEY)).toEqual(row(FILE_STATE.whole));
	});
});

describe('a fetch', () => {
	it('[FL4] does not begin when it was cancelled, and stands still when it was paused, before it did', async () => {
		for (const how of ['freed', 'paused'] as const) {
			let arrive = (): void => undefined;
			const code = new Promise<void>((resolve) => (arrive = resolve));
			const fetches = fetchesWith(() => code);
			const wanted = { ...row(FILE_STATE.wanted), id: filled(32, how.length) };
			const key = toHex(wanted.id);
			const made = book.change(key, () => wanted);
			await turns();
			for (const go of release) go();
			await made;
			const begun = fetches.begin(wanted);
			await turns();
			fetches.end(key);
			const done =
				how === 'freed'
					? book.free(key)
					: book.change(key, (now) => now && { ...now, state: FILE_STATE.paused });
			await turns();
			for (const go of release) go();
			await done;
			arrive();
			await begun;
			expect(fetches.view(key)?.state).toBe(how === 'freed' ? undefined : 'paused');
			fetches.stop();
		}
	});
});

const clockOf = (): ManualClock => createManualClock();
function fetchesWith(code: () => Promise<void>): Fetches {
	const authority = { devices: new Map(), genesis: { spaceKey: SPACE } };
	const space = { id: SPACE, key: toHex(SPACE), files: book, ledger: { authority } };
	return createFetches(
		{
			...{ clock: clockOf(), crypto: {} as Ports['crypto'], content },
			bulkCrypto: () => code().then(() => ({}) as Awaited<ReturnType<Ports['bulkCrypto']>>),
		},
		'own',
		space as unknown as Space,
		{ need: () => undefined, carries: () => false } as unknown as Links,
		{
			follow: () => Promise.resolve(),
			held: () => undefined,
			forget: () => undefined,
		} as unknown as CopyReading,
		() => undefined,
	);
}

describe('what is fetched unasked', () => {
	it('[FL6] is not held up for longer than half a minute by what nobody gives', async () => {
		const clock = clockOf();
		const places: string[] = [];
		const authority = { isHidden: () => false };
		const automatic = createAutomatic(
			{ clock, store: createMemoryDisk().open() },
			{ device: { publicKey: filled(32, 7) }, rootHash: filled(32, 7) } as unknown as Self,
			{ ledger: { authority } } as unknown as Space,
			{
				fetch(place) {
					places.push(place);
					return Promise.resolve(true);
				},
				// The first one comes, slowly.
				isMoving: (key) => key === '0',
				discard: () => Promise.resolve(),
			},
		);
		const entries = Array.from({ length: 70 }, (_, n) => ({
			key: String(n),
			header: {
				...{ kind: KIND.message, attachmentRoot: filled(32, 1), attachmentLength: 4096, seq: n },
				...{ device: filled(32, 2), author: filled(32, 2), time: { ms: clock.now(), count: 0 } },
			},
		})) as unknown as Entry[];
		automatic.onPlaced(entries);
		await turns();
		expect(places).toHaveLength(32);
		clock.advance(30_000);
		await turns();
		expect(places).toHaveLength(63);
		automatic.stop();
		clock.advance(60_000);
		await turns();
		expect(places).toHaveLength(63);
	});
});
