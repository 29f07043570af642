import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safetyNumber } from '#lib/crypto/safety-number.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import {
	compareSafetyCode,
	encodeSafetyCode,
	type SafetyMatch,
} from '#lib/protocol/safety-code.ts';
import type { Bytes } from '#lib/util/bytes.ts';

const crypto = createSyncCryptoProvider();
const root = (first: number): Bytes => new Uint8Array(32).fill(first);
const counting = Uint8Array.from({ length: 32 }, (_, n) => n);

/** Worked out by another implementation (Python's hashlib). */
const KNOWN: readonly (readonly [Bytes, string])[] = [
	[root(0), '13812 05107 48027 23531 36880 54051'],
	[counting, '70237 47726 06500 34203 06325 02072'],
	[root(255), '38305 55903 02265 37477 72367 94785'],
];

describe('the safety number of two people', () => {
	it('[SN1] is what it is known to be, whoever of the two asks', () => {
		for (const [a, first] of KNOWN) {
			for (const [b, second] of KNOWN) {
				const number = safetyNumber(crypto, a, b).join(' ');
				const inOrder =
					KNOWN.findIndex(([each]) => each === a) <= KNOWN.findIndex(([e]) => e === b);
				expect(number).toBe(inOrder ? `${first} ${second}` : `${second} ${first}`);
			}
		}
	});

	it('[SN1] is 60 digits', () => {
		const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
		fc.assert(
			fc.property(hash, hash, (a, b) => {
				expect(safetyNumber(crypto, a, b).join('')).toMatch(/^\d{60}$/);
			}),
			{ numRuns: 5 },
		);
	});
});

describe('the code that two people scan', () => {
	const [alice, bob, carol] = [root(1), root(2), root(3)];
	const cases: readonly (readonly [string, string, SafetyMatch])[] = [
		['theirs, made for me', encodeSafetyCode(bob, alice), 'match'],
		['somebody else’s, made for me', encodeSafetyCode(carol, alice), 'somebody-else'],
		['theirs, made for somebody else', encodeSafetyCode(bob, carol), 'not-for-me'],
		['my own', encodeSafetyCode(alice, bob), 'own'],
		['of a later version', 'AEGIS:SAFETY:2:ANYTHING', 'newer'],
		['with something after it', `${encodeSafetyCode(bob, alice)}:`, 'no-code'],
		['cut short', encodeSafetyCode(bob, alice).slice(0, -2), 'no-code'],
		['an address', 'https://aegis.example/#/join/abc', 'no-code'],
		['nothing', '', 'no-code'],
	];
	for (const [what, read, says] of cases) {
		it(`[SN2] says what it reads: ${what}`, () => {
			expect(compareSafetyCode(read, alice, bob)).toBe(says);
		});
	}

	it('[SN2] fits the letters that QR codes hold best', () => {
		expect(encodeSafetyCode(alice, counting)).toMatch(/^[0-9A-Z:]{144}$/);
	});

	it('[SN2] takes any text at all, and only the right one as a match', () => {
		const right = encodeSafetyCode(bob, alice);
		fc.assert(
			fc.property(
				fc.oneof(
					fc.string(),
					fc.string().map((end) => `AEGIS:SAFETY:${end}`),
				),
				(read) => {
					expect(compareSafetyCode(read, alice, bob) === 'match').toBe(read === right);
				},
			),
		);
	});
});
