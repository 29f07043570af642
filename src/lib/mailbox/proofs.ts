// What clients and relays hash and sign towards each other: one definition for both sides. Whatever a client signs names
// the relay's key and the connection's challenge, so that it is worth nothing at another relay or on another connection.
// [MB2] [MB3] [MB4] [MB7] [MB12] [MB13] [MB26] [MB29]
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { encode } from '#lib/protocol/cbor.ts';
import { label, type Label } from '#lib/protocol/labels.ts';
import type { RelayFrame } from '#lib/protocol/mailbox.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';

type Hashing = Pick<CryptoProvider, 'sha256'>;

/** A mailbox's id, of its public keys: nobody can open it with others. */
export const mailboxId = (crypto: Hashing, writeKey: Uint8Array, ownerKey: Uint8Array): Bytes =>
	crypto.sha256(label('mailbox'), writeKey, ownerKey);

/** What a mailbox knows of a token, of the public key that belongs to it. */
export const hashTokenKey = (crypto: Hashing, tokenKey: Uint8Array): Bytes =>
	crypto.sha256(label('token'), tokenKey);

/** The same, of the token: the 32-byte seed of its key. */
export const tokenHash = async (crypto: CryptoProvider, token: Uint8Array): Promise<Bytes> =>
	hashTokenKey(crypto, (await crypto.signingKey(token)).publicKey);

/** What a relay knows of an invitation of its operator's, of the public key that belongs to it. */
export const hashInvitation = (crypto: Hashing, key: Uint8Array): Bytes =>
	crypto.sha256(label('relay-invitation'), key);

/** What a relay knows of the 32-byte preimage that deletes a packet. */
export const hashDeletion = (crypto: Hashing, preimage: Uint8Array): Bytes =>
	crypto.sha256(label('delete'), preimage);

/** Where a proof counts: on one connection to one relay. */
export interface Here {
	readonly relayKey: Uint8Array;
	/** The relay's, fresh for each connection. */
	readonly challenge: Uint8Array;
}

const here = (name: Label, { relayKey, challenge }: Here, ...what: readonly Uint8Array[]): Bytes =>
	concat(label(name), relayKey, challenge, ...what);

/** Signed by the write key. */
export const writeAccessContent = (at: Here, mailbox: Uint8Array): Bytes =>
	here('write-access', at, mailbox);

/** Signed by an invitation's key. */
export const enterContent = (at: Here): Bytes => here('relay-enter', at);

/** Signed by a token's key. */
export const tokenAccessContent = (at: Here, mailbox: Uint8Array): Bytes =>
	here('token-access', at, mailbox);

/** Signed by the owner key, as the next two. */
export const ownerDeleteContent = (at: Here, mailbox: Uint8Array, packet: Uint8Array): Bytes =>
	here('owner-delete', at, mailbox, packet);

export const ownerCloseContent = (at: Here, mailbox: Uint8Array): Bytes =>
	here('owner-close', at, mailbox);

export const ownerRemoveContent = (at: Here, mailbox: Uint8Array, tokenHash: Uint8Array): Bytes =>
	here('owner-remove', at, mailbox, tokenHash);

/** Signed by the relay's key: everything that the greeting says, for the client that asked with `asked`. */
export const helloContent = (
	asked: Uint8Array,
	hello: Omit<Extract<RelayFrame, { type: 'hello' }>, 'type' | 'signature'>,
): Bytes => {
	const { version, relayKey, challenge, time, stunPort, invitedOnly, draining } = hello;
	const said = encode([version, relayKey, challenge, time, stunPort, invitedOnly, draining]);
	return concat(label('relay-hello'), asked, said);
};
