// Alice's 24 words: written down, read back with the mistakes that people make.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { phraseOf, RECOVERY_WORDS, seedOf, wordsIn } from '#lib/crypto/recovery-phrase.ts';
import { createIdentity } from '#lib/crypto/identity.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { fromHex } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('a recovery phrase', () => {
	it('[ID8] is 24 words of BIP-39, as its own vectors have them', () => {
		const zero = phraseOf(new Uint8Array(32));
		expect(zero).toEqual([...Array.from({ length: 23 }, () => 'abandon'), 'art']);
		const seed = fromHex('7f'.repeat(32)) ?? new Uint8Array();
		expect(phraseOf(seed).join(' ')).toBe(
			'legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title',
		);
	});

	it('[ID8] gives back every seed, however it was written', () => {
		fc.assert(
			fc.property(seeds, (seed) => {
				const words = phraseOf(seed);
				expect(words).toHaveLength(24);
				const written = words
					.map((word, n) => `${String(n + 1)}) ${word.toUpperCase()}`)
					.join(',\n');
				expect(unwrap(seedOf(wordsIn(written)))).toEqual(new Uint8Array(seed));
			}),
		);
	});

	it('[ID8] says which word is none, how many there are, and when together they are none', () => {
		const words = phraseOf(new Uint8Array(32));
		expect(seedOf(words.with(4, 'abandonn'))).toMatchObject({
			error: { type: 'unknown-word', at: 4, word: 'abandonn' },
		});
		expect(seedOf(words.slice(1))).toMatchObject({ error: { type: 'count', count: 23 } });
		expect(seedOf([])).toMatchObject({ error: { type: 'count', count: 0 } });
		expect(seedOf(words.with(4, 'ability'))).toMatchObject({ error: { type: 'checksum' } });
	});

	it('[ID8] is read without failing from whatever is pasted', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary', maxLength: 4000 }), (text) => {
				expect(typeof seedOf(wordsIn(text)).ok).toBe('boolean');
			}),
		);
		fc.assert(
			fc.property(
				fc.array(fc.constantFrom(...RECOVERY_WORDS), { minLength: 24, maxLength: 24 }),
				(words) => {
					expect(typeof seedOf(words).ok).toBe('boolean');
				},
			),
		);
	});

	it('[ID9] makes the same person with new keys for the device', async () => {
		const crypto = createSyncCryptoProvider();
		const random = { bytes: (n: number) => globalThis.crypto.getRandomValues(new Uint8Array(n)) };
		const clock = { now: () => 1_800_000_000_000 };
		const first = await createIdentity(crypto, random, clock, 'Alice', 'Laptop');
		const seed = unwrap(seedOf(phraseOf(first.secrets.rootSeed)));
		const second = await createIdentity(crypto, random, clock, 'Alice', 'Phone', seed);
		expect(second.rootHash).toEqual(first.rootHash);
		expect(second.secrets.deviceSeed).not.toEqual(first.secrets.deviceSeed);
		expect(second.member.prekey.publicKey).not.toEqual(first.member.prekey.publicKey);
	});
});
