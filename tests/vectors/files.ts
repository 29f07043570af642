// The vectors as their files have them; only what is used is named.

export interface Group {
	readonly keySize: number;
	readonly ivSize: number;
	readonly tagSize: number;
}

interface Wycheproof<Test, Of = unknown> {
	readonly numberOfTests: number;
	readonly testGroups: readonly (Of & { readonly tests: readonly (Test & Verdict)[] })[];
}

interface Verdict {
	readonly tcId: number;
	readonly flags: readonly string[];
	readonly result: 'valid' | 'invalid' | 'acceptable';
}

/** Byte strings are in hexadecimal. */
type Hex = string;
type Fields<Names extends string> = Readonly<Record<Names, Hex>>;
type Named<Names extends string> = readonly Fields<'id' | Names>[];

export interface Files {
	readonly ed25519: Wycheproof<Fields<'msg' | 'sig'>, { readonly publicKey: Fields<'pk'> }>;
	readonly x25519: Wycheproof<Fields<'public' | 'private' | 'shared'>>;
	readonly hkdf: Wycheproof<Fields<'ikm' | 'salt' | 'info' | 'okm'> & { readonly size: number }>;
	readonly hmac: Wycheproof<Fields<'key' | 'msg' | 'tag'>>;
	readonly aesGcm: Wycheproof<Fields<'key' | 'iv' | 'aad' | 'msg' | 'ct' | 'tag'>, Group>;
	readonly speccheck: readonly Fields<'message' | 'pub_key' | 'signature'>[];
	readonly rfc8032: { readonly sign: Named<'seed' | 'publicKey' | 'message' | 'signature'> };
	readonly rfc7748: {
		readonly scalarMult: Named<'scalar' | 'u' | 'result'>;
		readonly iterated: readonly { readonly times: number; readonly result: Hex }[];
		readonly publicKeys: Named<'seed' | 'publicKey'>;
	};
	readonly rfc5869: { readonly hkdf: Named<'ikm' | 'salt' | 'info' | 'okm'> };
	readonly rfc4231: { readonly hmac: Named<'key' | 'message' | 'tag'> };
	readonly fips180: { readonly sha256: Named<'message' | 'digest'> };
	readonly secretbox: { readonly secretbox: Named<'key' | 'nonce' | 'plain' | 'box'> };
}

/** Where each is, below tests/vectors. */
export const PATHS: Readonly<Record<keyof Files, string>> = {
	ed25519: 'wycheproof/ed25519.json',
	x25519: 'wycheproof/x25519.json',
	hkdf: 'wycheproof/hkdf_sha256.json',
	hmac: 'wycheproof/hmac_sha256.json',
	aesGcm: 'wycheproof/aes_gcm.json',
	speccheck: 'speccheck/cases.json',
	rfc8032: 'rfc/rfc8032.json',
	rfc7748: 'rfc/rfc7748.json',
	rfc5869: 'rfc/rfc5869.json',
	rfc4231: 'rfc/rfc4231.json',
	fips180: 'rfc/fips180.json',
	secretbox: 'rfc/nacl-secretbox.json',
};
