// Frames of mailboxes and what names a relay, against arbitrary input.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUCKETS, MAX_TTL_SECONDS } from '#lib/protocol/limits.ts';
import {
	decodeClientFrame,
	decodeRelayFrame,
	encodeClientFrame,
	encodeRelayFrame,
	ERROR_CODE,
	MAX_CHUNK,
	MAX_CHUNKS,
	MAX_FRAME,
	MAX_REPLY,
	type ClientFrame,
	type RelayFrame,
} from '#lib/protocol/mailbox.ts';
import { isRelayUrl } from '#lib/protocol/relay-address.ts';
import { relayCandidates } from '#lib/protocol/relay-candidates.ts';
import { decodeRelayLink, encodeRelayLink } from '#lib/protocol/relay-link.ts';
import { encode } from '#lib/protocol/cbor.ts';
import { ok } from '#lib/util/result.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const id = bytes(32);
const ids = fc.array(id, { maxLength: 4 });
const request = fc.nat(2 ** 31 - 1);
const number = fc.maxSafeNat();
const signature = bytes(64);
const ttl = fc.integer({ min: 0, max: MAX_TTL_SECONDS });
const block = fc
	.tuple(fc.constantFrom(...BUCKETS), fc.nat(255))
	.map(([size, fill]) => new Uint8Array(size).fill(fill));
const token = fc.nat(2 ** 31 - 1);
const index = fc.nat(MAX_CHUNKS - 1);
const content = fc
	.tuple(fc.nat(MAX_CHUNK), fc.nat(255))
	.map(([size, fill]) => new Uint8Array(size).fill(fill));
const type = <T extends string>(name: T) => fc.constant(name);

const clientFrame: fc.Arbitrary<ClientFrame> = fc.oneof(
	fc.record({
		type: type('open'),
		request,
		writeKey: id,
		ownerKey: id,
	}),
	fc.record({ type: type('add'), request, mailbox: id, tokenHashes: ids }),
	fc.record({ type: type('prove'), request, mailbox: id, signature }),
	fc.record({
		type: type('put'),
		request,
		mailbox: id,
		packet: id,
		ttl,
		deleteHash: id,
		to: fc.option(ids),
		block,
		chunks: fc.nat(MAX_CHUNKS),
	}),
	fc.record({ type: type('subscribe'), request, token, cursor: number }),
	fc.record({ type: type('fetch'), request, token, packets: ids }),
	fc.record({ type: type('ack'), request, token, cursor: number, packets: ids }),
	fc.record({
		type: type('delete'),
		request,
		mailbox: id,
		packet: id,
		preimage: fc.option(id),
		signature: fc.option(signature),
	}),
	fc.record({ type: type('close'), request, mailbox: id, signature }),
	fc.record({ type: type('stat'), request, mailbox: id }),
	fc.record({ type: type('ping'), request }),
	fc.record({ type: type('token'), request, mailbox: id, token, tokenKey: id, signature }),
	fc.record({ type: type('remove'), request, mailbox: id, tokenHash: id, signature }),
	fc.record({ type: type('chunk'), request, mailbox: id, packet: id, index, bytes: content }),
	fc.record({ type: type('commit'), request, mailbox: id, packet: id }),
	fc.record({ type: type('chunks'), request, mailbox: id, packet: id }),
	fc.record({ type: type('fetch-chunk'), request, token, packet: id, index }),
	fc.record({ type: type('ack-contents'), request, token, packets: ids }),
	fc.record({
		type: type('greet'),
		version: fc.nat(255),
		challenge: id,
	}),
	fc.record({ type: type('enter'), request, invitation: id, signature }),
);

const receipt = fc.record({ expiry: number, root: id, path: ids, signature });
const relayFrame: fc.Arbitrary<RelayFrame> = fc.oneof(
	fc.record({
		type: type('hello'),
		version: fc.nat(255),
		relayKey: id,
		challenge: id,
		time: number,
		stunPort: fc.nat(65_535),
		invitedOnly: fc.boolean(),
		draining: fc.boolean(),
		signature,
	}),
	fc.record({ type: type('done'), request }),
	fc.record({
		type: type('error'),
		request,
		code: fc.constantFrom(...Object.values(ERROR_CODE)),
		retryAfter: fc.nat(86_400),
		words: fc.string({ maxLength: 60 }),
	}),
	fc.record({ type: type('stored'), request, packet: id, receipt }),
	fc.record({ type: type('pushed'), request, connected: ids }),
	fc.record({
		type: type('waiting'),
		request,
		cursor: number,
		packets: fc.array(fc.record({ number, packet: id, size: fc.nat(16_384), expiry: number }), {
			maxLength: 4,
		}),
		more: fc.boolean(),
		connected: ids,
	}),
	fc.record({ type: type('packet'), mailbox: id, number, packet: id, block }),
	fc.record({ type: type('draining'), within: fc.nat(1_000_000) }),
	fc.record({ type: type('deleted'), mailbox: id, packet: id, receipt }),
	fc.record({ type: type('presence'), mailbox: id, tokenHash: id, connected: fc.boolean() }),
	fc.record({ type: type('status'), request, packets: number, bytes: number, open: fc.boolean() }),
	fc.record({ type: type('pong'), request }),
	fc.record({
		type: type('there'),
		request,
		chunks: fc.nat(MAX_CHUNKS),
		committed: fc.boolean(),
		bits: fc.uint8Array({ maxLength: MAX_CHUNKS / 8 }),
	}),
	fc.record({ type: type('chunk'), request, bytes: content }),
	fc.record({ type: type('closed'), mailbox: id }),
);

