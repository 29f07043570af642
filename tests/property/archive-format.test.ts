// Archives as bytes: whatever is cut, swapped or made up is refused, and what is whole comes out as it went in.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	createRecordReader,
	encodeRecord,
	type ArchiveRecord,
	type RecordReader,
} from '#lib/protocol/archive.ts';
import { encode } from '#lib/protocol/cbor.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';

const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((b) => new Uint8Array(b));
const middle = fc.oneof(
	fc.record({
		type: fc.constant('person' as const),
		blocked: fc.array(id),
		relays: fc.constant([]),
	}),
	fc.record({
		type: fc.constant('values' as const),
		values: fc.array(fc.tuple(fc.string({ maxLength: 40 }), id)),
	}),
	fc.record({
		type: fc.constant('keys' as const),
		controlKeys: fc.array(fc.record({ maker: id, key: id })),
	}),
	fc.record({
		type: fc.constant('bases' as const),
		bases: fc.array(fc.record({ feed: id, seq: fc.nat(), id })),
	}),
	fc.record({
		type: fc.constant('space' as const),
		space: id,
		name: fc.constantFrom('Friends', ''),
		relays: fc.constant([{ key: new Uint8Array(32), urls: ['wss://relay.test/relay'] }]),
		read: fc.array(
			fc.record({ channel: id, time: fc.record({ ms: fc.nat(), counter: fc.constant(0) }) }),
		),
	}),
);
const archive = fc
	.tuple(id, fc.array(middle, { maxLength: 6 }))
	.map(([rootHash, records]): ArchiveRecord[] => [
		{ type: 'begin', rootHash, time: 5 },
		...records,
		{ type: 'end', records: records.length + 1 },
	]);

function readAll(reader: RecordReader, bytes: Bytes, step: number): ArchiveRecord[] | string {
	const records: ArchiveRecord[] = [];
	for (let at = 0; at < bytes.length; at += step) {
		const read = reader.push(bytes.subarray(at, at + step));
		if (!read.ok) return read.error.type;
		records.push(...read.value);
	}
	return records;
}

describe('an archive', () => {
	it('[BK1] comes out as it went in, whatever parts it arrives in', () => {
		fc.assert(
			fc.property(archive, fc.integer({ min: 1, max: 5000 }), (records, step) => {
				const reader = createRecordReader();
				const bytes = concat(...records.map(encodeRecord));
				expect(readAll(reader, bytes, step)).toEqual(records);
				expect(reader.done).toBe(true);
			}),
		);
	});

	it('[BK1] is not whole while anything of it is missing, doubled or in another place', () => {
		fc.assert(
			fc.property(archive, fc.nat(), fc.nat(), (records, one, other) => {
				const parts = records.map(encodeRecord);
				const cut = [...parts];
				cut.splice(one % parts.length, 1);
				const doubled = [...parts, parts[other % parts.length] as Bytes];
				for (const changed of [cut, doubled, parts.slice(0, -1)]) {
					const reader = createRecordReader();
					const read = readAll(reader, concat(...changed), 4096);
					expect(typeof read === 'string' || !reader.done).toBe(true);
				}
			}),
		);
	});

	it('[BK1] [EN1] never throws, and takes no record that is longer than any may be', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 4096 }), (bytes) => {
				createRecordReader().push(bytes);
			}),
		);
		const endless = createRecordReader().push(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
		expect(endless).toMatchObject({ ok: false, error: { type: 'too-large' } });
	});

	it('[BK1] of a later version is said to be that', () => {
		const body = encode([0, 3, new Uint8Array(32), 5]);
		const length = Uint8Array.of(0, 0, 0, body.length);
		const read = createRecordReader().push(concat(length, body));
		expect(read).toMatchObject({ ok: false, error: { type: 'newer' } });
	});
});
