// The known answers, put to every backend that runs in Node.
import { describe, expect, it } from 'vitest';
import { createWebCryptoGcm } from '#lib/crypto/aes-gcm.ts';
import { createNobleGcm } from '#lib/crypto/aes-gcm-noble.ts';
import { createNativeCrypto } from '../simulation/native-crypto.ts';
import { backends } from './backends.ts';
import { expectGcm, expectPolicy } from './policy.ts';
import { readVectors } from './read.ts';
import { runGcm, runProvider } from './run.ts';

const files = readVectors();
const all = { ...backends, 'native of the simulation': createNativeCrypto };

describe('known answers in Node', () => {
	it.each(Object.entries(all))('[KY1] [KY2] [KY3] [KY4] %s', async (_name, create) => {
		expectPolicy(await runProvider(create(), files));
	});

	it.each([
		['the platform', createWebCryptoGcm(crypto.subtle)],
		['JavaScript', createNobleGcm],
	])('[KY16] AES-GCM of %s', async (_name, gcm) => {
		expectGcm(await runGcm(gcm, files));
	});

	it('[KY4] what is refused is what the files call a shared secret of zeros, and nothing else', () => {
		const tests = files.x25519.testGroups.flatMap((group) => group.tests);
		const zero = tests.filter(({ flags }) => flags.includes('ZeroSharedSecret'));
		expect(zero.every(({ result }) => result === 'acceptable')).toBe(true);
		expect(zero.map(({ shared }) => shared)).toEqual(zero.map(() => '00'.repeat(32)));
		expect(zero).toHaveLength(31);
	});
});
