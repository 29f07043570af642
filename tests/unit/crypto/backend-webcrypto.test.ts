// What the platform might do, and this one doesn't.
import { expect, it } from 'vitest';
import { createWebCryptoAgreement } from '#lib/crypto/backend-webcrypto.ts';

it('[KY4] gives no shared secret of zeros, also where the platform hands one out', async () => {
	const { subtle } = globalThis.crypto;
	const careless = new Proxy(subtle, {
		get: (target, name) => {
			if (name === 'deriveBits') return async () => new ArrayBuffer(32);
			const member: unknown = Reflect.get(target, name);
			return typeof member === 'function' ? (member.bind(target) as unknown) : member;
		},
	});
	const key = await createWebCryptoAgreement(careless).agreementKey(new Uint8Array(32).fill(7));
	expect(await key.agree(new Uint8Array(32))).toBeUndefined();
});
