// Frames between a client and a relay's mailboxes. One WebSocket message or one stream frame each. [MB1]
// Requests carry a number that the answer repeats. Ids and keys are 32 bytes, tokens 32, sizes in bytes, times in seconds.
//
// client → relay
//  OPEN      [1, request, mailbox, write key, owner key, [token hash …], ttl]
//  ADD       [2, request, mailbox, [token hash …]]                     write access
//  PROVE     [3, request, mailbox, signature 64]                       proves the write key for this connection
//  PUT       [4, request, mailbox, packet id, ttl (0: push only), delete hash, to [token hash …] or null, block]
//  SUBSCRIBE [5, request, mailbox, token, cursor]                      packets after the cursor, then pushes
//  FETCH     [6, request, mailbox, token, [packet id …]]
//  ACK       [7, request, mailbox, token, cursor, [packet id …]]       everything up to the cursor, and these
//  DELETE    [8, request, mailbox, packet id, preimage 32 or null, owner's signature 64 or null]
//  CLOSE     [9, request, mailbox, owner's signature 64]
//  STAT      [10, request, mailbox]                                    write access
//  PING      [11, request]
// relay → client
//  HELLO     [64, version, relay key 32, challenge 32, time, STUN port or 0]      first frame on every connection
//  DONE      [65, request]
//  ERROR     [66, request or 0, code, words for people]
//  STORED    [67, request, packet id, receipt]
//  PUSHED    [68, request, [token hash connected …]]                   TTL 0: pushed to these, never stored
//  WAITING   [69, request, cursor, [[number, packet id, size, expiry] …], more, [token hash connected …]]
//  PACKET    [70, mailbox, number (0: pushed, not stored), packet id, block]
//  DELETED   [71, mailbox, packet id, receipt]                         told to the connection that put it
//  PRESENCE  [72, mailbox, token hash, connected]                      mailboxes of at most 32 tokens
//  STATUS    [73, request, packets, bytes, open]
//  PONG      [74, request]
// receipt = [expiry or 0, batch root 32, path [32 …], signature 64]: the relay's signature over a whole commit batch
import {
	blob,
	bytes,
	decodeFrame,
	encode,
	flag,
	list,
	literal,
	map,
	optional,
	text,
	tuple,
	uint,
	variants,
	where,
	type DecodeError,
	type Shape,
} from './cbor.ts';
import { isBucket } from './block.ts';
import { MAX_BLOCK, MAX_TTL_SECONDS } from './limits.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

export const MAILBOX_VERSION = 1;
/** Tokens that one OPEN or ADD may carry. */
export const MAX_TOKENS = 256;
/** Ids in one frame. */
export const MAX_IDS = 256;
/** Members of mailboxes up to this size see who of them is connected. */
export const MAX_PRESENCE = 32;
export const MAX_FRAME = MAX_BLOCK + MAX_TOKENS * 35 + 512;
export const MAX_REPLY = 65_536;

/**
 * Why a relay refused. `closed`: the mailbox takes no more. `denied`: no write access or wrong proof. `gone`: everybody
 * had this packet already, or it was deleted. `unknownToken`: a token is not (yet) of this mailbox.
 */
export const ERROR_CODE = {
	malformed: 1,
	unknownMailbox: 2,
	denied: 3,
	full: 4,
	closed: 5,
	conflict: 6,
	unknownPacket: 7,
	busy: 8,
	failed: 9,
	gone: 10,
	unknownToken: 11,
} as const;
export type ErrorCode = (typeof ERROR_CODE)[keyof typeof ERROR_CODE];

/**
 * Proof that a relay stored (expiry > 0) or deleted (expiry 0) a packet: `leaf = hash("receipt", mailbox ‖ packet id ‖
 * expiry u64)`, joined pairwise along `path` to `root`, and the relay's signature over the root.
 */
export interface Receipt {
	readonly expiry: number;
	readonly root: Bytes;
	readonly path: readonly Bytes[];
	readonly signature: Bytes;
}

export interface WaitingPacket {
	readonly number: number;
	readonly packet: Bytes;
	readonly size: number;
	readonly expiry: number;
}

interface InMailbox {
	readonly request: number;
	readonly mailbox: Bytes;
}

export type ClientFrame =
	| (InMailbox & {
			readonly type: 'open';
			readonly writeKey: Bytes;
			readonly ownerKey: Bytes;
			readonly tokenHashes: readonly Bytes[];
			readonly ttl: number;
	  })
	| (InMailbox & { readonly type: 'add'; readonly tokenHashes: readonly Bytes[] })
	| (InMailbox & { readonly type: 'prove'; readonly signature: Bytes })
	| (InMailbox & {
			readonly type: 'put';
			readonly packet: Bytes;
			readonly ttl: number;
			readonly deleteHash: Bytes;
			/** Only these recipients; null: all. */
			readonly to: readonly Bytes[] | null;
			readonly block: Bytes;
	  })
	| (InMailbox & { readonly type: 'subscribe'; readonly token: Bytes; readonly cursor: number })
	| (InMailbox & {
			readonly type: 'fetch';
			readonly token: Bytes;
			readonly packets: readonly Bytes[];
	  })
	| (InMailbox & {
			readonly type: 'ack';
			readonly token: Bytes;
			readonly cursor: number;
			readonly packets: readonly Bytes[];
	  })
	| (InMailbox & {
			readonly type: 'delete';
			readonly packet: Bytes;
			readonly preimage: Bytes | null;
			readonly signature: Bytes | null;
	  })
	| (InMailbox & { readonly type: 'close'; readonly signature: Bytes })
	| (InMailbox & { readonly type: 'stat' })
	| { readonly type: 'ping'; readonly request: number };

