// Every format that people's devices exchange or keep: what goes in comes out, and whatever bytes come, an answer.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { createKeyRing, decodeEpochKeys, encodeEpochKeys } from '#lib/messenger/space/key-ring.ts';
import { MAX_CONTENT, pad, SEAL_OVERHEAD, unpad } from '#lib/protocol/block.ts';
import { blob, decode, encode, text, uint, type DecodeError } from '#lib/protocol/cbor.ts';
import { decodeContent, encodeContent } from '#lib/protocol/content.ts';
import {
	decodeHeader,
	decodePacket,
	encodeHeader,
	encodePacket,
	KIND,
} from '#lib/protocol/entry.ts';
import { memberShape, memberToTuple } from '#lib/protocol/identity.ts';
import { decodeInvitation, encodeInvitation } from '#lib/protocol/invitation.ts';
import { BUCKETS } from '#lib/protocol/limits.ts';
import { decodeLinkFrame, encodeLinkFrame } from '#lib/protocol/link-frame.ts';
import {
	decodeEpochBox,
	decodeJoinGrant,
	decodeJoinReply,
	decodeJoinRequest,
	encodeEpochBox,
	encodeJoinGrant,
	encodeJoinReply,
	encodeJoinRequest,
} from '#lib/protocol/lobby.ts';
import { relayAddressShape, relayAddressToTuple } from '#lib/protocol/relay-address.ts';
import { decodeEnvelope, encodeEnvelope, MAX_FRAME } from '#lib/protocol/space-message.ts';
import { equal, toBase64Url, type Bytes } from '#lib/util/bytes.ts';
import { ok, type Result } from '#lib/util/result.ts';
import * as any from '../support/arbitraries.ts';
import * as messages from '../support/message-arbitraries.ts';

const crypto = createSyncCryptoProvider();
const sha256 = (bytes: Uint8Array): Uint8Array => crypto.sha256(bytes);

type Decoded = Result<unknown, DecodeError>;
interface Format {
	readonly rule: string;
	readonly name: string;
	readonly encoded: fc.Arbitrary<{ value: unknown; bytes: Bytes }>;
	readonly encode: (value: unknown) => Bytes;
	readonly decode: (bytes: Uint8Array) => Decoded;
	/** Hashed or signed: one value, one encoding. */
	readonly strict: boolean;
}

function format<T>(
	rule: string,
	name: string,
	value: fc.Arbitrary<T>,
	encodeValue: (value: T) => Bytes,
	decodeValue: (bytes: Uint8Array) => Decoded,
	strict = true,
): Format {
	const encoded = value.map((drawn) => ({ value: drawn, bytes: encodeValue(drawn) }));
	return {
		rule,
		name,
		encoded,
		encode: (decoded) => encodeValue(decoded as T),
		decode: decodeValue,
		strict,
	};
}

const shaped =
	<T>(shape: Parameters<typeof decode<T>>[0], limit = 65_536) =>
	(bytes: Uint8Array): Decoded =>
		decode(shape, bytes, limit);

const formats: readonly Format[] = [
	format('HD1', 'header', any.header, encodeHeader, decodeHeader),
	format('EN4', 'packet', any.packet, encodePacket, decodePacket),
	...Object.entries(KIND).map(([name, kind]) =>
		format(
			'CT1',
			`content of ${name}`,
			any.content.filter((content) => content.kind === kind),
			encodeContent,
			(bytes) => decodeContent(kind, bytes),
		),
	),
	format('ID3', 'member', any.member, (m) => encode(memberToTuple(m)), shaped(memberShape)),
	format(
		'RL1',
		'relay address',
		any.relay,
		(r) => encode(relayAddressToTuple(r)),
		shaped(relayAddressShape),
	),
	format('IN3', 'join request', any.joinRequest, encodeJoinRequest, decodeJoinRequest),
	format('IN4', 'join grant', any.joinGrant, encodeJoinGrant, decodeJoinGrant),
	format('EP4', 'epoch box', any.epochBox, encodeEpochBox, decodeEpochBox),
	format('IN4', 'join reply', any.joinReply, encodeJoinReply, decodeJoinReply),
	format('SM1', 'envelope', messages.envelope, encodeEnvelope, decodeEnvelope, false),
	format('LK1', 'link frame', messages.linkFrame, encodeLinkFrame, decodeLinkFrame, false),
];

