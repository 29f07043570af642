// The shared cryptography with Node's own hash and signatures where a relay uses them for every packet: the same
// answers (RFC 8032 signatures are deterministic), for less of the processor. [KY6]
import { createPrivateKey, hash, sign } from 'node:crypto';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';

/** What stands before the seed in PKCS #8 (RFC 8410 §7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

const plain = (buffer: Buffer): Bytes => new Uint8Array(buffer);

export function createNativeCrypto(): CryptoProvider {
	const shared = createCryptoProvider();
	return {
		...shared,
		sha256: (...parts) => plain(hash('sha256', concat(...parts), 'buffer')),
		signingKey: async (seed) => {
			const { publicKey } = await shared.signingKey(seed);
			const encoded = Buffer.concat([PKCS8, seed]);
			const key = createPrivateKey({ key: encoded, format: 'der', type: 'pkcs8' });
			encoded.fill(0);
			return { publicKey, sign: async (message) => plain(sign(null, message, key)) };
		},
	};
}
