// Makes this device's next entry in a space: seals the content, names what it builds on, signs it. [FD1] [HD1] [KY11] [KY13]
import { commitmentOf, controlEntryKey, sealBody, wrapEach } from '#lib/crypto/entry-keys.ts';
import { bodyHash, entryId, signedContent, type Entry } from '#lib/crdt/check-entry.ts';
import { encodeContent, type Content } from '#lib/protocol/content.ts';
import {
	encodeHeader,
	isControl,
	type Header,
	type KeyReference,
	type Time,
	type Wraps,
} from '#lib/protocol/entry.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { CryptoProvider, SigningKey } from '#lib/ports/crypto.ts';
import type { Random } from '#lib/ports/random.ts';

export interface EntryPlace {
	readonly space: Bytes;
	readonly author: Bytes;
	readonly seq: number;
	readonly prev: Bytes;
	readonly time: Time;
	readonly authorityHeads: readonly Bytes[];
	readonly feedHeads: readonly Bytes[];
}

export interface EntrySealing {
	/** Name of the epoch, 16 bytes. */
	readonly epoch: Bytes;
	/** Seals control entries for every member. */
	readonly controlKey: Bytes;
	/** Prekeys of the devices a message is for; for an EPOCH, each with its grant. */
	readonly recipients: readonly { readonly publicKey: Bytes; readonly secret: Bytes | null }[];
}

interface Tools {
	readonly crypto: CryptoProvider;
	readonly random: Random;
	readonly device: SigningKey;
}

export async function composeEntry(
	{ crypto, random, device }: Tools,
	place: EntryPlace,
	sealing: EntrySealing,
	content: Content,
): Promise<Entry> {
	const control = isControl(content.kind);
	const salt = random.bytes(16);
	const key: KeyReference = control
		? { mode: 'control', epoch: sealing.epoch, salt }
		: { mode: 'direct', epoch: sealing.epoch };
	const entryKey = control ? controlEntryKey(crypto, sealing.controlKey, salt) : random.bytes(32);
	const wraps: Wraps | null =
		sealing.recipients.length === 0
			? null
			: await wrapEach(
					crypto,
					random,
					sealing.recipients.map(({ publicKey, secret }) => ({
						publicKey,
						secret: secret ?? entryKey,
					})),
				);
	const body = sealBody(crypto, entryKey, encodeContent(content));
	const header: Header = {
		...place,
		kind: content.kind,
		device: device.publicKey,
		key,
		commitment: commitmentOf(crypto, entryKey),
		bodyHash: bodyHash(crypto, body),
		bodyLength: body.length,
		attachmentRoot: null,
		attachmentLength: 0,
		expiry: 0,
	};
	const encoded = encodeHeader(header);
	const signature = await device.sign(signedContent(encoded));
	const id = entryId(crypto, encoded);
	return { id, key: toHex(id), header, packet: { header: encoded, signature, wraps, body } };
}
