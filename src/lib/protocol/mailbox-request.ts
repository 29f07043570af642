// Frames from a client to a relay's mailboxes. [MB1]
//
// OPEN      [1, request, mailbox, write key, owner key, [token hash …], ttl]
// ADD       [2, request, mailbox, [token hash …]]                     write access
// PROVE     [3, request, mailbox, signature 64]                       proves the write key for this connection
// PUT       [4, request, mailbox, packet id, ttl (0: push only), delete hash, to [token hash …] or null, block]
// SUBSCRIBE [5, request, mailbox, token, cursor]                      packets after the cursor, then pushes
// FETCH     [6, request, mailbox, token, [packet id …]]
// ACK       [7, request, mailbox, token, cursor, [packet id …]]       everything up to the cursor, and these
// DELETE    [8, request, mailbox, packet id, preimage 32 or null, owner's signature 64 or null]
// CLOSE     [9, request, mailbox, owner's signature 64]
// STAT      [10, request, mailbox]                                    write access
// PING      [11, request]
import {
	bytes,
	decodeFrame,
	encode,
	literal,
	map,
	optional,
	tuple,
	uint,
	variants,
	type DecodeError,
	type Shape,
} from './cbor.ts';
import { MAX_TTL_SECONDS } from './limits.ts';
import { block, id, ids, MAX_FRAME, request, tokens } from './mailbox-terms.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

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
