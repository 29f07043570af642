// Known answers and the edges where libraries disagree: every backend says the same.
import { describe, expect, it } from 'vitest';
import { ed25519 } from '@noble/curves/ed25519.js';
import nacl from 'tweetnacl';
import { agreesRightly, signsStrictly } from '#lib/crypto/backend-webcrypto.ts';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { concat, fromHex, toHex, utf8, type Bytes } from '#lib/util/bytes.ts';

const hex = (text: string): Bytes => {
	const bytes = fromHex(text);
	if (bytes === undefined) throw new Error(`not hex: ${text}`);
	return bytes;
};

const providers = [
	['platform', createCryptoProvider()],
	['without a platform', createCryptoProvider(null)],
	['synchronous', createSyncCryptoProvider()],
] as const;

/** RFC 8032 §7.1, tests 1 to 3: seed, public key, message, signature. */
const RFC8032 = [
	[
		'9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
		'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
		'',
		'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
	],
	[
		'4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
		'3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
		'72',
		'92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
	],
	[
		'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
		'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
		'af82',
		'6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
	],
] as const;

const ALICE = {
	seed: hex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'),
	publicKey: '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
};
const BOB = {
	seed: hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'),
	publicKey: 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
};

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const P = 2n ** 255n - 19n;
const le = (value: bigint): Bytes => hex(value.toString(16).padStart(64, '0')).reverse();
const withSign = (point: Bytes): Bytes => {
	const signed = point.slice();
	signed[31] = (signed[31] ?? 0) | 0x80;
	return signed;
};

const Y8 = BigInt(
	`0x${toHex(hex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a').reverse())}`,
);
/** All 14 spellings of the 8 points of small order. */
const SMALL_ORDER = [0n, 1n, P - 1n, Y8, P - Y8, P, P + 1n]
	.map(le)
	.flatMap((point) => [point, withSign(point)]);

