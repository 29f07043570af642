// What both sides of a mailbox connection share: bounds, error codes, receipts, and the fields frames are made of. [MB1]
import { blob, bytes, list, uint, where } from './cbor.ts';
import { isBucket } from './block.ts';
import { MAX_BLOCK } from './limits.ts';
import type { Bytes } from '#lib/util/bytes.ts';

export const MAILBOX_VERSION = 1;
/** Tokens that one OPEN or ADD may carry. */
export const MAX_TOKENS = 256;
/** Ids in one frame. */
export const MAX_IDS = 256;
/** Members of mailboxes up to this size see who of them is connected. */
export const MAX_PRESENCE = 32;
/** Chunks of one packet, and bytes of one of them: 64 KiB and what sealing adds. */
export const MAX_CHUNKS = 1024;
export const MAX_CHUNK = 65_536 + 256;
export const MAX_FRAME = MAX_CHUNK + 512;
export const MAX_REPLY = MAX_CHUNK + 512;
/** A day. */
export const MAX_RETRY_AFTER = 86_400;
/** Numbers by which a connection names its tokens. */
export const MAX_TOKEN_NUMBER = 2 ** 32 - 1;

/**
 * Why a relay refused. `closed`: the mailbox takes no more. `denied`: no write access or wrong proof. `gone`: everybody
 * had this packet already, or it was deleted. `unknownToken`: a token is not (yet) of this mailbox. `uninvited`: no
 * invitation of the relay's operator stands behind it. `draining`: the relay takes nothing new any longer.
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
	quota: 12,
	uninvited: 13,
	incomplete: 14,
	draining: 15,
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

export const id = bytes(32);
export const ids = list(id, MAX_IDS);
export const tokens = list(id, MAX_TOKENS);
export const block = where(blob(MAX_BLOCK), (value) => isBucket(value.length), 'not a bucket size');
export const chunk = blob(MAX_CHUNK);
export const request = uint(2 ** 32 - 1);