/** A byte changed, some cut off, some appended. */
const damaged = (bytes: fc.Arbitrary<Bytes>): fc.Arbitrary<Bytes> =>
	fc.tuple(bytes, fc.nat(), fc.nat(255), fc.nat(3), fc.nat(3)).map(([whole, at, to, cut, more]) => {
		const changed = new Uint8Array(Math.max(0, whole.length - cut) + (cut > 0 ? 0 : more));
		changed.set(whole.subarray(0, changed.length));
		if (changed.length > 0) changed[at % Math.min(changed.length, 60)] = to;
		return changed;
	});

/** Nests as deep as the bytes go: some readers overflow their stack there. */
const deep = fc
	.tuple(fc.constantFrom(0x81, 0xa1, 0xd8, 0x9f), fc.integer({ min: 1, max: 15_000 }))
	.map(([byte, length]) => new Uint8Array(length).fill(byte));

describe.each(formats)(
	'[$rule] a $name',
	({ encoded, encode: write, decode: read, strict, rule }) => {
		it(`[${rule}] comes back as it went`, () => {
			fc.assert(
				fc.property(encoded, ({ value, bytes }) => {
					expect(read(bytes)).toEqual(ok(value));
				}),
				{ numRuns: 50 },
			);
		});

		it(`[EN1] [${rule}] gives a value or a typed error for any bytes`, () => {
			const anything = fc.oneof(
				fc.uint8Array({ maxLength: 400 }),
				damaged(encoded.map(({ bytes }) => bytes)),
				fc
					.constantFrom(...formats.keys())
					.chain((n) => formats[n]?.encoded.map((e) => e.bytes) ?? fc.constant(new Uint8Array())),
				deep,
			);
			fc.assert(
				fc.property(anything, (bytes) => {
					const before = bytes.slice();
					const decoded = read(bytes);
					expect(bytes).toEqual(before);
					if (!decoded.ok) expect(decoded.error.type).toMatch(/^(too-large|malformed|shape)$/);
				}),
				{ numRuns: 150 },
			);
		});

		if (strict) {
			it(`[EN2] [${rule}] has one encoding only`, () => {
				fc.assert(
					fc.property(encoded, ({ bytes }) => {
						for (const spelling of respell(bytes)) expect(read(spelling).ok).toBe(false);
					}),
					{ numRuns: 50 },
				);
				fc.assert(
					fc.property(damaged(encoded.map(({ bytes }) => bytes)), (bytes) => {
						const decoded = read(bytes);
						if (decoded.ok) expect(write(decoded.value)).toEqual(bytes);
					}),
					{ numRuns: 100 },
				);
			});
		}
	},
);

/** The same item otherwise: its length in a longer form than needed, or open-ended. */
function respell(bytes: Uint8Array): Bytes[] {
	const [head = 0] = bytes;
	const major = head & 0xe0;
	const short = head & 0x1f;
	if (major !== 0x80 || short > 23) return [];
	const rest = bytes.subarray(1);
	return [
		new Uint8Array([major | 24, short, ...rest]),
		new Uint8Array([major | 25, 0, short, ...rest]),
		new Uint8Array([0x9f, ...rest, 0xff]),
	];
}