describe.each(providers)('%s', (_name, crypto) => {
	it.each(RFC8032)(
		'[KY1] signs and verifies as in RFC 8032 (%#)',
		async (seed, key, message, signature) => {
			const signing = await crypto.signingKey(hex(seed));
			expect(toHex(signing.publicKey)).toBe(key);
			expect(toHex(await signing.sign(hex(message)))).toBe(signature);
			expect(await crypto.verify(hex(key), hex(message), hex(signature))).toBe(true);
			expect(await crypto.verify(hex(key), concat(hex(message), utf8('x')), hex(signature))).toBe(
				false,
			);
		},
	);

	it('[KY1] agrees on keys as in RFC 7748 §6.1', async () => {
		const alice = await crypto.agreementKey(ALICE.seed);
		const bob = await crypto.agreementKey(BOB.seed);
		expect(toHex(alice.publicKey)).toBe(ALICE.publicKey);
		expect(toHex(bob.publicKey)).toBe(BOB.publicKey);
		const shared = await alice.agree(bob.publicKey);
		expect(shared && toHex(shared)).toBe(
			'4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
		);
		expect(await bob.agree(alice.publicKey)).toEqual(shared);
	});

	it('[KY1] agrees on keys as in RFC 7748 §5.2, where the top bit of u is set', async () => {
		const key = await crypto.agreementKey(
			hex('4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d'),
		);
		const shared = await key.agree(
			hex('e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493'),
		);
		expect(shared && toHex(shared)).toBe(
			'95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
		);
	});

	it('[KY1] derives as in RFC 5869, tests 1 and 3', () => {
		const ikm = hex('0b'.repeat(22));
		expect(
			toHex(crypto.hkdf(ikm, hex('000102030405060708090a0b0c'), hex('f0f1f2f3f4f5f6f7f8f9'), 42)),
		).toBe('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865');
		expect(toHex(crypto.hkdf(ikm, new Uint8Array(), new Uint8Array(), 42))).toBe(
			'8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
		);
	});

	it('[KY1] hashes parts as their concatenation', () => {
		expect(toHex(crypto.sha256(utf8('a'), utf8('bc')))).toBe(
			'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
		);
		// RFC 4231, test 2
		expect(toHex(crypto.hmac(utf8('Jefe'), utf8('what do ya want '), utf8('for nothing?')))).toBe(
			'5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
		);
	});

	it('[KY1] boxes what opens with the same key and nonce only', () => {
		const key = new Uint8Array(32).fill(1);
		const nonce = new Uint8Array(24).fill(2);
		const box = crypto.seal(key, nonce, utf8('hello'));
		expect(box.length).toBe(5 + 16);
		expect(box.buffer.byteLength).toBe(box.length);
		expect(crypto.open(key, nonce, box)).toEqual(utf8('hello'));
		expect(crypto.open(new Uint8Array(32), nonce, box)).toBeUndefined();
		expect(crypto.open(key, new Uint8Array(24), box)).toBeUndefined();
		expect(crypto.open(key, nonce, new Uint8Array(3))).toBeUndefined();
		expect(crypto.open(key, nonce.slice(1), box)).toBeUndefined();
		expect(crypto.open(key.slice(1), nonce, box)).toBeUndefined();
	});

	it('[KY2] refuses wrong lengths', async () => {
		const [, key, message, signature] = RFC8032[1];
		expect(await crypto.verify(hex(key).slice(1), hex(message), hex(signature))).toBe(false);
		expect(await crypto.verify(concat(hex(key), utf8('x')), hex(message), hex(signature))).toBe(
			false,
		);
		expect(await crypto.verify(hex(key), hex(message), hex(signature).slice(1))).toBe(false);
		expect(await crypto.verify(hex(key), hex(message), concat(hex(signature), utf8('x')))).toBe(
			false,
		);
		expect(await crypto.verify(new Uint8Array(), hex(message), new Uint8Array())).toBe(false);
	});

	it('[KY2] leaves what it is given as it was, a Buffer too', async () => {
		const [, key, message, signature] = RFC8032[1];
		const given = [key, message, signature].map((text) => Buffer.from(text, 'hex'));
		for (const bytes of given) bytes[bytes.length - 1] = 0xff;
		const before = given.map((bytes) => bytes.toString('hex'));
		const [a, b, c] = given;
		if (a === undefined || b === undefined || c === undefined) throw new Error('three');
		await crypto.verify(a, b, c);
		expect(given.map((bytes) => bytes.toString('hex'))).toEqual(before);
	});

	it('[KY2] refuses S + L, which is the same signature written otherwise', async () => {
		const [, key, message, signature] = RFC8032[1];
		const s = BigInt(`0x${toHex(hex(signature).slice(32).reverse())}`);
		const malleated = concat(hex(signature).slice(0, 32), le(s + ORDER));
		expect(nacl.sign.detached.verify(hex(message), malleated, hex(key))).toBe(true);
		expect(await crypto.verify(hex(key), hex(message), malleated)).toBe(false);
	});

	it('[KY3] refuses keys of small order in every spelling', async () => {
		// With A of small order, R = A' and S = 0 fit some message whatever it says.
		for (const key of SMALL_ORDER) {
			for (const r of SMALL_ORDER) {
				expect(await crypto.verify(key, utf8('anything'), concat(r, new Uint8Array(32)))).toBe(
					false,
				);
			}
		}
	});

	it('[KY3] refuses an R of small order under an honest key', async () => {
		const [seed, key] = RFC8032[0];
		const { scalar } = ed25519.utils.getExtendedPublicKey(hex(seed));
		const identity = le(1n);
		const { sha512 } = await import('@noble/hashes/sha2.js');
		const k = BigInt(
			`0x${toHex((sha512(concat(identity, hex(key), utf8('hi'))) as Bytes).reverse())}`,
		);
		const signature = concat(identity, le((k * scalar) % ORDER));
		expect(nacl.sign.detached.verify(utf8('hi'), signature, hex(key))).toBe(true);
		expect(await crypto.verify(hex(key), utf8('hi'), signature)).toBe(false);
	});

	it('[KY3] refuses a key with a part of small order', async () => {
		const key = hex('9158312a9a8d6e3b34c891d6d61444f8b8211c5117ebad15bdb0bd68b07e0245');
		const signature = hex(
			'2e3bf24def95efcc555ec27d205dc1fee1e0d906448e1af739bf12d40e1d82853679d6678076e1470b7a46144ed68023eeaac2b0f04b06c903703c51099aae00',
		);
		expect(nacl.sign.detached.verify(utf8('aegis'), signature, key)).toBe(true);
		expect(await crypto.verify(key, utf8('aegis'), signature)).toBe(false);
	});

	it('[KY3] refuses an R with a part of small order', async () => {
		const [, key] = RFC8032[0];
		const signature = hex(
			'6a84d583f06569edb3f5ed77df65544b27d6948b4f0b2cb76f33dd8413b20719213c5e55854fc4431e495dc6101adbb7972351e4f3ee41dab4cc5713cdcd4a04',
		);
		expect(ed25519.verify(signature, utf8('aegis'), hex(key), { zip215: false })).toBe(true);
		expect(await crypto.verify(hex(key), utf8('aegis'), signature)).toBe(false);
	});

	it('[KY3] refuses 32 bytes that are no point', async () => {
		const [, , message, signature] = RFC8032[0];
		expect(await crypto.verify(le(2n), hex(message), hex(signature))).toBe(false);
	});

	it('[KY4] gives no shared secret with a key of small order or of a wrong length', async () => {
		const alice = await crypto.agreementKey(ALICE.seed);
		const lowOrder = [
			le(0n),
			le(1n),
			le(325606250916557431795983626356110631294008115727848805560023387167927233504n),
			le(39382357235489614581723060781553021112529911719440698176882885853963445705823n),
			le(P - 1n),
			le(P),
			le(P + 1n),
		];
		for (const key of lowOrder) expect(await alice.agree(key)).toBeUndefined();
		expect(await alice.agree(new Uint8Array(31).fill(9))).toBeUndefined();
	});

	it('[KY5] takes seeds of 32 bytes only', async () => {
		await expect(crypto.signingKey(new Uint8Array(31))).rejects.toThrow();
		await expect(crypto.agreementKey(new Uint8Array(33))).rejects.toThrow();
	});
});

