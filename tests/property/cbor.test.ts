// The encoding of everything that is stored or sent, beside an independent implementation of it.
import * as dagCbor from '@ipld/dag-cbor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, parse } from '#lib/protocol/cbor-value.ts';

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
	value: fc.oneof(
		{ depthSize: 'small', withCrossShrink: true },
		fc.oneof(fc.nat(300), fc.maxSafeNat(), fc.constantFrom(0, 23, 24, 255, 256, 65_535, 65_536)),
		fc.constantFrom(2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
		fc.uint8Array({ maxLength: 300 }),
		fc.string({ unit: 'grapheme', maxLength: 80 }),
		fc.constantFrom(true, false, null, '', '\u{feff}first', 'a\u0000b'),
		fc.array(tie('value'), { maxLength: 30 }),
	),
}));
/** A Uint8Array where the library has a Buffer, as it does at some lengths under Node. */
const theirs = (one: unknown): Uint8Array => new Uint8Array(dagCbor.encode(one));
const parsed = (bytes: Uint8Array): { readonly value: unknown } | undefined => {
	try {
		return { value: parse(bytes, false) };
	} catch {
		return undefined;
	}
};

describe('deterministic CBOR', () => {
	it('[EN2] is written as others write it, and read as it was', () => {
		fc.assert(
			fc.property(value, (one) => {
				const bytes = encode(one);
				expect(bytes).toEqual(theirs(one));
				expect(parse(bytes, false)).toEqual(one);
				expect(parse(bytes, true)).toEqual(one);
			}),
			{ numRuns: 2000 },
		);
	});

	it('[EN1] [EN2] is one spelling for each value: whatever can be read is what is written', () => {
		const near = fc
			.tuple(value, fc.nat(), fc.nat(255), fc.boolean())
			.map(([one, at, byte, isLonger]) => {
				const bytes = encode(one);
				const changed = isLonger ? new Uint8Array([...bytes, byte]) : bytes;
				changed[at % changed.length] = byte;
				return changed;
			});
		let read = 0;
		fc.assert(
			fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 40 })), (bytes) => {
				const found = parsed(bytes);
				if (found === undefined) return;
				read += 1;
				expect(encode(found.value)).toEqual(bytes);
				expect(theirs(found.value)).toEqual(bytes);
			}),
			{ numRuns: 5000 },
		);
		expect(read).toBeGreaterThan(500);
	});

	it('[EN2] is refused in any other spelling', () => {
		const wrong: Record<string, readonly number[]> = {
			'a longer number': [0x18, 23],
			'a longer length': [0x58, 1, 7],
			'a number beyond 2^53': [0x1b, 0, 0x20, 0, 0, 0, 0, 0, 0],
			'no definite length': [0x9f, 1, 0xff],
			'a negative number': [0x20],
			'a map': [0xa0],
			'a tag': [0xc0, 0],
			undefined: [0xf7],
			'a float': [0xfb, 0, 0, 0, 0, 0, 0, 0, 0],
			'text that is no UTF-8': [0x61, 0xff],
			'half of it': [0x82, 1],
			'more than one': [1, 1],
			nothing: [],
			'a promise of much': [0x9a, 0xff, 0xff, 0xff, 0xff],
			'arrays without end': new Array<number>(100_000).fill(0x81),
		};
		for (const [what, bytes] of Object.entries(wrong)) {
			expect(parsed(new Uint8Array(bytes)), what).toBeUndefined();
		}
	});

	it('[EN1] shares memory with the bytes only where that was asked for', () => {
		const bytes = encode([new Uint8Array([1, 2, 3])]);
		const [copy] = parse(bytes, false) as Uint8Array[];
		const [part] = parse(bytes, true) as Uint8Array[];
		bytes.fill(0);
		expect(copy).toEqual(new Uint8Array([1, 2, 3]));
		expect(part).toEqual(new Uint8Array([0, 0, 0]));
	});
});