describe('deterministic CBOR', () => {
	const number = uint();
	const read = (...bytes: number[]) => decode(number, new Uint8Array(bytes), 100);

	it('[EN2] numbers, text, bytes, flags and lists have one encoding each', () => {
		expect([...encode([0, 23, 24, 255, 256])]).toEqual([
			0x85, 0x00, 0x17, 0x18, 0x18, 0x18, 0xff, 0x19, 0x01, 0x00,
		]);
		expect(read(0x18, 0x18)).toEqual(ok(24));
	});

	it.each([
		['a number in more bytes than it needs', [0x18, 0x17]],
		['a number in eight bytes', [0x1b, 0, 0, 0, 0, 0, 0, 0, 1]],
		['a whole number as a float', [0xfb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0]],
		['a half float', [0xf9, 0x3c, 0x00]],
		['minus zero', [0xfb, 0x80, 0, 0, 0, 0, 0, 0, 0]],
		['not a number', [0xfb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]],
		['a tag', [0xc1, 0x01]],
		['a big number', [0xc2, 0x41, 0x01]],
		['undefined', [0xf7]],
		['something after the end', [0x01, 0x01]],
		['nothing', []],
	])('[EN2] %s is refused', (_what, bytes) => {
		expect(read(...bytes).ok).toBe(false);
	});

	it('[EN2] text that is no UTF-8 is refused', () => {
		const shape = text(9);
		expect(decode(shape, new Uint8Array([0x61, 0x61]), 9)).toEqual(ok('a'));
		for (const bytes of [
			[0x61, 0xff],
			[0x62, 0xc0, 0x80],
			[0x63, 0xed, 0xa0, 0x80],
		]) {
			expect(decode(shape, new Uint8Array(bytes), 9).ok).toBe(false);
		}
	});

	it('[EN1] numbers stay within what is exact', () => {
		const most = Number.MAX_SAFE_INTEGER;
		expect(decode(number, encode(most), 9)).toEqual(ok(most));
		expect(read(0x1b, 0, 0x20, 0, 0, 0, 0, 0, 0).ok).toBe(false);
		expect(read(0x1b, 255, 255, 255, 255, 255, 255, 255, 255).ok).toBe(false);
		expect(read(0x20).ok).toBe(false);
	});

	it('[EN3] looks at no more than the limit', () => {
		const bytes = encode(new Uint8Array(100));
		const limited = (limit: number) => decode(blob(100), bytes, limit);
		expect(limited(bytes.length).ok).toBe(true);
		expect(limited(bytes.length - 1)).toMatchObject({ error: { type: 'too-large' } });
	});
});

describe('a padded block', () => {
	const content = fc.oneof(
		fc.uint8Array({ maxLength: 3000 }),
		fc.integer({ min: 0, max: MAX_CONTENT }).map((length) => new Uint8Array(length).fill(7)),
	);

	it('[BL1] [BL2] gives its content back and is of a bucket’s size when sealed', () => {
		fc.assert(
			fc.property(content, fc.nat(48), (bytes, less) => {
				const overhead = SEAL_OVERHEAD - Math.min(less, SEAL_OVERHEAD);
				const padded = pad(bytes, overhead);
				if (padded === undefined) throw new Error('too long');
				expect(BUCKETS).toContain(padded.length + overhead);
				expect(padded.length - 4 - bytes.length).toBeLessThan(8192 + overhead);
				expect(unpad(padded)).toEqual(new Uint8Array(bytes));
			}),
		);
		expect(pad(new Uint8Array(MAX_CONTENT))).toBeDefined();
		expect(pad(new Uint8Array(MAX_CONTENT + 1))).toBeUndefined();
	});

	it('[BL2] is refused with another length, or with anything in the padding', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 900 }), fc.nat(), (bytes, at) => {
				const padded = pad(bytes) ?? new Uint8Array();
				const dirty = padded.slice();
				const place = 4 + bytes.length + (at % (padded.length - 4 - bytes.length));
				dirty[place] = 1;
				expect(unpad(dirty)).toBeUndefined();
			}),
		);
		expect(unpad(new Uint8Array(3))).toBeUndefined();
		expect(unpad(new Uint8Array([0, 0, 0, 1]))).toBeUndefined();
		expect(unpad(new Uint8Array([255, 255, 255, 255, 0]))).toBeUndefined();
		expect(unpad(new Uint8Array([0, 0, 0, 0]))).toEqual(new Uint8Array());
		fc.assert(fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => void unpad(bytes)));
	});
});

