import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	readDescription,
	writeDescription,
	type Candidate,
	type Setup,
} from '#lib/p2p/session-description.ts';
import { decodeSignal, encodeSignal, MAX_SIGNAL, type Signal } from '#lib/p2p/signal.ts';
import { encode } from '#lib/protocol/cbor.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';

const bytesOf = (length: number): fc.Arbitrary<Bytes> =>
	fc.uint8Array({ minLength: length, maxLength: length });

const ICE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.split('');
const iceText = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
	fc.string({ unit: fc.constantFrom(...ICE), minLength, maxLength });

const port = fc.integer({ min: 1, max: 65_535 });
const candidate: fc.Arbitrary<Candidate> = fc.oneof(
	fc.record({
		kind: fc.constantFrom('host', 'srflx', 'relay'),
		address: fc.oneof(bytesOf(4), bytesOf(16)),
		port,
	}),
	fc.record({ kind: fc.constant('mdns'), address: bytesOf(16), port }),
);

const signal: fc.Arbitrary<Signal> = fc
	.record({
		peerKey: bytesOf(32),
		ufrag: iceText(4, 32),
		password: iceText(22, 64),
		fingerprint: bytesOf(32),
		setup: fc.constantFrom<Setup>('actpass', 'active', 'passive'),
		answered: iceText(4, 32),
		candidates: fc.array(candidate, { maxLength: 12 }),
	})
	.map(({ peerKey, answered, ...session }) => ({
		peerKey,
		session,
		answers: session.setup === 'actpass' ? null : answered,
	}));

/** The parts of an encoded offer, to be spoilt one by one. */
const parts = (): unknown[] => [
	1,
	new Uint8Array(32).fill(1),
	'abcd',
	'0123456789012345678901',
	new Uint8Array(32).fill(2),
	0,
	null,
	[[0, Uint8Array.of(192, 0, 2, 7), 5000]],
];

const withPart = (index: number, value: unknown): Bytes => {
	const spoilt = parts();
	spoilt[index] = value;
	return encode(spoilt);
};

describe('signals', () => {
	it('[DL2] come out as they went in', () => {
		fc.assert(
			fc.property(signal, (value) => {
				const encoded = encodeSignal(value);
				expect(encoded.length).toBeLessThanOrEqual(MAX_SIGNAL);
				expect(unwrap(decodeSignal(encoded))).toEqual(value);
			}),
		);
	});

	it('[DL2] of anything at all are a value or an error', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
				expect(typeof decodeSignal(bytes).ok).toBe('boolean');
			}),
		);
		fc.assert(
			fc.property(signal, fc.nat(), fc.nat(255), (value, at, byte) => {
				const bytes = encodeSignal(value);
				bytes[at % bytes.length] = byte;
				const decoded = decodeSignal(bytes);
				// What is accepted has no other spelling.
				if (decoded.ok) expect(encodeSignal(decoded.value)).toEqual(bytes);
			}),
		);
	});

	it('[DL2] are a QR code small', () => {
		expect(encodeSignal(unwrap(decodeSignal(encode(parts())))).length).toBeLessThan(120);
	});

	it.each([
		['a version to come', 0, 2],
		['a short key', 1, new Uint8Array(31)],
		['a line break in the name', 2, 'ab\r\na=candidate:evil'],
		['a blank in the name', 2, 'ab cd'],
		['a name too short', 2, 'abc'],
		['a name too long', 2, 'a'.repeat(33)],
		['a line break in the password', 3, '0123456789012345678901\na=x'],
		['a password too short', 3, 'short'],
		['a password too long', 3, 'a'.repeat(65)],
		['a short fingerprint', 4, new Uint8Array(20)],
		['an unknown role', 5, 3],
		['an answer to nothing', 5, 1],
		['an offer that answers', 6, 'abcd'],
		['too many addresses', 7, Array(13).fill([0, Uint8Array.of(192, 0, 2, 7), 5000])],
		['an address of no kind', 7, [[4, new Uint8Array(16), 1]]],
		['an address of no length', 7, [[0, new Uint8Array(5), 1]]],
		['a name of four bytes', 7, [[3, new Uint8Array(4), 1]]],
		['port 0', 7, [[0, new Uint8Array(4), 0]]],
		['port 65536', 7, [[0, new Uint8Array(4), 65_536]]],
		['an address in text', 7, [[0, '192.0.2.7', 1]]],
	])('[DL2] [DL3] refuse %s', (_, index, value) => {
		expect(decodeSignal(encode(parts())).ok).toBe(true);
		expect(decodeSignal(withPart(index, value)).ok).toBe(false);
	});

	it('[DL2] refuse more than 2048 bytes unread', () => {
		const decoded = decodeSignal(new Uint8Array(MAX_SIGNAL + 1));
		expect(decoded).toMatchObject({ ok: false, error: { type: 'too-large' } });
	});
});

