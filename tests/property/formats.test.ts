// Every wire format between members, against its own encoder and against arbitrary input.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { pad, unpad, isBucket, MAX_CONTENT, SEAL_OVERHEAD } from '#lib/protocol/block.ts';
import { decode, encode, tuple, uint } from '#lib/protocol/cbor.ts';
import { decodeContent, encodeContent, type Content } from '#lib/protocol/content.ts';
import {
	decodeHeader,
	decodePacket,
	encodeHeader,
	encodePacket,
	KIND,
	type Header,
	type Packet,
} from '#lib/protocol/entry.ts';
import type { Member } from '#lib/protocol/identity.ts';
import { decodeInvitation, encodeInvitation, type Invitation } from '#lib/protocol/invitation.ts';
import { MAX_NAME, MAX_PACKET, MAX_TEXT } from '#lib/protocol/limits.ts';
import { decodeLinkFrame, encodeLinkFrame, type LinkFrame } from '#lib/protocol/link-frame.ts';
import {
	decodeGrant,
	decodeJoinReply,
	decodeJoinRequest,
	encodeGrant,
	encodeJoinReply,
	encodeJoinRequest,
	type Grant,
	type JoinReply,
	type JoinRequest,
} from '#lib/protocol/lobby.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import { decodeEnvelope, encodeEnvelope, type Envelope } from '#lib/protocol/space-message.ts';
import { utf8 } from '#lib/util/bytes.ts';
import { ok } from '#lib/util/result.ts';

const { sha256 } = createSyncCryptoProvider();
const hash = (data: Uint8Array) => sha256(data);

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const blob = (limit: number) => fc.uint8Array({ maxLength: limit });
const id = bytes(32);
const ids = fc.array(id, { maxLength: 4 });
const number = fc.maxSafeNat();
const ms = fc.nat(2 ** 31);
const name = fc
	.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
	.filter((text) => text.trim() !== '' && utf8(text).length <= MAX_NAME && text.isWellFormed());
const words = fc
	.string({ unit: 'grapheme', maxLength: 60 })
	.filter((text) => text.isWellFormed() && utf8(text).length <= MAX_TEXT);
const relay: fc.Arbitrary<RelayAddress> = fc.record({
	key: id,
	urls: fc.array(fc.constantFrom('wss://relay.test/relay', 'ws://127.0.0.1:8080/relay'), {
		maxLength: 4,
	}),
});
const relays = fc.array(relay, { maxLength: 5 });

const member: fc.Arbitrary<Member> = fc.record({
	certificate: fc.record({
		rootKey: id,
		deviceKey: id,
		deviceName: name,
		time: ms,
		signature: bytes(64),
	}),
	prekey: fc.record({ deviceKey: id, publicKey: id, time: ms, signature: bytes(64) }),
	name,
});

const header: fc.Arbitrary<Header> = fc
	.record({
		kind: fc.constantFrom(...Object.values(KIND)),
		space: id,
		author: id,
		device: id,
		seq: fc.nat(5),
		prev: id,
		time: fc.record({ ms, counter: fc.nat(65_535) }),
		authorityHeads: fc.array(id, { maxLength: 16 }),
		feedHeads: fc.array(id, { maxLength: 8 }),
		key: fc.oneof(
			fc.record({ mode: fc.constant('control' as const), epoch: bytes(16), salt: bytes(16) }),
			fc.record({ mode: fc.constant('direct' as const), epoch: bytes(16) }),
		),
		commitment: id,
		bodyHash: id,
		bodyLength: fc.nat(MAX_PACKET),
		attachmentRoot: fc.option(id),
		attachmentLength: fc.nat(2 ** 31 - 1),
		expiry: ms,
	})
	.map((made) => ({
		...made,
		space: made.kind === KIND.genesis ? new Uint8Array(0) : made.space,
		prev: made.seq === 0 ? new Uint8Array(0) : made.prev,
	}));

const wrap = fc.record({ prekeyId: bytes(8), box: blob(64) });
const packet: fc.Arbitrary<Packet> = fc.record({
	header: header.map(encodeHeader),
	signature: bytes(64),
	wraps: fc.option(fc.record({ ephemeral: id, boxes: fc.array(wrap, { maxLength: 4 }) })),
	body: fc.option(blob(300)),
});
const packets = fc.array(packet, { maxLength: 3 });
const feedHeads = fc.array(fc.record({ feed: id, seq: number, id }), { maxLength: 4 });

const envelope: fc.Arbitrary<Envelope> = fc.record({
	from: id,
	to: fc.option(id),
	message: fc.oneof(
		fc.record({ type: fc.constant('entries' as const), packets }),
		fc.record({
			type: fc.constant('state' as const),
			state: fc.record({
				space: id,
				device: id,
				full: fc.boolean(),
				wantsReply: fc.boolean(),
				controlHeads: ids,
				feeds: feedHeads,
				time: ms,
				signature: bytes(64),
			}),
		}),
		fc.record({
			type: fc.constant('pull' as const),
			control: ids,
			have: ids,
			ranges: fc.array(
				fc
					.tuple(id, fc.nat(1000), fc.integer({ min: 1, max: 99 }))
					.map(([feed, from, length]) => ({ feed, from, to: from + length })),
				{ maxLength: 4 },
			),
		}),
		fc.record({
			type: fc.constant('signal' as const),
			signal: fc.record({
				space: id,
				from: id,
				to: id,
				attempt: bytes(16),
				step: fc.constantFrom(0 as const, 1 as const, 2 as const),
				payload: blob(200),
				time: ms,
				signature: bytes(64),
			}),
		}),
	),
});

