// What can be said of a packet by itself: that it is well-formed, whole and signed by the device it names. [FD6] [FD7]
// Knows nothing of spaces or of other entries.
import { encode } from '#lib/protocol/cbor.ts';
import {
	decodeHeader,
	fitsKind,
	KIND,
	wrapsToTuple,
	type Header,
	type Packet,
	type Wraps,
} from '#lib/protocol/entry.ts';
import { label } from '#lib/protocol/labels.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { concat, equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export interface Entry {
	readonly id: Bytes;
	/** The id as a Map key. */
	readonly key: string;
	readonly header: Header;
	readonly packet: Packet;
}

export interface EntryError {
	readonly type: 'bad-header' | 'bad-body' | 'bad-wraps' | 'bad-signature';
	readonly detail: string;
}

/** Id of the entry with this header, 32 bytes. */
export const entryId = (crypto: CryptoProvider, header: Uint8Array): Bytes =>
	crypto.sha256(label('entry'), header);

export const bodyHash = (crypto: CryptoProvider, body: Uint8Array): Bytes =>
	crypto.sha256(label('body'), body);

/** 32 bytes, of what an EPOCH wraps for its recipients: nobody can give one of them another box. */
export const wrapsHash = (crypto: CryptoProvider, wraps: Wraps): Bytes =>
	crypto.sha256(label('wraps'), encode(wrapsToTuple(wraps)));

/** The bytes that a device signs for an entry with this header. */
export const signedContent = (header: Uint8Array): Bytes => concat(label('sign-entry'), header);

/** Reads a packet that this device has checked before and kept under its own seal. */
export function readEntry(crypto: CryptoProvider, packet: Packet): Result<Entry, EntryError> {
	const header = decodeHeader(packet.header);
	if (!header.ok) return err({ type: 'bad-header', detail: header.error.detail });
	const id = entryId(crypto, packet.header);
	return ok({ id, key: toHex(id), header: header.value, packet });
}

/** Checks everything that needs no other entry. */
export async function checkEntry(
	crypto: CryptoProvider,
	packet: Packet,
): Promise<Result<Entry, EntryError>> {
	const entry = readEntry(crypto, packet);
	return entry.ok ? proveEntry(crypto, entry.value) : entry;
}

/** The same of one that was read already. A missing body is no error: it may be gone for good reason. */
export async function proveEntry(
	crypto: CryptoProvider,
	entry: Entry,
): Promise<Result<Entry, EntryError>> {
	const { packet } = entry;
	const { kind, bodyLength, bodyHash: expected, device, wrapsHash: named } = entry.header;
	if (!fitsKind(kind, packet)) {
		return err({ type: 'bad-body', detail: 'more than an entry of its kind may have' });
	}
	if (packet.body !== null) {
		if (packet.body.length !== bodyLength || !equal(bodyHash(crypto, packet.body), expected)) {
			return err({ type: 'bad-body', detail: 'not the body that the header names' });
		}
	}
	const { wraps } = packet;
	if (kind === KIND.epoch && wraps !== null && named !== null) {
		if (!equal(wrapsHash(crypto, wraps), named)) {
			return err({ type: 'bad-wraps', detail: 'not the wraps that the header names' });
		}
	}
	if (!(await crypto.verify(device, signedContent(packet.header), packet.signature))) {
		return err({ type: 'bad-signature', detail: toHex(device) });
	}
	return ok(entry);
}