export type RelayFrame =
	| {
			readonly type: 'hello';
			readonly version: number;
			readonly relayKey: Bytes;
			readonly challenge: Bytes;
			readonly time: number;
			readonly stunPort: number;
	  }
	| { readonly type: 'done'; readonly request: number }
	| {
			readonly type: 'error';
			readonly request: number;
			readonly code: ErrorCode;
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
	| { readonly type: 'pong'; readonly request: number };

const id = bytes(32);
const ids = list(id, MAX_IDS);
const tokens = list(id, MAX_TOKENS);
const block = where(blob(MAX_BLOCK), (value) => isBucket(value.length), 'not a bucket size');
const request = uint(2 ** 32 - 1);

const receiptShape: Shape<Receipt> = map(
	tuple(uint(), id, list(id, 32), bytes(64)),
	([expiry, root, path, signature]) => ({ expiry, root, path, signature }),
);
const receiptToTuple = (r: Receipt): unknown[] => [r.expiry, r.root, r.path, r.signature];

const clientShape: Shape<ClientFrame> = variants<ClientFrame>(
	map(
		tuple(literal(4), request, id, id, uint(MAX_TTL_SECONDS), id, optional(tokens), block),
		([, request, mailbox, packet, ttl, deleteHash, to, block]) => ({
			type: 'put' as const,
			request,
			mailbox,
			packet,
			ttl,
			deleteHash,
			to,
			block,
		}),
	),
	map(
		tuple(literal(7), request, id, id, uint(), ids),
		([, request, mailbox, token, cursor, packets]) => ({
			type: 'ack' as const,
			request,
			mailbox,
			token,
			cursor,
			packets,
		}),
	),
	map(
		tuple(literal(1), request, id, id, id, tokens, uint(MAX_TTL_SECONDS)),
		([, request, mailbox, writeKey, ownerKey, tokenHashes, ttl]) => ({
			type: 'open' as const,
			request,
			mailbox,
			writeKey,
			ownerKey,
			tokenHashes,
			ttl,
		}),
	),
	map(tuple(literal(2), request, id, tokens), ([, request, mailbox, tokenHashes]) => ({
		type: 'add' as const,
		request,
		mailbox,
		tokenHashes,
	})),
	map(tuple(literal(3), request, id, bytes(64)), ([, request, mailbox, signature]) => ({
		type: 'prove' as const,
		request,
		mailbox,
		signature,
	})),
	map(tuple(literal(5), request, id, id, uint()), ([, request, mailbox, token, cursor]) => ({
		type: 'subscribe' as const,
		request,
		mailbox,
		token,
		cursor,
	})),
	map(tuple(literal(6), request, id, id, ids), ([, request, mailbox, token, packets]) => ({
		type: 'fetch' as const,
		request,
		mailbox,
		token,
		packets,
	})),
	map(
		tuple(literal(8), request, id, id, optional(id), optional(bytes(64))),
		([, request, mailbox, packet, preimage, signature]) => ({
			type: 'delete' as const,
			request,
			mailbox,
			packet,
			preimage,
			signature,
		}),
	),
	map(tuple(literal(9), request, id, bytes(64)), ([, request, mailbox, signature]) => ({
		type: 'close' as const,
		request,
		mailbox,
		signature,
	})),
	map(tuple(literal(10), request, id), ([, request, mailbox]) => ({
		type: 'stat' as const,
		request,
		mailbox,
	})),
	map(tuple(literal(11), request), ([, request]) => ({ type: 'ping' as const, request })),
);

export function encodeClientFrame(f: ClientFrame): Bytes {
	switch (f.type) {
		case 'open':
			return encode([1, f.request, f.mailbox, f.writeKey, f.ownerKey, f.tokenHashes, f.ttl]);
		case 'add':
			return encode([2, f.request, f.mailbox, f.tokenHashes]);
		case 'prove':
			return encode([3, f.request, f.mailbox, f.signature]);
		case 'put':
			return encode([4, f.request, f.mailbox, f.packet, f.ttl, f.deleteHash, f.to, f.block]);
		case 'subscribe':
			return encode([5, f.request, f.mailbox, f.token, f.cursor]);
		case 'fetch':
			return encode([6, f.request, f.mailbox, f.token, f.packets]);
		case 'ack':
			return encode([7, f.request, f.mailbox, f.token, f.cursor, f.packets]);
		case 'delete':
			return encode([8, f.request, f.mailbox, f.packet, f.preimage, f.signature]);
		case 'close':
			return encode([9, f.request, f.mailbox, f.signature]);
		case 'stat':
			return encode([10, f.request, f.mailbox]);
		case 'ping':
			return encode([11, f.request]);
	}
}

export const decodeClientFrame = (encoded: Uint8Array): Result<ClientFrame, DecodeError> =>
	decodeFrame(clientShape, encoded, MAX_FRAME);

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
			text(256),
		),
		([, request, code, words]) => ({
			type: 'error' as const,
			request,
			code: code as ErrorCode,
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
		tuple(literal(64), uint(255), id, id, uint(), uint(65_535)),
		([, version, relayKey, challenge, time, stunPort]) => ({
			type: 'hello' as const,
			version,
			relayKey,
			challenge,
			time,
			stunPort,
		}),
	),
);

export function encodeRelayFrame(f: RelayFrame): Bytes {
	switch (f.type) {
		case 'hello':
			return encode([64, f.version, f.relayKey, f.challenge, f.time, f.stunPort]);
		case 'done':
			return encode([65, f.request]);
		case 'error':
			return encode([66, f.request, f.code, f.words]);
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
	}
}

export const decodeRelayFrame = (encoded: Uint8Array): Result<RelayFrame, DecodeError> =>
	decodeFrame(relayShape, encoded, MAX_REPLY);
