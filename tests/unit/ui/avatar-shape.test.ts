import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { avatarShape } from '#lib/ui/avatar-shape.ts';

describe('the avatar of a Root Hash', () => {
	it('is the same for the same hash', () => {
		const hash = '9bb840df7f699d6547f49fd6f9ed17b2';
		expect(avatarShape(hash)).toEqual(avatarShape(hash));
	});

	it('differs between people', () => {
		const hash = fc
			.uint8Array({ minLength: 32, maxLength: 32 })
			.map((b) => Buffer.from(b).toString('hex'));
		fc.assert(
			fc.property(fc.uniqueArray(hash, { minLength: 20, maxLength: 20 }), (hashes) => {
				const drawn = new Set(hashes.map((one) => JSON.stringify(avatarShape(one))));
				expect(drawn.size).toBeGreaterThan(17);
			}),
			// Drawn from one seed: chance alone could make two alike.
			{ seed: 7, numRuns: 20 },
		);
	});

	it('stays within its circle and draws whatever it is given', () => {
		fc.assert(
			fc.property(fc.string(), (text) => {
				const numbers = avatarShape(text).rings.flatMap(
					({ path }) => path.match(/-?\d+\.\d/g) ?? [],
				);
				for (const number of numbers) expect(Math.abs(Number(number))).toBeLessThan(48);
			}),
		);
	});
});
