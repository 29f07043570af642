// Every hash, derivation and signature names what it is for, so that no value of one use serves another. [EN6]
import { utf8, type Bytes } from '#lib/util/bytes.ts';

const known = new Map<string, Bytes>();

/** The prefix `aegis/NAME/1` and a zero byte: first part of a hash or signed message, and HKDF info. */
export function label(name: Label): Bytes {
	let bytes = known.get(name);
	if (bytes === undefined) {
		bytes = utf8(`aegis/${name}/1\0`);
		known.set(name, bytes);
	}
	return bytes;
}

export type Label =
	// hashes
	| 'root' // Root Hash, of the root public key
	| 'entry' // entry id, of the header
	| 'body' // body hash, of the sealed body
	| 'wraps' // what an EPOCH wraps for its recipients
	| 'prekey' // prekey id (first 8 bytes), of its public key
	| 'token' // what a relay knows of an acknowledgement token, of its public key
	| 'mailbox' // a mailbox's id, of its keys
	| 'relay-invitation' // what a relay knows of an invitation, of its public key
	| 'delete' // what a relay knows of a sender's right to delete
	| 'receipt' // leaves and nodes of a receipt's batch
	| 'part'
	| 'parts' // what several parts make up together, of their hashes
	| 'part-id' // names of parts on relays
	| 'pairing-commitment' // of what a new device is about to reveal
	| 'pairing-transcript' // all that two devices of a pairing have said in the open
	| 'prekey-digest' // of the prekeys that a device holds of a space's devices
	| 'last-word' // names on relays of what is left for whom a void admission let in
	| 'packet-id' // a packet's random-looking name on relays
	| 'chunk' // of a sealed chunk of an attachment
	| 'attachment-root' // of the hashes of all its chunks
	| 'meeting' // name of the attempt that an offer carried by people begins
	| 'file-copy' // names of chunks on relays
	| 'safety-number' // digits that two people compare, of a Root Hash
	// signatures
	| 'certificate'
	| 'prekey-record'
	| 'sign-entry'
	| 'state'
	| 'signal'
	| 'peer-record'
	| 'join'
	| 'join-reply'
	| 'keys-me'
	| 'typing'
	| 'kin'
	| 'relay-hello'
	| 'relay-enter'
	| 'write-access'
	| 'token-access'
	| 'owner-delete'
	| 'owner-close'
	| 'owner-remove'
	| 'revoke-device'
	| 'enrol'
	| 'sign-receipt'
	| 'link-hello'
	| 'meeting-hello'
	// derivations
	| 'wrap'
	| 'sealed-wraps'
	| 'seal-to'
	| 'commitment'
	| 'body-key'
	| 'control-entry'
	| 'epoch-id'
	| 'late-envelope'
	| 'group-commitment'
	| 'envelope-commitment'
	| 'group-step'
	| 'sender-chain'
	| 'sender-key'
	| 'sender-step'
	| 'epoch-group'
	| 'epoch-control'
	| 'epoch-envelope'
	| 'epoch-write'
	| 'epoch-files'
	| 'epoch-file-blocks'
	| 'invite-key'
	| 'invite-write'
	| 'join-token'
	| 'lobby-agreement'
	| 'lobby-token'
	| 'lobby-owner'
	| 'link-tag'
	| 'link-rank'
	| 'pairing-mailbox'
	| 'pairing-block'
	| 'pairing-session'
	| 'pairing-digits'
	| 'store-name'
	| 'store-value'
	| 'container-slot'
	| 'container-secrets'
	| 'container-storage'
	| 'avatar'
	| 'attachment'
	| 'backup'
	| 'backup-file'
	| 'return-owner'
	| 'return-knock'
	| 'return-write'
	| 'return-agreement'
	| 'return-token';
