// A channel's messages on this device: in order, in stretches, through commits that fail.
import { beforeEach, describe, expect, it } from 'vitest';
import { createMessageLog, type MessageLog } from '#lib/crdt/message-log.ts';
import { openSegment, type LoggedMessage } from '#lib/crdt/segment.ts';
import type { KeyValueStore, StoreWrite } from '#lib/ports/store.ts';
import { createMemoryStore } from '#lib/storage/memory.ts';
import { compare, utf8 } from '#lib/util/bytes.ts';
import { named } from '../../support/authority-world.ts';

const [space, channel] = [named('space'), named('channel')];

const message = (n: number, name = String(n)): LoggedMessage => ({
	id: named(`message ${name}`),
	author: named('author'),
	device: named('device'),
	seq: n,
	time: { ms: 1000 + n, counter: 0 },
	text: `text ${name}`,
	replyTo: null,
	late: false,
	recipients: 1,
	expiry: 0,
	gone: null,
});
const several = (from: number, to: number): LoggedMessage[] =>
	Array.from({ length: to - from }, (_, n) => message(from + n));
const textsOf = (messages: readonly LoggedMessage[]): string[] => messages.map(({ text }) => text);

describe('a channel’s log', () => {
	let store: KeyValueStore;
	let log: MessageLog;
	let ranges: number[];

	beforeEach(() => {
		ranges = [];
		const memory = createMemoryStore();
		store = {
			...memory,
			range: (table, prefix, range) => {
				if (table === 'segment') ranges.push(prefix[2] as number);
				return memory.range(table, prefix, range);
			},
		};
		log = createMessageLog(store, space, channel);
	});

	async function commit(writes: readonly StoreWrite[]): Promise<void> {
		expect((await store.commit(writes)).ok).toBe(true);
		log.settle();
	}
	async function insert(messages: readonly LoggedMessage[]): Promise<readonly LoggedMessage[]> {
		const { writes, added } = await log.insert(messages);
		await commit(writes);
		return added;
	}
	async function everything(from: MessageLog = log): Promise<LoggedMessage[]> {
		const all: LoggedMessage[] = [];
		for (let n = 0; n < (await from.stretches()); n++) all.push(...(await from.read(n)));
		return all;
	}
	const reopened = (): MessageLog => createMessageLog(store, space, channel);

	it('[DO1] shows messages by time, then id, whatever order they came in', async () => {
		const [a, b] = [message(5, 'a'), message(5, 'b')];
		await insert([message(9)]);
		await insert([b, message(3), a]);
		const ties = [a, b].sort((x, y) => compare(x.id, y.id));
		expect(textsOf(await log.read(0))).toEqual(['text 3', ...textsOf(ties), 'text 9']);
		expect(await everything(reopened())).toEqual(await everything());
	});

	it('[DO1] takes each message once', async () => {
		expect(await insert([message(1)])).toHaveLength(1);
		expect(await insert([message(1), message(2)])).toHaveLength(1);
		expect(textsOf(await log.read(0))).toEqual(['text 1', 'text 2']);
		expect((await log.insert([message(1)])).writes).toEqual([]);
	});

	it('[DO2] marks what came after younger ones, and nothing else', async () => {
		expect((await insert([message(10)])).map(({ late }) => late)).toEqual([false]);
		expect((await insert([message(10, 'same time')]))[0]?.late).toBe(false);
		const added = await insert([message(11), message(7), message(12)]);
		expect(added.map(({ late }) => late)).toEqual([true, false, false]);
		const marks = (await reopened().read(0)).map(({ late }) => late);
		expect(marks).toEqual([true, false, false, false, false]);
	});

	it('[DO2] marks none of many that come at once into an empty log', async () => {
		const added = await insert(several(0, 3500));
		expect(added.filter(({ late }) => late)).toEqual([]);
		expect(await log.stretches()).toBe(4);
		const [late] = await insert([message(17, 'late')]);
		expect(late?.late).toBe(true);
	});

	it('[DO1] begins a new stretch after a thousand, and divides one that grew by late ones', async () => {
		for (let n = 0; n < 2500; n += 100) await insert(several(n, n + 100));
		expect(await log.stretches()).toBe(3);
		const late = Array.from({ length: 1100 }, (_, n) => ({
			...message(n % 900, `late ${n}`),
			seq: n,
		}));
		await insert(late);
		expect(await log.stretches()).toBe(4);
		const all = await everything();
		expect(all).toHaveLength(3600);
		expect(new Set(textsOf(all)).size).toBe(3600);
		const times = all.map(({ time }) => time.ms);
		expect(times).toEqual([...times].sort((a, b) => a - b));
		expect(await everything(reopened())).toEqual(all);
		expect(await insert([message(3), message(2400)])).toEqual([]);
	});

	it('[DO1] does not divide what all happened in one moment', async () => {
		const at = { ms: 5000, counter: 3 };
		const once = Array.from({ length: 2100 }, (_, n) => ({ ...message(n), time: at }));
		await insert(once);
		await insert([{ ...message(9999), time: at }]);
		expect(await everything()).toHaveLength(2101);
		expect(await everything(reopened())).toHaveLength(2101);
	});

	it('[DO2] makes one of 64 changes, and loses nothing by it', async () => {
		for (let n = 0; n < 150; n++) await insert([message(n)]);
		const rows = await store.range('segment', [space, channel, 0]);
		expect(rows.length).toBeLessThanOrEqual(64);
		expect(rows.length).toBe(150 - 2 * 64);
		expect(textsOf(await reopened().read(0))).toEqual(textsOf(several(0, 150)));
	});

	it('[DO1] forgets what was staged when its commit failed', async () => {
		await insert(several(0, 5));
		await log.insert([message(6), message(2, 'lost')]);
		log.reload();
		expect(textsOf(await log.read(0))).toEqual(textsOf(several(0, 5)));
		expect(await insert([message(6)])).toHaveLength(1);
		expect(textsOf(await reopened().read(0))).toEqual(textsOf([...several(0, 5), message(6)]));
		await log.insert(several(10, 2500));
		expect(await log.stretches()).toBe(3);
		log.reload();
		expect(await log.stretches()).toBe(1);
		expect(await everything()).toHaveLength(6);
	});

	it('[DO1] keeps staged stretches at hand until they are committed', async () => {
		await insert(several(0, 6000));
		const { writes } = await log.insert(
			[1, 1001, 2001, 3001, 4001, 5001].map((n) => message(n, `more ${n}`)),
		);
		// Somebody reads all of it before the commit: none of these copies may be an old one.
		expect(await everything()).toHaveLength(6006);
		await commit(writes);
		await insert([message(1, 'again'), message(1001, 'again too')]);
		expect(await everything(reopened())).toHaveLength(6008);
	});

	it('[DO1] opens the last stretch of ten thousand without touching the others', async () => {
		await insert(several(0, 10_000));
		const later = reopened();
		ranges.length = 0;
		const count = await later.stretches();
		expect(count).toBe(10);
		expect(await later.read(count - 1)).toHaveLength(1000);
		expect(ranges).toEqual([9]);
		await later.insert([message(10_000)]);
		expect(ranges.filter((number) => number < 9)).toEqual([]);
	});

	it('[DO2] [TB1] puts another in place of a message, and not a byte of the first stays', async () => {
		await insert(several(0, 30));
		await insert(several(30, 40));
		const gone = { how: 'purged' as const, by: named('alice'), reason: 'spam' };
		const place = { ...message(7), text: '', gone };
		await commit(await log.replace([place, message(99)]));
		expect(await log.get(place.id, place.time)).toEqual(place);
		expect(await log.holds('text 7')).toBe(false);
		expect(await log.holds('text 8')).toBe(true);
		const again = reopened();
		expect((await everything(again)).map(({ text }) => text)).toEqual(
			several(0, 40).map(({ text, seq }) => (seq === 7 ? '' : text)),
		);
		expect(await again.get(place.id, place.time)).toEqual(place);
		expect(await again.get(named('message 99'), message(99).time)).toBeUndefined();
		for (const row of await store.range('segment', [space, channel, 0])) {
			expect(includes(row.value, utf8('text 7'))).toBe(false);
		}
	});

	it('[DO2] removes for good: no byte of the text is left in the store', async () => {
		for (const each of several(0, 10)) await insert([each]);
		await insert([{ ...message(50), text: 'canary canary' }]);
		await insert([message(51)]);
		const holds = async (): Promise<boolean> => {
			const rows = await store.range('segment', [space, channel, 0]);
			return rows.some(({ value }) => includes(value, utf8('canary')));
		};
		expect(await holds()).toBe(true);
		await commit(await log.remove([message(50)]));
		expect(await holds()).toBe(false);
		expect(textsOf(await log.read(0))).toEqual(textsOf([...several(0, 10), message(51)]));
		expect(await everything(reopened())).toEqual(await everything());
		expect(await log.remove([message(50)])).toEqual([]);
		await insert([message(52)]);
		expect(await everything(reopened())).toHaveLength(12);
	});

	it('[DO1] goes on after everything was removed', async () => {
		await insert(several(0, 3));
		await commit(await log.remove(several(0, 3)));
		expect(await everything(reopened())).toEqual([]);
		expect((await insert([message(1)]))[0]?.late).toBe(false);
		expect(textsOf(await everything(reopened()))).toEqual(['text 1']);
	});
});

