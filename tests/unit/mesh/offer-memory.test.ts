// Offers that somebody brings again.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOfferMemory } from '#lib/mesh/offer-memory.ts';

describe('an offer', () => {
	it('[LM6] is taken once', () => {
		const memory = createOfferMemory();
		expect(memory.take('a', 10, false)).toBe(true);
		expect(memory.take('a', 10, false)).toBe(false);
		expect(memory.take('a', 11, false)).toBe(false);
	});

	it('[LM6] does not take the place of a younger one, unless nothing came of that', () => {
		const memory = createOfferMemory();
		memory.take('b', 20, false);
		expect(memory.take('a', 10, true)).toBe(false);
		expect(memory.take('c', 20, true)).toBe(true);
		// A clock that was put back.
		expect(memory.take('a', 10, false)).toBe(true);
	});

	it('[LM6] is never taken twice, whatever was forgotten meanwhile', () => {
		const offer = fc.record({ name: fc.nat(200).map(String), busy: fc.boolean() });
		fc.assert(
			fc.property(fc.array(offer, { maxLength: 600 }), (offers) => {
				const memory = createOfferMemory();
				const taken = new Set<string>();
				for (const { name, busy } of offers) {
					if (!memory.take(name, Number(name), busy)) continue;
					expect(taken.has(name)).toBe(false);
					taken.add(name);
				}
			}),
		);
	});
});
