// Frames from a relay to a client of its mailboxes. [MB1]
//
// HELLO     [64, version, relay key 32, challenge 32, time, STUN port or 0, invited only, draining, signature 64]   answers GREET
// DONE      [65, request]
// ERROR     [66, request or 0, code, seconds after which it may be tried again or 0, words for people]
// STORED    [67, request, packet id, receipt]
// PUSHED    [68, request, [token hash connected …]]                   TTL 0: pushed to these, never stored
// WAITING   [69, request, cursor, [[number, packet id, size, expiry] …], more, [token hash connected …]]
// PACKET    [70, mailbox, number (0: pushed, not stored), packet id, block]
// DELETED   [71, mailbox, packet id, receipt]                         told to the connection that put it
// PRESENCE  [72, mailbox, token hash, connected]                      mailboxes of at most 32 tokens
// STATUS    [73, request, packets, bytes, open]
// PONG      [74, request]
// THERE     [75, request, chunks, committed, bits: index i is bit i%8, from the lowest, of byte i/8]
// CHUNK     [76, request, bytes]
// CLOSED    [77, mailbox]                                             told to its subscribers: it keeps nothing more
// DRAINING  [78, seconds in which the relay ends at the latest]       it takes nothing new from now on
// receipt = [expiry or 0, batch root 32, path [32 …], signature 64]: the relay's signature over a whole commit batch
import {
	blob,
	bytes,
	decode,
	encode,
	flag,
	list,
	literal,
	map,
	text,
	tuple,
	uint,
	variants,
	where,
	type DecodeError,
	type Shape,
} from './cbor.ts';
import { MAX_BLOCK } from './limits.ts';
import {
	block,
	chunk,
	ERROR_CODE,
	id,
	MAX_CHUNKS,
	MAX_IDS,
	MAX_REPLY,
	MAX_RETRY_AFTER,
	request,
	tokens,
	type ErrorCode,
	type Receipt,
	type WaitingPacket,
} from './mailbox-terms.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

export type RelayFrame =
	| {
			readonly type: 'hello';
			readonly version: number;
			readonly relayKey: Bytes;
			readonly challenge: Bytes;
			readonly time: number;
			readonly stunPort: number;
			/** Mailboxes are made only where an invitation of the relay's operator stands behind them. */
			readonly invitedOnly: boolean;
			/** It takes nothing new, and will end. */
			readonly draining: boolean;
			/** The relay key's, over both challenges and all of this. */
			readonly signature: Bytes;
	  }
	| { readonly type: 'done'; readonly request: number }
	| {
			readonly type: 'error';
			readonly request: number;
			readonly code: ErrorCode;
			/** Seconds; 0: not told. */
			readonly retryAfter: number;
			readonly words: string;
	  }
	| {
			readonly type: 'stored';
			readonly request: number;
			readonly packet: Bytes;
			readonly receipt: Receipt;
	  }
	| { readonly type: 'pushed'; readonly request: number; readonly connected: readonly Bytes[] }
	| {
			readonly type: 'waiting';
			readonly request: number;
			readonly cursor: number;
			readonly packets: readonly WaitingPacket[];
			/** There are further ids after these: subscribe again from the last number. */
			readonly more: boolean;
			readonly connected: readonly Bytes[];
	  }
	| {
			readonly type: 'packet';
			readonly mailbox: Bytes;
			readonly number: number;
			readonly packet: Bytes;
			readonly block: Bytes;
	  }
	| {
			readonly type: 'deleted';
			readonly mailbox: Bytes;
			readonly packet: Bytes;
			readonly receipt: Receipt;
	  }
	| {
			readonly type: 'presence';
			readonly mailbox: Bytes;
			readonly tokenHash: Bytes;
			readonly connected: boolean;
	  }
	| {
			readonly type: 'status';
			readonly request: number;
			readonly packets: number;
			readonly bytes: number;
			readonly open: boolean;
	  }
	| { readonly type: 'pong'; readonly request: number }
	| {
			readonly type: 'there';
			readonly request: number;
			readonly chunks: number;
			readonly committed: boolean;
			readonly bits: Bytes;
	  }
	| { readonly type: 'chunk'; readonly request: number; readonly bytes: Bytes }
	| { readonly type: 'closed'; readonly mailbox: Bytes }
	| { readonly type: 'draining'; readonly within: number };

const receiptShape: Shape<Receipt> = map(
	tuple(uint(), id, list(id, 32), bytes(64)),
	([expiry, root, path, signature]) => ({ expiry, root, path, signature }),
);
const receiptToTuple = (r: Receipt): unknown[] => [r.expiry, r.root, r.path, r.signature];

