// Frames between a client and a relay's mailboxes. One WebSocket message or one stream frame each. [MB1]
// Requests carry a number that the answer repeats. Ids and keys are 32 bytes, token keys 32, sizes in bytes, times in seconds.
export { decodeClientFrame, encodeClientFrame, type ClientFrame } from './mailbox-request.ts';
export { decodeRelayFrame, encodeRelayFrame, type RelayFrame } from './mailbox-reply.ts';
export {
	ERROR_CODE,
	MAILBOX_VERSION,
	MAX_CHUNK,
	MAX_CHUNKS,
	MAX_FRAME,
	MAX_IDS,
	MAX_PRESENCE,
	MAX_REPLY,
	MAX_TOKENS,
	type ErrorCode,
	type Receipt,
	type WaitingPacket,
} from './mailbox-terms.ts';
