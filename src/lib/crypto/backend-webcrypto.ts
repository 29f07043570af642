// Ed25519 and X25519 of the platform, ten times faster and with private keys that nobody can take out. Each is used
// only after it has shown on known vectors that it answers as the rules want. [KY2] [KY3] [KY4] [KY5] [KY6]
import { ed25519 } from '@noble/curves/ed25519.js';
import { concat, equal, fromHex, toHex, utf8, type Bytes } from '#lib/util/bytes.ts';
import { KEYS_HELD, requireSeed, type AgreementBackend, type SigningBackend } from './backend.ts';
import { primeOrderPoint } from './backend-noble.ts';
import { isStrictKey, isStrictSignature } from './ed25519-strict.ts';
import { createLru } from './lru.ts';

const hex = (text: string): Bytes => fromHex(text) ?? new Uint8Array();

/** What stands before the 32 bytes of a private key in PKCS #8 (RFC 8410 §7); no other form imports a seed. */
const PKCS8_ED25519 = hex('302e020100300506032b657004220420');
const PKCS8_X25519 = hex('302e020100300506032b656e04220420');

// The platform's types want memory that isn't shared; nothing here shares memory.
const plain = (bytes: Uint8Array): Bytes => bytes as Bytes;

async function importPrivate(
	subtle: SubtleCrypto,
	algorithm: 'Ed25519' | 'X25519',
	prefix: Uint8Array,
	seed: Uint8Array,
): Promise<CryptoKey> {
	const encoded = concat(prefix, seed);
	const usages: KeyUsage[] = algorithm === 'Ed25519' ? ['sign'] : ['deriveBits'];
	try {
		return await subtle.importKey('pkcs8', encoded, algorithm, false, usages);
	} finally {
		encoded.fill(0);
	}
}

export function createWebCryptoSigning(subtle: SubtleCrypto): SigningBackend {
	const keys = createLru<Promise<CryptoKey | undefined>>(KEYS_HELD);

	async function importPublic(publicKey: Uint8Array): Promise<CryptoKey | undefined> {
		if (primeOrderPoint(publicKey) === undefined) return undefined;
		try {
			return await subtle.importKey('raw', plain(publicKey), 'Ed25519', false, ['verify']);
		} catch {
			return undefined;
		}
	}

	return {
		async signingKey(seed) {
			requireSeed(seed);
			const publicKey = ed25519.getPublicKey(seed) as Bytes;
			const key = await importPrivate(subtle, 'Ed25519', PKCS8_ED25519, seed);
			return {
				publicKey,
				sign: async (message) => new Uint8Array(await subtle.sign('Ed25519', key, plain(message))),
			};
		},
		async verify(publicKey, message, signature) {
			if (!isStrictKey(publicKey) || !isStrictSignature(signature)) return false;
			const key = await keys.get(toHex(publicKey), () => importPublic(publicKey));
			if (key === undefined) return false;
			return subtle.verify('Ed25519', key, plain(signature), plain(message));
		},
	};
}

/** The u of the point that a public key is a multiple of (RFC 7748 §4.1). */
const BASE = Uint8Array.of(9, ...new Uint8Array(31));

export function createWebCryptoAgreement(subtle: SubtleCrypto): AgreementBackend {
	const importPublic = (publicKey: Uint8Array): Promise<CryptoKey> =>
		subtle.importKey('raw', plain(publicKey), 'X25519', false, []);
	let base: Promise<CryptoKey> | undefined;

	const multiply = async (key: CryptoKey, point: CryptoKey): Promise<Bytes> =>
		new Uint8Array(await subtle.deriveBits({ name: 'X25519', public: point }, key, 256));

	return {
		async agreementKey(seed) {
			requireSeed(seed);
			const key = await importPrivate(subtle, 'X25519', PKCS8_X25519, seed);
			// Each message needs a fresh one: the platform is six times as fast at this, too.
			const publicKey = await multiply(key, await (base ??= importPublic(BASE)));
			return {
				publicKey,
				async agree(other) {
					if (other.length !== 32) return undefined;
					try {
						const shared = await multiply(key, await importPublic(other));
						return shared.every((byte) => byte === 0) ? undefined : shared;
					} catch {
						return undefined;
					}
				},
			};
		},
	};
}

// RFC 8032 §7.1, test 1; and a signature by the same key whose R has a part of order 8, which only a platform that
// multiplies by the cofactor accepts.
const SEED = hex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
const SIGNED = hex(
	'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
);
const MIXED = hex(
	'6a84d583f06569edb3f5ed77df65544b27d6948b4f0b2cb76f33dd8413b20719213c5e55854fc4431e495dc6101adbb7972351e4f3ee41dab4cc5713cdcd4a04',
);

/** Whether the platform signs, verifies and refuses as it must. Its signatures may be randomised: ids leave them out. */
export async function signsStrictly(subtle: SubtleCrypto): Promise<boolean> {
	try {
		const backend = createWebCryptoSigning(subtle);
		const key = await backend.signingKey(SEED);
		const empty = new Uint8Array();
		return (
			(await backend.verify(key.publicKey, empty, SIGNED)) &&
			(await backend.verify(key.publicKey, empty, await key.sign(empty))) &&
			!(await backend.verify(key.publicKey, utf8('aegis'), MIXED))
		);
	} catch {
		return false;
	}
}

// RFC 7748 §6.1: Alice's seed and public key, Bob's public key, and what the two have in common.
const ALICE = hex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a');
const ALICE_PUBLIC = hex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
const BOB = hex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
const SHARED = hex('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');

/** Whether the platform's X25519 gives the public key and the shared secret that it must. */
export async function agreesRightly(subtle: SubtleCrypto): Promise<boolean> {
	try {
		const key = await createWebCryptoAgreement(subtle).agreementKey(ALICE);
		const shared = await key.agree(BOB);
		return equal(key.publicKey, ALICE_PUBLIC) && shared !== undefined && equal(shared, SHARED);
	} catch {
		return false;
	}
}