/** Bytes that are nearly a frame, which arbitrary bytes hardly ever are. */
const nearly = (frame: fc.Arbitrary<Uint8Array>) =>
	fc.tuple(frame, fc.nat(), fc.nat(255), fc.nat(3)).map(([whole, at, value, cut]) => {
		const changed = whole.slice(0, whole.length - cut);
		if (changed.length > 0) changed[at % Math.min(changed.length, 120)] = value;
		return changed;
	});

describe('frames', () => {
	it('[MB1] of clients come back as they went, within the bound', () => {
		fc.assert(
			fc.property(clientFrame, (frame) => {
				const encoded = encodeClientFrame(frame);
				expect(encoded.length).toBeLessThanOrEqual(MAX_FRAME);
				expect(decodeClientFrame(encoded)).toEqual(ok(frame));
			}),
		);
	});

	it('[MB1] of relays come back as they went, within the bound', () => {
		fc.assert(
			fc.property(relayFrame, (frame) => {
				const encoded = encodeRelayFrame(frame);
				expect(encoded.length).toBeLessThanOrEqual(MAX_REPLY);
				expect(decodeRelayFrame(encoded)).toEqual(ok(frame));
			}),
		);
	});

	it('[MB1] at their largest fit the bounds', () => {
		const full = Array.from({ length: 256 }, () => new Uint8Array(32).fill(255));
		const [a, b] = [new Uint8Array(32), new Uint8Array(16_384)];
		const most = Number.MAX_SAFE_INTEGER;
		const put = encodeClientFrame({
			type: 'put',
			request: 2 ** 32 - 1,
			mailbox: a,
			packet: a,
			ttl: MAX_TTL_SECONDS,
			deleteHash: a,
			to: full,
			block: b,
			chunks: MAX_CHUNKS,
		});
		expect(decodeClientFrame(put).ok).toBe(true);
		const waiting = encodeRelayFrame({
			type: 'waiting',
			request: 2 ** 32 - 1,
			cursor: most,
			packets: full.map((packet) => ({ number: most, packet, size: 16_384, expiry: most })),
			more: true,
			connected: full,
		});
		expect(decodeRelayFrame(waiting).ok).toBe(true);
		const bytes = new Uint8Array(MAX_CHUNK);
		const chunk = { type: 'chunk' as const, request: 2 ** 32 - 1, bytes };
		const put2 = { ...chunk, mailbox: a, packet: a, index: MAX_CHUNKS - 1 };
		expect(decodeClientFrame(encodeClientFrame(put2)).ok).toBe(true);
		expect(decodeRelayFrame(encodeRelayFrame(chunk)).ok).toBe(true);
	});

	it('[MB1] [MB14] never throw, whatever the bytes', () => {
		const anything = fc.oneof(
			fc.uint8Array({ maxLength: 300 }),
			fc.anything().map((value) => {
				try {
					return encode(value);
				} catch {
					return new Uint8Array([0xff]);
				}
			}),
			nearly(clientFrame.map(encodeClientFrame)),
			nearly(relayFrame.map(encodeRelayFrame)),
		);
		fc.assert(
			fc.property(anything, (input) => {
				for (const decoded of [decodeClientFrame(input), decodeRelayFrame(input)]) {
					if (!decoded.ok) expect(decoded.error.type).toMatch(/^(too-large|malformed|shape)$/);
				}
			}),
			{ numRuns: 500 },
		);
	});
});

describe('a relay’s name', () => {
	const text = fc.oneof(
		fc.string(),
		fc.string({ unit: 'binary' }),
		fc.webUrl({ withFragments: true, withQueryParameters: true }),
		fc.ipV4(),
		fc.ipV6(),
		fc.domain(),
		fc
			.array(
				fc.constantFrom(
					...['ws', 'wss', '://', ':', '/', '[', ']', '@', '#/relay/', '127.0.0.1', '::1', '8080'],
					...['/ip4/', '/tcp/', '/ws', 'localhost', '%', ' ', '?', '.', 'é', '\u202e'],
				),
				{ maxLength: 12 },
			)
			.map((parts) => parts.join('')),
	);

	it('[RL3] never throws, and gives only URLs that a relay address may hold and the page may open', () => {
		fc.assert(
			fc.property(text, fc.boolean(), (input, secure) => {
				const result = relayCandidates(input, { secure });
				if (!result.ok) return;
				expect(result.value.urls.length).toBeGreaterThan(0);
				for (const url of result.value.urls) {
					expect(isRelayUrl(url)).toBe(true);
					const { hostname, username, password, protocol } = new URL(url);
					expect(username + password).toBe('');
					const local = /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
					if (secure && !local) expect(protocol).toBe('wss:');
				}
			}),
			{ numRuns: 1000 },
		);
	});

	it('[RL2] a link never throws, and gives back what was put in', () => {
		fc.assert(
			fc.property(text, (input) => {
				decodeRelayLink(input);
				decodeRelayLink(`https://a.example/#/relay/${input}`);
			}),
		);
		const url = fc
			.tuple(fc.constantFrom('ws', 'wss'), fc.domain(), fc.integer({ min: 1, max: 65_535 }))
			.map(([scheme, host, port]) => `${scheme}://${host}:${port}/relay`)
			.filter((candidate) => candidate.length <= 256);
		fc.assert(
			fc.property(
				id,
				fc.array(url, { minLength: 1, maxLength: 4 }),
				fc.option(id),
				(key, urls, invitation) => {
					const relay = { key, urls };
					const link = encodeRelayLink('https://app.example', relay, invitation);
					expect(decodeRelayLink(link)).toEqual(ok({ relay, invitation }));
				},
			),
		);
	});
});