describe('an invitation', () => {
	it('[IN1] [IN2] comes back from its link, also as chat programs leave it', () => {
		fc.assert(
			fc.property(any.invitation, fc.nat(), (invitation, at) => {
				const fragment = encodeInvitation(invitation, sha256);
				const link = `https://aegis.example/#/join/${fragment}`;
				const broken = `  ${link.slice(0, at % link.length)}\r\n ${link.slice(at % link.length)}\t`;
				for (const input of [fragment, link, `#/join/${fragment}`, broken]) {
					expect(decodeInvitation(input, sha256)).toEqual(ok(invitation));
				}
			}),
			{ numRuns: 50 },
		);
	});

	it('[IN2] says that it was mistyped, whichever characters are wrong or missing', () => {
		const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
		fc.assert(
			fc.property(
				any.invitation,
				fc.nat(),
				fc.nat(62),
				fc.boolean(),
				(invitation, at, to, drop) => {
					const fragment = encodeInvitation(invitation, sha256);
					const place = at % fragment.length;
					const was = letters.indexOf(fragment[place] ?? 'A');
					const other = drop ? '' : (letters[(was + 1 + to) % letters.length] ?? '');
					const typed = fragment.slice(0, place) + other + fragment.slice(place + 1);
					const decoded = decodeInvitation(`https://aegis.example/#/join/${typed}`, sha256);
					expect(decoded).toEqual({ ok: false, error: { type: 'mistyped' } });
				},
			),
		);
	});

	it('[IN2] tells other texts and newer links apart, and never throws', () => {
		const typeOf = (input: string): string => {
			const decoded = decodeInvitation(input, sha256);
			return decoded.ok ? 'ok' : decoded.error.type;
		};
		expect(typeOf('Hello Bob')).toBe('mistyped');
		expect(typeOf('https://aegis.example/#/relay/abc')).toBe('not-a-link');
		expect(typeOf('x'.repeat(20_000))).toBe('not-a-link');
		const newer = encode([2, 'something']);
		const check = crypto.sha256(newer).subarray(0, 4);
		expect(typeOf(toBase64Url(new Uint8Array([...newer, ...check])))).toBe('unsupported');
		fc.assert(
			fc.property(fc.oneof(fc.string(), fc.webUrl({ withFragments: true })), (input) => {
				expect(typeOf(input)).toMatch(/^(not-a-link|mistyped|unsupported)$/);
				typeOf(`#/join/${input}`);
			}),
		);
	});
});

describe('a key ring', () => {
	it('[EP5] [FD9] comes back as it was stored, and never throws', () => {
		fc.assert(
			fc.property(
				fc.array(any.grant, { maxLength: 4 }),
				fc.array(any.controlKey),
				(grants, keys) => {
					const ring = createKeyRing(crypto);
					for (const grant of grants) ring.addGrant(grant);
					for (const key of keys) ring.addControlKey(key);
					const rows = ring.changed().map(([at, each]) => [at, encodeEpochKeys(each)] as const);
					const read = rows.flatMap(([at, row]) => {
						const each = decodeEpochKeys(row);
						return each === undefined ? [] : [[at, each] as const];
					});
					expect(createKeyRing(crypto, read).all()).toEqual(ring.all());
				},
			),
			{ numRuns: 50 },
		);
		fc.assert(fc.property(fc.uint8Array(), (bytes) => void decodeEpochKeys(bytes)));
	});

	it('[BL3] on a link is the least that an envelope fits, and nothing else is taken', () => {
		const tag = new Uint8Array(32);
		const length = fc.oneof(fc.nat(3000), fc.nat(MAX_FRAME - 4));
		fc.assert(
			fc.property(length, fc.constantFrom(1, 2, 7), (size, more) => {
				const envelope = new Uint8Array(size).fill(7);
				const frame = encodeLinkFrame({ type: 'space', tag, envelope });
				const least =
					BUCKETS.find((bucket) => bucket >= size + 4) ?? Math.ceil((size + 4) / 16384) * 16384;
				expect(frame.length - least).toBe(least > 65_535 ? 41 : 39);
				const decoded = decodeLinkFrame(frame);
				const isSame =
					decoded.ok && decoded.value.type === 'space' && equal(decoded.value.envelope, envelope);
				expect(isSame).toBe(true);
				const padded = frame.subarray(-least);
				const longer = new Uint8Array(Math.min(MAX_FRAME, least + more * 1024));
				longer.set(padded);
				const others = [padded.subarray(0, -1), padded.subarray(0, least / 2), envelope];
				if (longer.length > least) others.push(longer);
				for (const other of others) {
					expect(decodeLinkFrame(encode([1, tag, other])).ok).toBe(false);
				}
			}),
			{ numRuns: 60 },
		);
	});
});
