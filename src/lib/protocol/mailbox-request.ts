// Frames from a client to a relay's mailboxes. [MB1]
//
// GREET     [0, version, challenge 32]                                first frame on every connection
// OPEN      [1, request, write key, owner key]                        the mailbox's id follows from the keys
// ADD       [2, request, mailbox, [token hash …]]                     write access
// PROVE     [3, request, mailbox, signature 64]                       proves the write key for this connection
// PUT       [4, request, mailbox, packet id, ttl (0: push only), delete hash, to [token hash …] or null, block, chunks]
// SUBSCRIBE [5, request, token number, cursor]                        packets after the cursor, then pushes
// FETCH     [6, request, token number, [packet id …]]
// ACK       [7, request, token number, cursor, [packet id …]]         blocks: everything up to the cursor, and these
// DELETE    [8, request, mailbox, packet id, preimage 32 or null, owner's signature 64 or null]
// CLOSE     [9, request, mailbox, owner's signature 64]
// STAT      [10, request, mailbox]                                    write access
// PING      [11, request]
// TOKEN     [12, request, mailbox, number, token key 32, signature 64]  proves a token; the number names it from then on
// REMOVE    [13, request, mailbox, token hash, owner's signature 64]
// CHUNK     [14, request, mailbox, packet id, index, bytes]           write access, as the next two
// COMMIT    [15, request, mailbox, packet id]
// CHUNKS    [16, request, mailbox, packet id]                         asks which are there
// FETCHCHUNK [17, request, token number, packet id, index]
// ACKCONTENT [18, request, token number, [packet id …]]
// ENTER     [19, request, invitation's key 32, signature 64]          shows an invitation of the relay's operator
import {
	bytes,
	decodeSharing,
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
import {
	block,
	chunk,
	id,
	ids,
	MAX_CHUNKS,
	MAX_FRAME,
	MAX_TOKEN_NUMBER,
	request,
	tokens,
} from './mailbox-terms.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

interface Asked {
	readonly request: number;
}
interface InMailbox extends Asked {
	readonly mailbox: Bytes;
}
interface OfPacket extends InMailbox {
	readonly packet: Bytes;
}
/** `token`: the number that TOKEN gave it. */
interface ByToken extends Asked {
	readonly token: number;
}

export type ClientFrame =
	| {
			readonly type: 'greet';
			readonly version: number;
			readonly challenge: Bytes;
	  }
	| (Asked & { readonly type: 'open'; readonly writeKey: Bytes; readonly ownerKey: Bytes })
	| (InMailbox & { readonly type: 'add'; readonly tokenHashes: readonly Bytes[] })
	| (InMailbox & { readonly type: 'prove'; readonly signature: Bytes })
	| (OfPacket & {
			readonly type: 'put';
			readonly ttl: number;
			readonly deleteHash: Bytes;
			/** Only these recipients; null: all. */
			readonly to: readonly Bytes[] | null;
			readonly block: Bytes;
			/** How many follow; 0: none, and it is visible at once. */
			readonly chunks: number;
	  })
	| (ByToken & { readonly type: 'subscribe'; readonly cursor: number })
	| (ByToken & { readonly type: 'fetch'; readonly packets: readonly Bytes[] })
	| (ByToken & {
			readonly type: 'ack';
			readonly cursor: number;
			readonly packets: readonly Bytes[];
	  })
	| (OfPacket & {
			readonly type: 'delete';
			readonly preimage: Bytes | null;
			readonly signature: Bytes | null;
	  })
	| (InMailbox & { readonly type: 'close'; readonly signature: Bytes })
	| (InMailbox & { readonly type: 'stat' })
	| (Asked & { readonly type: 'ping' })
	| (InMailbox &
			ByToken & {
				readonly type: 'token';
				readonly tokenKey: Bytes;
				readonly signature: Bytes;
			})
	| (InMailbox & {
			readonly type: 'remove';
			readonly tokenHash: Bytes;
			readonly signature: Bytes;
	  })
	| (OfPacket & { readonly type: 'chunk'; readonly index: number; readonly bytes: Bytes })
	| (OfPacket & { readonly type: 'commit' })
	| (OfPacket & { readonly type: 'chunks' })
	| (ByToken & { readonly type: 'fetch-chunk'; readonly packet: Bytes; readonly index: number })
	| (ByToken & { readonly type: 'ack-contents'; readonly packets: readonly Bytes[] })
	| (Asked & { readonly type: 'enter'; readonly invitation: Bytes; readonly signature: Bytes });

const signature = bytes(64);
const tokenNumber = uint(MAX_TOKEN_NUMBER);
const chunkIndex = uint(MAX_CHUNKS - 1);

const clientShape: Shape<ClientFrame> = variants<ClientFrame>(
	map(
		tuple(
			literal(4),
			request,
			id,
			id,
			uint(MAX_TTL_SECONDS),
			id,
			optional(tokens),
			block,
			uint(MAX_CHUNKS),
		),
		([, request, mailbox, packet, ttl, deleteHash, to, block, chunks]) => ({
			type: 'put' as const,
			request,
			mailbox,
			packet,
			ttl,
			deleteHash,
			to,
			block,
			chunks,
		}),
	),
	map(
		tuple(literal(7), request, tokenNumber, uint(), ids),
		([, request, token, cursor, packets]) => ({
			type: 'ack' as const,
			request,
			token,
			cursor,
			packets,
		}),
	),
	map(tuple(literal(1), request, id, id), ([, request, writeKey, ownerKey]) => ({
		type: 'open' as const,
		request,
		writeKey,
		ownerKey,
	})),
	map(tuple(literal(2), request, id, tokens), ([, request, mailbox, tokenHashes]) => ({
		type: 'add' as const,
		request,
		mailbox,
		tokenHashes,
	})),
	map(tuple(literal(3), request, id, signature), ([, request, mailbox, signature]) => ({
		type: 'prove' as const,
		request,
		mailbox,
		signature,
	})),
	map(tuple(literal(5), request, tokenNumber, uint()), ([, request, token, cursor]) => ({
		type: 'subscribe' as const,
		request,
		token,
		cursor,
	})),
	map(tuple(literal(6), request, tokenNumber, ids), ([, request, token, packets]) => ({
		type: 'fetch' as const,
		request,
		token,
		packets,
	})),
	map(
		tuple(literal(8), request, id, id, optional(id), optional(signature)),
		([, request, mailbox, packet, preimage, signature]) => ({
			type: 'delete' as const,
			request,
			mailbox,
			packet,
			preimage,
			signature,
		}),
	),
	map(tuple(literal(9), request, id, signature), ([, request, mailbox, signature]) => ({
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
	map(
		tuple(literal(12), request, id, tokenNumber, id, signature),
		([, request, mailbox, token, tokenKey, signature]) => ({
			type: 'token' as const,
			request,
			mailbox,
			token,
			tokenKey,
			signature,
		}),
	),
	map(
		tuple(literal(13), request, id, id, signature),
		([, request, mailbox, tokenHash, signature]) => ({
			type: 'remove' as const,
			request,
			mailbox,
			tokenHash,
			signature,
		}),
	),
	map(
		tuple(literal(14), request, id, id, chunkIndex, chunk),
		([, request, mailbox, packet, index, bytes]) => ({
			type: 'chunk' as const,
			request,
			mailbox,
			packet,
			index,
			bytes,
		}),
	),
	map(tuple(literal(15), request, id, id), ([, request, mailbox, packet]) => ({
		type: 'commit' as const,
		request,
		mailbox,
		packet,
	})),
	map(tuple(literal(16), request, id, id), ([, request, mailbox, packet]) => ({
		type: 'chunks' as const,
		request,
		mailbox,
		packet,
	})),
	map(
		tuple(literal(17), request, tokenNumber, id, chunkIndex),
		([, request, token, packet, index]) => ({
			type: 'fetch-chunk' as const,
			request,
			token,
			packet,
			index,
		}),
	),
	map(tuple(literal(18), request, tokenNumber, ids), ([, request, token, packets]) => ({
		type: 'ack-contents' as const,
		request,
		token,
		packets,
	})),
	map(tuple(literal(0), uint(255), id), ([, version, challenge]) => ({
		type: 'greet' as const,
		version,
		challenge,
	})),
	map(tuple(literal(19), request, id, signature), ([, request, invitation, signature]) => ({
		type: 'enter' as const,
		request,
		invitation,
		signature,
	})),
);

export function encodeClientFrame(f: ClientFrame): Bytes {
	switch (f.type) {
		case 'greet':
			return encode([0, f.version, f.challenge]);
		case 'open':
			return encode([1, f.request, f.writeKey, f.ownerKey]);
		case 'add':
			return encode([2, f.request, f.mailbox, f.tokenHashes]);
		case 'prove':
			return encode([3, f.request, f.mailbox, f.signature]);
		case 'put':
			return encode([
				4,
				f.request,
				f.mailbox,
				f.packet,
				f.ttl,
				f.deleteHash,
				f.to,
				f.block,
				f.chunks,
			]);
		case 'subscribe':
			return encode([5, f.request, f.token, f.cursor]);
		case 'fetch':
			return encode([6, f.request, f.token, f.packets]);
		case 'ack':
			return encode([7, f.request, f.token, f.cursor, f.packets]);
		case 'delete':
			return encode([8, f.request, f.mailbox, f.packet, f.preimage, f.signature]);
		case 'close':
			return encode([9, f.request, f.mailbox, f.signature]);
		case 'stat':
			return encode([10, f.request, f.mailbox]);
		case 'ping':
			return encode([11, f.request]);
		case 'token':
			return encode([12, f.request, f.mailbox, f.token, f.tokenKey, f.signature]);
		case 'remove':
			return encode([13, f.request, f.mailbox, f.tokenHash, f.signature]);
		case 'chunk':
			return encode([14, f.request, f.mailbox, f.packet, f.index, f.bytes]);
		case 'commit':
			return encode([15, f.request, f.mailbox, f.packet]);
		case 'chunks':
			return encode([16, f.request, f.mailbox, f.packet]);
		case 'fetch-chunk':
			return encode([17, f.request, f.token, f.packet, f.index]);
		case 'ack-contents':
			return encode([18, f.request, f.token, f.packets]);
		case 'enter':
			return encode([19, f.request, f.invitation, f.signature]);
	}
}

export const decodeClientFrame = (encoded: Uint8Array): Result<ClientFrame, DecodeError> =>
	decodeSharing(clientShape, encoded, MAX_FRAME);
