// What clients hash and sign towards a relay, and the relay checks: one definition for both sides. [MB3] [MB12] [MB13]
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { label } from '#lib/protocol/labels.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';

/** What a relay knows of a 32-byte acknowledgement token. */
export const hashToken = (crypto: CryptoProvider, token: Uint8Array): Bytes =>
	crypto.sha256(label('token'), token);

/** What a relay knows of the 32-byte preimage that deletes a packet. */
export const hashDeletion = (crypto: CryptoProvider, preimage: Uint8Array): Bytes =>
	crypto.sha256(label('delete'), preimage);

/** Signed by the write key; `challenge` is the connection's, so a proof serves no other one. */
export const writeAccessContent = (challenge: Uint8Array, mailbox: Uint8Array): Bytes =>
	concat(label('write-access'), challenge, mailbox);

/** Signed by the owner key. */
export const ownerDeleteContent = (
	challenge: Uint8Array,
	mailbox: Uint8Array,
	packet: Uint8Array,
): Bytes => concat(label('owner-delete'), challenge, mailbox, packet);

/** Signed by the owner key. */
export const ownerCloseContent = (challenge: Uint8Array, mailbox: Uint8Array): Bytes =>
	concat(label('owner-close'), challenge, mailbox);
