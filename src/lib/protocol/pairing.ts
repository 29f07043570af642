// How a further device of the same person comes in: the code that one device shows and the other reads, and what the two
// say to each other through a relay. [PA1] [PA2] [PA3]
//
// link   = origin · "/#/link/" · base64url( payload · first 4 bytes of a check sum over it )
// payload = [1, secret 32, old device's key 32, relay]
// frame  = [number, sealed, message]   a sealed message is a secretbox under the session's key
// COMMIT   [0, commitment 32]                        new → old
// NONCE    [1, nonce 32]                             old → new
// REVEAL   [2, key 32, nonce 32, device name]        new → old
// HANDOVER [3, root seed 32, name, account space 32] old → new, sealed as all that follow
// DEVICE   [4, member, token hash 32, proof 64]      new → old
// REPLY    [5, a join reply]                         old → new
// END      [6]                                       old → new
// STOP     [7, reason]                               either way
import {
	blob,
	bytes,
	decode,
	encode,
	flag,
	literal,
	map,
	text,
	tuple,
	uint,
	variants,
	type DecodeError,
	type Shape,
} from './cbor.ts';
import { memberShape, memberToTuple, type Member } from './identity.ts';
import { MAX_BLOCK, MAX_NAME } from './limits.ts';
import { relayAddressShape, relayAddressToTuple, type RelayAddress } from './relay-address.ts';
import { concat, equal, fromBase64Url, toBase64Url, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export interface PairingCode {
	/** Names the two mailboxes and seals what lies in them. */
	readonly secret: Bytes;
	/** X25519, of this one pairing. */
	readonly key: Bytes;
	readonly relay: RelayAddress;
}

/** not-a-link: nothing like one. mistyped: characters wrong or missing. unsupported: from a newer Aegis. */
export interface PairingCodeError {
	readonly type: 'not-a-link' | 'mistyped' | 'unsupported';
}

/** cancelled: by the person. mismatch: what the screens show differs. full: no room. failed: anything else. */
export const STOP = { cancelled: 0, mismatch: 1, full: 2, failed: 3 } as const;
export type Stop = (typeof STOP)[keyof typeof STOP];

export type PairingMessage =
	| { readonly type: 'commit'; readonly commitment: Bytes }
	| { readonly type: 'nonce'; readonly nonce: Bytes }
	| {
			readonly type: 'reveal';
			readonly key: Bytes;
			readonly nonce: Bytes;
			readonly deviceName: string;
	  }
	| {
			readonly type: 'handover';
			readonly rootSeed: Bytes;
			readonly name: string;
			readonly space: Bytes;
	  }
	| {
			readonly type: 'device';
			readonly member: Member;
			readonly tokenHash: Bytes;
			readonly proof: Bytes;
	  }
	| { readonly type: 'reply'; readonly reply: Bytes }
	| { readonly type: 'end' }
	| { readonly type: 'stop'; readonly reason: Stop };

export interface PairingFrame {
	/** Counts what one side says, from 0. */
	readonly number: number;
	readonly sealed: boolean;
	readonly message: Bytes;
}

const MARK = '#/link/';
const MAX_LINK = 4096;
const MAX_PAYLOAD = 2048;
const CHECK_LENGTH = 4;
/** Frames that one side may send: far more than the longest log of an account takes. */
export const MAX_PAIRING_FRAMES = 4096;

const codeShape: Shape<PairingCode> = map(
	tuple(literal(1), bytes(32), bytes(32), relayAddressShape),
	([, secret, key, relay]) => ({ secret, key, relay }),
);

/** The whole link; `sha256` guards against typing errors only. */
export function encodePairingLink(
	origin: string,
	{ secret, key, relay }: PairingCode,
	sha256: (b: Uint8Array) => Uint8Array,
): string {
	const payload = encode([1, secret, key, relayAddressToTuple(relay)]);
	const checked = concat(payload, sha256(payload).subarray(0, CHECK_LENGTH));
	return `${origin}/${MARK}${toBase64Url(checked)}`;
}

/** Reads a whole link or its fragment, with white space around and in it. */
export function decodePairingLink(
	input: string,
	sha256: (b: Uint8Array) => Uint8Array,
): Result<PairingCode, PairingCodeError> {
	if (input.length > MAX_LINK) return err({ type: 'not-a-link' });
	const compact = input.replaceAll(/\s/g, '');
	const at = compact.indexOf(MARK);
	if (at < 0) return err({ type: 'not-a-link' });
	const raw = fromBase64Url(compact.slice(at + MARK.length));
	if (raw === undefined || raw.length <= CHECK_LENGTH) return err({ type: 'mistyped' });
	const payload = raw.slice(0, -CHECK_LENGTH);
	if (!equal(sha256(payload).subarray(0, CHECK_LENGTH), raw.subarray(-CHECK_LENGTH))) {
		return err({ type: 'mistyped' });
	}
	const decoded = decode(codeShape, payload, MAX_PAYLOAD);
	if (!decoded.ok) return err({ type: 'unsupported' });
	return decoded.value.relay.urls.length > 0 ? ok(decoded.value) : err({ type: 'mistyped' });
}

const messageShape: Shape<PairingMessage> = variants<PairingMessage>(
	map(tuple(literal(0), bytes(32)), ([, commitment]) => ({ type: 'commit' as const, commitment })),
	map(tuple(literal(1), bytes(32)), ([, nonce]) => ({ type: 'nonce' as const, nonce })),
	map(tuple(literal(2), bytes(32), bytes(32), text(MAX_NAME)), ([, key, nonce, deviceName]) => ({
		type: 'reveal' as const,
		key,
		nonce,
		deviceName,
	})),
	map(tuple(literal(3), bytes(32), text(MAX_NAME), bytes(32)), ([, rootSeed, name, space]) => ({
		type: 'handover' as const,
		rootSeed,
		name,
		space,
	})),
	map(tuple(literal(4), memberShape, bytes(32), bytes(64)), ([, member, tokenHash, proof]) => ({
		type: 'device' as const,
		member,
		tokenHash,
		proof,
	})),
	map(tuple(literal(5), blob(MAX_BLOCK)), ([, reply]) => ({ type: 'reply' as const, reply })),
	map(tuple(literal(6)), () => ({ type: 'end' as const })),
	map(tuple(literal(7), uint(3)), ([, reason]) => ({
		type: 'stop' as const,
		reason: reason as Stop,
	})),
);

export function encodePairingMessage(message: PairingMessage): Bytes {
	switch (message.type) {
		case 'commit':
			return encode([0, message.commitment]);
		case 'nonce':
			return encode([1, message.nonce]);
		case 'reveal':
			return encode([2, message.key, message.nonce, message.deviceName]);
		case 'handover':
			return encode([3, message.rootSeed, message.name, message.space]);
		case 'device':
			return encode([4, memberToTuple(message.member), message.tokenHash, message.proof]);
		case 'reply':
			return encode([5, message.reply]);
		case 'end':
			return encode([6]);
		case 'stop':
			return encode([7, message.reason]);
	}
}

export const decodePairingMessage = (encoded: Uint8Array): Result<PairingMessage, DecodeError> =>
	decode(messageShape, encoded, MAX_BLOCK);

const frameShape: Shape<PairingFrame> = map(
	tuple(uint(MAX_PAIRING_FRAMES - 1), flag, blob(MAX_BLOCK)),
	([number, sealed, message]) => ({ number, sealed, message }),
);

export const encodePairingFrame = ({ number, sealed, message }: PairingFrame): Bytes =>
	encode([number, sealed, message]);

export const decodePairingFrame = (encoded: Uint8Array): Result<PairingFrame, DecodeError> =>
	decode(frameShape, encoded, MAX_BLOCK);