const relayShape: Shape<RelayFrame> = variants<RelayFrame>(
	map(tuple(literal(70), id, uint(), id, block), ([, mailbox, number, packet, block]) => ({
		type: 'packet' as const,
		mailbox,
		number,
		packet,
		block,
	})),
	map(tuple(literal(67), request, id, receiptShape), ([, request, packet, receipt]) => ({
		type: 'stored' as const,
		request,
		packet,
		receipt,
	})),
	map(tuple(literal(68), request, tokens), ([, request, connected]) => ({
		type: 'pushed' as const,
		request,
		connected,
	})),
	map(tuple(literal(65), request), ([, request]) => ({ type: 'done' as const, request })),
	map(
		tuple(
			literal(66),
			request,
			where(uint(255), (code) => Object.values<number>(ERROR_CODE).includes(code), 'unknown code'),
			uint(MAX_RETRY_AFTER),
			text(256),
		),
		([, request, code, retryAfter, words]) => ({
			type: 'error' as const,
			request,
			code: code as ErrorCode,
			retryAfter,
			words,
		}),
	),
	map(
		tuple(
			literal(69),
			request,
			uint(),
			list(
				map(tuple(uint(), id, uint(MAX_BLOCK), uint()), ([number, packet, size, expiry]) => ({
					number,
					packet,
					size,
					expiry,
				})),
				MAX_IDS,
			),
			flag,
			tokens,
		),
		([, request, cursor, packets, more, connected]) => ({
			type: 'waiting' as const,
			request,
			cursor,
			packets,
			more,
			connected,
		}),
	),
	map(tuple(literal(71), id, id, receiptShape), ([, mailbox, packet, receipt]) => ({
		type: 'deleted' as const,
		mailbox,
		packet,
		receipt,
	})),
	map(tuple(literal(72), id, id, flag), ([, mailbox, tokenHash, connected]) => ({
		type: 'presence' as const,
		mailbox,
		tokenHash,
		connected,
	})),
	map(tuple(literal(73), request, uint(), uint(), flag), ([, request, packets, bytes, open]) => ({
		type: 'status' as const,
		request,
		packets,
		bytes,
		open,
	})),
	map(tuple(literal(74), request), ([, request]) => ({ type: 'pong' as const, request })),
	map(
		tuple(literal(75), request, uint(MAX_CHUNKS), flag, blob(MAX_CHUNKS / 8)),
		([, request, chunks, committed, bits]) => ({
			type: 'there' as const,
			request,
			chunks,
			committed,
			bits,
		}),
	),
	map(tuple(literal(76), request, chunk), ([, request, bytes]) => ({
		type: 'chunk' as const,
		request,
		bytes,
	})),
	map(tuple(literal(77), id), ([, mailbox]) => ({ type: 'closed' as const, mailbox })),
	map(tuple(literal(78), uint()), ([, within]) => ({ type: 'draining' as const, within })),
	map(
		tuple(literal(64), uint(255), id, id, uint(), uint(65_535), flag, flag, bytes(64)),
		([, version, relayKey, challenge, time, stunPort, invitedOnly, draining, signature]) => ({
			type: 'hello' as const,
			version,
			relayKey,
			challenge,
			time,
			stunPort,
			invitedOnly,
			draining,
			signature,
		}),
	),
);

export function encodeRelayFrame(f: RelayFrame): Bytes {
	switch (f.type) {
		case 'hello':
			return encode([
				64,
				f.version,
				f.relayKey,
				f.challenge,
				f.time,
				f.stunPort,
				f.invitedOnly,
				f.draining,
				f.signature,
			]);
		case 'done':
			return encode([65, f.request]);
		case 'error':
			return encode([66, f.request, f.code, f.retryAfter, f.words]);
		case 'stored':
			return encode([67, f.request, f.packet, receiptToTuple(f.receipt)]);
		case 'pushed':
			return encode([68, f.request, f.connected]);
		case 'waiting':
			return encode([
				69,
				f.request,
				f.cursor,
				f.packets.map((p) => [p.number, p.packet, p.size, p.expiry]),
				f.more,
				f.connected,
			]);
		case 'packet':
			return encode([70, f.mailbox, f.number, f.packet, f.block]);
		case 'deleted':
			return encode([71, f.mailbox, f.packet, receiptToTuple(f.receipt)]);
		case 'presence':
			return encode([72, f.mailbox, f.tokenHash, f.connected]);
		case 'status':
			return encode([73, f.request, f.packets, f.bytes, f.open]);
		case 'pong':
			return encode([74, f.request]);
		case 'there':
			return encode([75, f.request, f.chunks, f.committed, f.bits]);
		case 'chunk':
			return encode([76, f.request, f.bytes]);
		case 'closed':
			return encode([77, f.mailbox]);
		case 'draining':
			return encode([78, f.within]);
	}
}

export const decodeRelayFrame = (encoded: Uint8Array): Result<RelayFrame, DecodeError> =>
	decode(relayShape, encoded, MAX_REPLY);