const content: fc.Arbitrary<Content> = fc.oneof(
	fc.record({
		kind: fc.constant(KIND.genesis),
		spaceKind: fc.constantFrom(1 as const, 2 as const, 3 as const),
		name,
		history: fc.constantFrom(0 as const, 1 as const),
		spaceKey: id,
		founder: member,
	}),
	fc.record({
		kind: fc.constant(KIND.epoch),
		reason: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
		earlierControlKeys: ids,
		recipients: fc.array(fc.record({ device: id, tokenHash: id }), { maxLength: 4 }),
		mailbox: id,
		writeKey: id,
		ownerKey: id,
		relays,
		ttl: fc.nat(1000),
	}),
	fc.record({
		kind: fc.constant(KIND.admit),
		invite: id,
		proof: bytes(64),
		member,
		tokenHash: id,
		epoch: bytes(16),
		step: fc.nat(1000),
	}),
	fc.record({ kind: fc.constant(KIND.leave) }),
	fc.record({ kind: fc.constant(KIND.channel), name }),
	fc.record({
		kind: fc.constant(KIND.invite),
		inviteKey: id,
		uses: fc.nat(100),
		expiry: ms,
		role: fc.nat(255),
		lobbySecret: id,
		relays,
	}),
	fc.record({ kind: fc.constant(KIND.message), channel: id, text: words, replyTo: fc.option(id) }),
);

const grant: fc.Arbitrary<Grant> = fc.record({
	groupKey: id,
	step: fc.nat(1000),
	controlKey: id,
	envelopeKey: id,
	writeSeed: id,
	token: id,
	ownerSeed: fc.option(id),
});
const request: fc.Arbitrary<JoinRequest> = fc.record({
	space: id,
	inviteKey: id,
	proof: bytes(64),
	member,
	replyMailbox: id,
	replyWriteSeed: id,
});
const reply: fc.Arbitrary<JoinReply> = fc.oneof(
	fc.record({
		type: fc.constant('welcome' as const),
		space: id,
		grant,
		controlKeys: ids,
		bases: feedHeads,
	}),
	fc.record({ type: fc.constant('entries' as const), packets }),
	fc.record({
		type: fc.constant('refused' as const),
		reason: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
	}),
);
const linkFrame: fc.Arbitrary<LinkFrame> = fc.oneof(
	fc.record({ type: fc.constant('hello' as const), tag: id, device: id, signature: bytes(64) }),
	fc.record({ type: fc.constant('space' as const), tag: id, envelope: blob(200) }),
	fc.record({ type: fc.constant('ping' as const), number }),
	fc.record({ type: fc.constant('pong' as const), number }),
);
const invitation: fc.Arbitrary<Invitation> = fc.record({
	space: id,
	spaceName: name,
	inviterName: name,
	inviter: id,
	seed: id,
	lobbyKey: id,
	expiry: ms,
	relays,
});

describe('what is encoded', () => {
	it('[EN4] [HD1] comes back as it was: headers and packets', () => {
		fc.assert(
			fc.property(header, packet, (h, p) => {
				expect(decodeHeader(encodeHeader(h))).toEqual(ok(h));
				expect(decodePacket(encodePacket(p))).toEqual(ok(p));
			}),
		);
	});

	it('[CT1] comes back as it was: the content of every kind of entry', () => {
		fc.assert(
			fc.property(content, (made) => {
				expect(decodeContent(made.kind, encodeContent(made))).toEqual(ok(made));
			}),
		);
	});

	it('[SM1] [LK1] comes back as it was: envelopes and frames of links', () => {
		fc.assert(
			fc.property(envelope, linkFrame, (e, f) => {
				expect(decodeEnvelope(encodeEnvelope(e))).toEqual(ok(e));
				expect(decodeLinkFrame(encodeLinkFrame(f))).toEqual(ok(f));
			}),
		);
	});

	it('[IN3] [IN4] comes back as it was: requests, grants and replies of joining', () => {
		fc.assert(
			fc.property(request, grant, reply, (asked, given, answered) => {
				expect(decodeJoinRequest(encodeJoinRequest(asked))).toEqual(ok(asked));
				expect(decodeGrant(encodeGrant(given))).toEqual(ok(given));
				expect(decodeJoinReply(encodeJoinReply(answered))).toEqual(ok(answered));
			}),
		);
	});
});

