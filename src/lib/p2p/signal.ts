// What two browsers must know of each other before they can connect, small enough for a QR code. [DL2] [DL4]
// Knows the format only; who may be believed is decided by whoever carries it.
//
// signal     [1, peer key 32, ufrag, password, DTLS fingerprint 32, setup, offer's ufrag or null, [candidate …≤12]]
// setup      0 actpass (an offer), 1 active, 2 passive (an answer, which names the offer it answers)
// candidate  [0 host, 1 srflx or 2 relay, IP address 4 or 16, port] or [3 host by mDNS, UUID 16, port]
import {
	bytes,
	decode,
	either,
	encode,
	list,
	literal,
	map,
	optional,
	text,
	tuple,
	uint,
	where,
	type DecodeError,
	type Shape,
} from '#lib/protocol/cbor.ts';
import {
	isPassword,
	isUfrag,
	MAX_CANDIDATES,
	type Candidate,
	type SessionHalf,
	type Setup,
} from './session-description.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

export const MAX_SIGNAL = 2048;

export interface Signal {
	/** Ed25519 key that this side proves inside the connection; 32 bytes. */
	readonly peerKey: Bytes;
	readonly session: SessionHalf;
	/** The offer that this answers, by its ufrag; null in an offer. */
	readonly answers: string | null;
}

const KINDS = ['host', 'srflx', 'relay', 'mdns'] as const;
const SETUPS = ['actpass', 'active', 'passive'] as const;

const ufragShape = where(text(32), isUfrag, 'not an ICE name');
const portShape = where(uint(65_535), (port) => port > 0, 'not a port');

const candidateShape: Shape<Candidate> = map(
	either(
		tuple(uint(2), either(bytes(4), bytes(16)), portShape),
		tuple(literal(3), bytes(16), portShape),
	),
	([kind, address, port]) => ({ kind: KINDS[kind] ?? 'host', address, port }),
);

const shape: Shape<Signal> = where(
	map(
		tuple(
			literal(1),
			bytes(32),
			ufragShape,
			where(text(64), isPassword, 'not an ICE password'),
			bytes(32),
			map(uint(SETUPS.length - 1), (setup): Setup => SETUPS[setup] ?? 'actpass'),
			optional(ufragShape),
			list(candidateShape, MAX_CANDIDATES),
		),
		([, peerKey, ufrag, password, fingerprint, setup, answers, candidates]) => ({
			peerKey,
			session: { ufrag, password, fingerprint, setup, candidates },
			answers,
		}),
	),
	({ session, answers }) => (session.setup === 'actpass') === (answers === null),
	'neither an offer nor an answer',
);

export const encodeSignal = ({ peerKey, session, answers }: Signal): Bytes =>
	encode([
		1,
		peerKey,
		session.ufrag,
		session.password,
		session.fingerprint,
		SETUPS.indexOf(session.setup),
		answers,
		session.candidates.map(({ kind, address, port }) => [KINDS.indexOf(kind), address, port]),
	]);

export const decodeSignal = (encoded: Uint8Array): Result<Signal, DecodeError> =>
	decode(shape, encoded, MAX_SIGNAL);
