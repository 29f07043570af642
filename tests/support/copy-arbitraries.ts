// Any step of a copy from one device of a person to another.
import fc from 'fast-check';
import { COPY_END, type CopyMessage } from '#lib/protocol/history-copy.ts';
import type { Bytes } from '#lib/util/bytes.ts';

const bytes = (length: number): fc.Arbitrary<Bytes> =>
	fc.uint8Array({ minLength: length, maxLength: length });
const copy = bytes(16);
const id = bytes(32);
const uint = fc.maxSafeNat();

export const copyMessage: fc.Arbitrary<CopyMessage> = fc.oneof(
	fc.record({
		step: fc.constant('offer' as const),
		copy,
		spaces: fc.array(fc.record({ space: id, messages: uint, past: fc.boolean() }), {
			maxLength: 3,
		}),
	}),
	fc.record({ step: fc.constant('want' as const), copy }),
	fc.record({
		step: fc.constant('ask' as const),
		copy,
		run: copy,
		number: uint,
		space: id,
		from: fc.option(fc.record({ feed: id, seq: uint })),
		done: uint,
	}),
	fc.record({
		step: fc.constant('record' as const),
		copy,
		run: copy,
		number: uint,
		index: fc.nat(2),
		parts: fc.integer({ min: 3, max: 5 }),
		bytes: fc.uint8Array({ maxLength: 300 }),
	}),
	fc.record({
		step: fc.constant('stop' as const),
		copy,
		end: fc.constantFrom(...Object.values(COPY_END)),
	}),
);