describe('choice of backend', () => {
	const { subtle } = globalThis.crypto;

	it('[KY6] uses the platform here', async () => {
		expect(await signsStrictly(subtle)).toBe(true);
		expect(await agreesRightly(subtle)).toBe(true);
	});

	it('[KY6] does not use a platform that accepts what the others refuse', async () => {
		const loose = new Proxy(subtle, {
			get: (target, name) => {
				if (name === 'verify') return async () => true;
				const member: unknown = Reflect.get(target, name);
				return typeof member === 'function' ? (member.bind(target) as unknown) : member;
			},
		});
		expect(await signsStrictly(loose)).toBe(false);
	});

	it('[KY6] does not use a platform that makes another public key of a seed', async () => {
		let isFirst = true;
		const wrong = new Proxy(subtle, {
			get: (target, name) => {
				const member: unknown = Reflect.get(target, name);
				if (typeof member !== 'function') return member;
				return (...args: unknown[]) => {
					if (name === 'deriveBits' && isFirst) {
						isFirst = false;
						return Promise.resolve(new Uint8Array(32).fill(5).buffer);
					}
					return (member as (...a: unknown[]) => unknown).apply(target, args);
				};
			},
		});
		expect(await agreesRightly(wrong)).toBe(false);
	});

	it('[KY6] does without a platform that lacks the algorithms', async () => {
		const bare = {
			importKey: () => Promise.reject(new Error('NotSupported')),
		} as unknown as SubtleCrypto;
		expect(await signsStrictly(bare)).toBe(false);
		expect(await agreesRightly(bare)).toBe(false);
		const crypto = createCryptoProvider(bare);
		const key = await crypto.signingKey(hex(RFC8032[0][0]));
		expect(toHex(await key.sign(new Uint8Array()))).toBe(RFC8032[0][3]);
	});

	it('[KY5] holds private keys of the platform so that they cannot be taken out', async () => {
		const imported: boolean[] = [];
		const watched = new Proxy(subtle, {
			get: (target, name) => {
				const member: unknown = Reflect.get(target, name);
				if (typeof member !== 'function') return member;
				return (...args: unknown[]) => {
					if (name === 'importKey' && args[0] !== 'raw') imported.push(args[3] as boolean);
					return (member as (...a: unknown[]) => unknown).apply(target, args);
				};
			},
		});
		const crypto = createCryptoProvider(watched);
		await crypto.signingKey(new Uint8Array(32).fill(7));
		await crypto.agreementKey(new Uint8Array(32).fill(7));
		expect(imported.length).toBeGreaterThanOrEqual(2);
		expect(imported.every((extractable) => !extractable)).toBe(true);
	});
});