describe('descriptions', () => {
	it('[DL3] say what the signal says, and nothing else', () => {
		fc.assert(
			fc.property(signal, ({ session }) => {
				const sdp = writeDescription(session, '0');
				expect(readDescription(sdp)).toEqual({ half: session, mid: '0' });
				const lines = sdp.split('\r\n');
				expect(lines.length).toBe(16 + session.candidates.length);
				expect(lines.every((line) => /^([a-z]=[\x20-\x7e]+)?$/.test(line))).toBe(true);
			}),
		);
	});

	const sdp = (candidates: readonly string[]): string =>
		[
			'v=0',
			'a=fingerprint:sha-256 ' + Array(32).fill('AB').join(':'),
			'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
			'a=mid:data',
			'a=ice-ufrag:F7gI',
			'a=ice-pwd:x9cml/YzichV2+XlhiMu8g',
			'a=setup:actpass',
			...candidates.map((line) => `a=candidate:${line}`),
			'',
		].join('\r\n');

	const addressesIn = (...lines: readonly string[]): unknown =>
		readDescription(sdp(lines))?.half.candidates.map(({ kind, address, port: at }) => [
			kind,
			Buffer.from(address).toString('hex'),
			at,
		]);

	it('[DL5] give every address a browser can be reached at', () => {
		expect(
			addressesIn(
				'1 1 udp 2113937151 192.0.2.7 50001 typ host generation 0 network-cost 999',
				'2 1 UDP 2113937151 2001:db8::a:1 50002 typ host',
				'3 1 udp 1677729535 203.0.113.9 50003 typ srflx raddr 192.0.2.7 rport 50001',
				'4 1 udp 33562367 ::ffff 50004 typ relay raddr 203.0.113.9 rport 50003',
				'5 1 udp 2113937151 4b9a1c2d-0e3f-4a5b-8c6d-7e8f90a1b2c3.local 50005 typ host',
			),
		).toEqual([
			['host', 'c0000207', 50001],
			['host', '20010db80000000000000000000a0001', 50002],
			['srflx', 'cb007109', 50003],
			['relay', `${'0'.repeat(28)}ffff`, 50004],
			['mdns', '4b9a1c2d0e3f4a5b8c6d7e8f90a1b2c3', 50005],
		]);
		expect(readDescription(sdp([]))?.mid).toBe('data');
	});

	it('[DL5] leave out what two browsers cannot use', () => {
		expect(
			addressesIn(
				'1 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active',
				'2 2 udp 2113937151 192.0.2.7 50001 typ host',
				'3 1 udp 2113937151 somewhere.example 50001 typ host',
				'4 1 udp 2113937151 192.0.2.777 50001 typ host',
				'5 1 udp 2113937151 1::2::3 50001 typ host',
				'6 1 udp 2113937151 192.0.2.7 70000 typ host',
				'7',
			),
		).toEqual([]);
	});

	it('[DL5] keep room for outside addresses where a machine has many', () => {
		const hosts = Array.from(
			{ length: 20 },
			(_, i) => `${i} 1 udp 1 192.0.2.${i + 1} 50001 typ host`,
		);
		const kept = readDescription(sdp([...hosts, '99 1 udp 1 203.0.113.9 1 typ srflx']))?.half
			.candidates;
		expect(kept).toHaveLength(12);
		expect(kept?.at(-1)?.kind).toBe('srflx');
	});

	it('[DL3] without certificate, name or role are none', () => {
		for (const name of ['fingerprint', 'ice-ufrag', 'ice-pwd', 'setup']) {
			expect(readDescription(sdp([]).replace(`a=${name}`, 'a=x'))).toBeUndefined();
		}
	});
});