describe('what arrives', () => {
	it('[EN1] [SM2] is a value or a typed error, whatever the bytes', () => {
		const decoders: ((input: Uint8Array) => unknown)[] = [
			decodeHeader,
			decodePacket,
			decodeEnvelope,
			decodeLinkFrame,
			decodeJoinRequest,
			decodeJoinReply,
			decodeGrant,
			...Object.values(KIND).map((kind) => (input: Uint8Array) => decodeContent(kind, input)),
		];
		const mangled = fc
			.tuple(
				fc.oneof(
					packet.map(encodePacket),
					envelope.map(encodeEnvelope),
					content.map(encodeContent),
				),
				fc.nat(),
				fc.integer({ min: 1, max: 255 }),
			)
			.map(([encoded, at, flip]) => {
				const damaged = new Uint8Array(encoded);
				const index = at % damaged.length;
				damaged[index] = (damaged[index] ?? 0) ^ flip;
				return damaged;
			});
		fc.assert(
			fc.property(fc.oneof(blob(400), mangled), (input) => {
				for (const decoder of decoders) expect(decoder(input)).toHaveProperty('ok');
			}),
			{ numRuns: 1000 },
		);
	});

	it('[EN1] is refused when nested deeper than any format is', () => {
		const deep = new Uint8Array(15_000).fill(0x81);
		expect(decodePacket(deep).ok).toBe(false);
		expect(decodeEnvelope(deep).ok).toBe(false);
	});

	it('[EN2] has one encoding: other spellings of the same values are refused', () => {
		const shape = tuple(uint(), uint());
		expect(decode(shape, encode([1, 2]), 16)).toEqual(ok([1, 2]));
		const longer = Uint8Array.of(0x82, 0x18, 0x01, 0x02); // 1 in two bytes
		const indefinite = Uint8Array.of(0x9f, 0x01, 0x02, 0xff);
		const trailing = Uint8Array.of(0x82, 0x01, 0x02, 0x00);
		const float = Uint8Array.of(0x82, 0xf9, 0x3c, 0x00, 0x02); // 1.0
		for (const other of [longer, indefinite, trailing, float]) {
			expect(decode(shape, other, 16)).toMatchObject({ ok: false });
		}
	});

	it('[EN3] is not even looked at when it is longer than the format allows', () => {
		const long = encode([1, 2]);
		expect(decode(tuple(uint(), uint()), long, long.length - 1)).toMatchObject({
			ok: false,
			error: { type: 'too-large' },
		});
		expect(decodePacket(new Uint8Array(MAX_PACKET + 1))).toMatchObject({
			error: { type: 'too-large' },
		});
	});

	it('[HD2] pairs GENESIS with no space, and the first of a feed with no entry before', () => {
		fc.assert(
			fc.property(header, id, (made, other) => {
				const wrongSpace = made.kind === KIND.genesis ? other : new Uint8Array(0);
				expect(decodeHeader(encodeHeader({ ...made, space: wrongSpace })).ok).toBe(false);
				const wrongPrev = made.seq === 0 ? other : new Uint8Array(0);
				expect(decodeHeader(encodeHeader({ ...made, prev: wrongPrev })).ok).toBe(false);
			}),
		);
	});
});

describe('an invitation', () => {
	it('[IN1] reads back from its link, with the white space that chat programs add', () => {
		fc.assert(
			fc.property(invitation, fc.nat(200), (made, at) => {
				const link = `https://aegis.test/#/join/${encodeInvitation(made, hash)}`;
				expect(decodeInvitation(link, hash)).toEqual(ok(made));
				const broken = `  ${link.slice(0, 30 + at)}\n ${link.slice(30 + at)} `;
				expect(decodeInvitation(broken, hash)).toEqual(ok(made));
			}),
		);
	});

	it('[IN2] says so when a character is wrong, missing or too much', () => {
		fc.assert(
			fc.property(invitation, fc.nat(), fc.constantFrom('a', 'Z', '7', '_'), (made, at, other) => {
				const text = encodeInvitation(made, hash);
				const index = at % text.length;
				const changed = text.slice(0, index) + other + text.slice(index + 1);
				const variants = [text.slice(0, -1), text + other, changed].filter((each) => each !== text);
				for (const variant of variants) {
					expect(decodeInvitation(`#/join/${variant}`, hash)).toMatchObject({
						ok: false,
						error: { type: 'mistyped' },
					});
				}
			}),
		);
		expect(decodeInvitation('https://example.org/', hash)).toMatchObject({
			error: { type: 'not-a-link' },
		});
	});
});

describe('a block', () => {
	it('[BL1] [BL2] is one of five sizes with its sealing, and gives back its content alone', () => {
		fc.assert(
			fc.property(blob(MAX_CONTENT), (made) => {
				const padded = pad(made);
				if (padded === undefined) throw new Error('it fits');
				expect(isBucket(padded.length + SEAL_OVERHEAD)).toBe(true);
				expect(unpad(padded)).toEqual(made);
				if (padded.length > made.length + 4) {
					padded[padded.length - 1] = 1;
					expect(unpad(padded)).toBeUndefined();
				}
			}),
		);
		expect(pad(new Uint8Array(MAX_CONTENT + 1))).toBeUndefined();
		expect(unpad(Uint8Array.of(255, 255, 255, 255, 0))).toBeUndefined();
		expect(unpad(new Uint8Array(3))).toBeUndefined();
	});
});
