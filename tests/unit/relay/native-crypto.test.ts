import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNativeCrypto } from '../../../relay-server/native-crypto.ts';
import { createCryptoProvider } from '#lib/crypto/provider.ts';

describe('the relay’s cryptography', () => {
	it('[KY6] answers as everybody’s does', async () => {
		const [native, shared] = [createNativeCrypto(), createCryptoProvider()];
		const bytes = fc.uint8Array({ maxLength: 200 });
		const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
		await fc.assert(
			fc.asyncProperty(fc.array(bytes, { maxLength: 4 }), seed, async (parts, seed) => {
				expect(native.sha256(...parts)).toEqual(shared.sha256(...parts));
				const [ours, theirs] = await Promise.all(
					[native, shared].map((crypto) => crypto.signingKey(seed)),
				);
				const message = Uint8Array.from(parts.flatMap((part) => [...part]));
				const signature = await ours?.sign(message);
				expect(signature).toEqual(await theirs?.sign(message));
				expect(ours?.publicKey).toEqual(theirs?.publicKey);
				expect(await shared.verify(seed, message, signature ?? seed)).toBe(false);
				const key = ours?.publicKey ?? seed;
				expect(await native.verify(key, message, signature ?? seed)).toBe(true);
			}),
			{ numRuns: 50 },
		);
	});
});
