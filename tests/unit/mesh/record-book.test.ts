// Which records hold, whatever order and however often they come.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRecordBook } from '#lib/mesh/record-book.ts';
import { RECORD_AGE, recordName, type PeerRecord } from '#lib/protocol/peer-record.ts';

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;

const record = (device: number, time: number, life = RECORD_AGE): PeerRecord => ({
	space: new Uint8Array(32),
	device: new Uint8Array(32).fill(device),
	time,
	until: time + life,
	direct: true,
	shown: true,
	relays: [],
	linked: [],
	seen: [],
	signature: new Uint8Array(64),
});
const key = (device: number): string => device.toString(16).padStart(2, '0').repeat(32);

it('[PX2] the latest record of a device holds, and an older one never takes its place', () => {
	const book = createRecordBook();
	expect(book.take(record(1, NOW - MINUTE), NOW)).toBe(true);
	expect(book.take(record(1, NOW), NOW)).toBe(true);
	expect(book.take(record(1, NOW - MINUTE), NOW)).toBe(false);
	expect(book.take(record(1, NOW), NOW)).toBe(false);
	expect(book.of(key(1), NOW)?.time).toBe(NOW);
});

it('[PX2] what is over, far ahead, or meant to hold for too long is nobody’s record', () => {
	const book = createRecordBook();
	expect(book.take(record(1, NOW - RECORD_AGE), NOW)).toBe(false);
	expect(book.take(record(1, NOW + 6 * MINUTE), NOW)).toBe(false);
	expect(book.take(record(1, NOW, RECORD_AGE + 1), NOW)).toBe(false);
	expect(book.take(record(1, NOW), NOW)).toBe(true);
	expect(book.of(key(1), NOW + RECORD_AGE - 1)).toBeDefined();
	expect(book.of(key(1), NOW + RECORD_AGE)).toBeUndefined();
	expect(book.all(NOW + RECORD_AGE)).toEqual([]);
	// Nor does what was over come back.
	expect(book.take(record(1, NOW), NOW + RECORD_AGE)).toBe(false);
});

it('[PX2] any order and any repetition ends with the same records', () => {
	const some = fc.record({ device: fc.nat(3), age: fc.nat(2 * RECORD_AGE) });
	fc.assert(
		fc.property(fc.array(some, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (all, draws) => {
			const records = all.map(({ device, age }) => record(device, NOW - age));
			const shuffled = [...records, ...records]
				.map((each) => ({ each, at: Number(draws.next().value) }))
				.sort((a, b) => a.at - b.at)
				.map(({ each }) => each);
			const [first, second] = [createRecordBook(), createRecordBook()];
			for (const each of records) first.take(each, NOW);
			for (const each of shuffled) second.take(each, NOW);
			for (const device of [0, 1, 2, 3]) {
				expect(second.of(key(device), NOW)).toEqual(first.of(key(device), NOW));
			}
		}),
	);
});

it('[PX4] two that compare what they hold find what either lacks', () => {
	const [mine, theirs] = [createRecordBook(), createRecordBook()];
	for (const each of [record(1, NOW), record(2, NOW - MINUTE)]) mine.take(each, NOW);
	for (const each of [record(2, NOW), record(3, NOW)]) theirs.take(each, NOW);
	const newer = mine.newerThan(theirs.times(NOW), NOW);
	expect(newer.map(({ device }) => device[0])).toEqual([1]);
	const older = mine.olderThan(theirs.times(NOW), NOW);
	expect(older.map(({ name }) => name)).toEqual(
		theirs.all(NOW).map(({ device }) => recordName(device)),
	);
	mine.keepOnly((device) => device === key(2));
	expect(mine.all(NOW)).toHaveLength(1);
});
