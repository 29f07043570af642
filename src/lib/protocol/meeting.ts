// How two people connect with no server at all: the two codes that they show each other, and what their devices say on
// the link that comes of it when they share no space yet. [MT1] [MT2] [MT4]
//
// link    = origin · "/#/meet/" · code      of an offer; an answer is the code alone
// code    = base64url( payload · first 4 bytes of a check sum over it )
// payload = [1, device 32, until (s since 1970), name 16 of the offer that it answers or null, signal ≤2048]
// HELLO   [0, member, signature 64]         both, first
// INVITE  [1, invitation link]              who showed the first code → the other
// REQUEST [2, a join request]               back
// REPLY   [3, a join reply]                 there
// DONE    [4]                               there: nothing more is needed
import {
	blob,
	bytes,
	decode,
	encode,
	literal,
	map,
	optional,
	text,
	tuple,
	uint,
	variants,
	type DecodeError,
	type Shape,
} from './cbor.ts';
import { memberShape, memberToTuple, type Member } from './identity.ts';
import { label } from './labels.ts';
import { MAX_MEETING } from './link-frame.ts';
import { MAX_BLOCK } from './limits.ts';
import { concat, equal, fromBase64Url, toBase64Url, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export interface MeetingCode {
	/** Key of the device that shows it. */
	readonly device: Bytes;
	/** Seconds since 1970, by that device's clock. */
	readonly until: number;
	/** Name of the offer that this answers; null in an offer. */
	readonly answers: Bytes | null;
	/** Of the direct link, opaque here. */
	readonly signal: Bytes;
}

/** not-a-code: nothing like one. mistyped: characters wrong or missing. unsupported: from a newer Aegis. */
export interface MeetingCodeError {
	readonly type: 'not-a-code' | 'mistyped' | 'unsupported';
}

type Hash = (...parts: readonly Uint8Array[]) => Bytes;

const MARK = '#/meet/';
const MAX_SIGNAL = 2048;
const MAX_PAYLOAD = MAX_SIGNAL + 128;
const MAX_INPUT = 8192;
const CHECK_LENGTH = 4;
const NAME_LENGTH = 16;

const codeShape: Shape<MeetingCode> = map(
	tuple(literal(1), bytes(32), uint(2 ** 40), optional(bytes(NAME_LENGTH)), blob(MAX_SIGNAL)),
	([, device, until, answers, signal]) => ({ device, until, answers, signal }),
);

export function encodeMeetingCode(code: MeetingCode, sha256: Hash): string {
	const payload = encode([1, code.device, code.until, code.answers, code.signal]);
	return toBase64Url(concat(payload, sha256(payload).subarray(0, CHECK_LENGTH)));
}

export const meetingLink = (origin: string, code: string): string => `${origin}/${MARK}${code}`;

/** What both sides know a meeting by: of its offer. */
export const meetingName = (offer: Bytes, sha256: Hash): Bytes =>
	sha256(label('meeting'), offer).slice(0, NAME_LENGTH);

/** Reads a link or a bare code, with white space around and in it. */
export function decodeMeetingCode(
	input: string,
	sha256: Hash,
): Result<MeetingCode, MeetingCodeError> {
	if (input.length > MAX_INPUT) return err({ type: 'not-a-code' });
	const compact = input.replaceAll(/\s/g, '');
	const at = compact.indexOf(MARK);
	const written = at < 0 ? compact : compact.slice(at + MARK.length);
	if (at < 0 && !/^[\w-]{60,}$/.test(written)) return err({ type: 'not-a-code' });
	const raw = fromBase64Url(written);
	if (raw === undefined || raw.length <= CHECK_LENGTH) return err({ type: 'mistyped' });
	const payload = raw.slice(0, -CHECK_LENGTH);
	if (!equal(sha256(payload).subarray(0, CHECK_LENGTH), raw.subarray(-CHECK_LENGTH))) {
		return err({ type: 'mistyped' });
	}
	const decoded = decode(codeShape, payload, MAX_PAYLOAD);
	return decoded.ok ? ok(decoded.value) : err({ type: 'unsupported' });
}

export type MeetingMessage =
	| { readonly type: 'hello'; readonly member: Member; readonly signature: Bytes }
	| { readonly type: 'invite'; readonly link: string }
	| { readonly type: 'request'; readonly request: Bytes }
	| { readonly type: 'reply'; readonly reply: Bytes }
	| { readonly type: 'done' };

/** The bytes that a device signs to say who it is on the link of this name, to the device at its other end. */
export const helloContent = (name: Uint8Array, from: Uint8Array, to: Uint8Array): Bytes =>
	concat(label('meeting-hello'), name, from, to);

const messageShape: Shape<MeetingMessage> = variants<MeetingMessage>(
	map(tuple(literal(0), memberShape, bytes(64)), ([, member, signature]) => ({
		type: 'hello' as const,
		member,
		signature,
	})),
	map(tuple(literal(1), text(MAX_BLOCK)), ([, link]) => ({ type: 'invite' as const, link })),
	map(tuple(literal(2), blob(MAX_BLOCK)), ([, request]) => ({
		type: 'request' as const,
		request,
	})),
	map(tuple(literal(3), blob(MAX_MEETING - 16)), ([, reply]) => ({
		type: 'reply' as const,
		reply,
	})),
	map(tuple(literal(4)), () => ({ type: 'done' as const })),
);

export function encodeMeetingMessage(message: MeetingMessage): Bytes {
	switch (message.type) {
		case 'hello':
			return encode([0, memberToTuple(message.member), message.signature]);
		case 'invite':
			return encode([1, message.link]);
		case 'request':
			return encode([2, message.request]);
		case 'reply':
			return encode([3, message.reply]);
		case 'done':
			return encode([4]);
	}
}

export const decodeMeetingMessage = (encoded: Uint8Array): Result<MeetingMessage, DecodeError> =>
	decode(messageShape, encoded, MAX_MEETING);