describe('a segment', () => {
	it('[DO1] is the same from its changes, from one change, and after further ones', () => {
		const segment = openSegment([]);
		const changes = several(0, 20).flatMap((each) => segment.add([each]) ?? []);
		const removed = segment.remove([message(3).id, message(4).id]);
		expect(removed).not.toBeNull();
		if (removed !== null) changes.push(removed);
		const fromChanges = openSegment(changes);
		const fromOne = openSegment([segment.compacted()]);
		expect(fromChanges.list()).toEqual(segment.list());
		expect(fromOne.list()).toEqual(segment.list());
		expect(segment.size()).toBe(18);
		const more = fromOne.add([{ ...message(30), replyTo: message(1).id }]);
		expect(more).not.toBeNull();
		const again = openSegment([segment.compacted(), ...(more === null ? [] : [more])]);
		expect(again.list()).toEqual(fromOne.list());
		expect(again.list().at(-1)?.replyTo).toEqual(message(1).id);
	});

	it('[DO1] says nothing where nothing changes', () => {
		const segment = openSegment([]);
		segment.add([message(1)]);
		expect(segment.add([message(1)])).toBeNull();
		expect(segment.remove([message(2).id])).toBeNull();
		expect(segment.has(message(1).id)).toBe(true);
		expect(segment.has(message(2).id)).toBe(false);
	});
});

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
	return Buffer.from(bytes).includes(Buffer.from(part));
}
