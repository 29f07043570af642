// Makes this device's next entry in a space: seals the content, names what it builds on, signs it.
// [FD1] [HD1] [KY11] [KY13] [SH3]
import {
	commitmentOf,
	controlEntryKey,
	sealBody,
	sealedWrapsSeed,
	wrapEach,
} from '#lib/crypto/entry-keys.ts';
import { wrapUnder } from '#lib/crypto/sender-ratchet.ts';
import { bodyHash, entryId, signedContent, wrapsHash, type Entry } from '#lib/crdt/check-entry.ts';
import type { NamedAttachment } from '#lib/protocol/attachment.ts';
import { encodeContent, type Content } from '#lib/protocol/content.ts';
import {
	encodeHeader,
	isControl,
	KIND,
	type Header,
	type KeyReference,
	type Time,
	type Wraps,
} from '#lib/protocol/entry.ts';
import { concat, toHex, type Bytes } from '#lib/util/bytes.ts';
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
	/** Milliseconds since 1970; without it, or 0: never. */
	readonly expiry?: number;
	/** What the header says of the files that come with it. */
	readonly attached?: Pick<NamedAttachment, 'root' | 'length'> | undefined;
}

export interface EntryRecipient {
	readonly publicKey: Bytes;
	/** null: the key of the entry itself. */
	readonly secret: Bytes | null;
	/** It is not for this one, and looks as if it were. */
	readonly decoy?: boolean;
}

export interface EntrySealing {
	/** Name of the epoch, 16 bytes. */
	readonly epoch: Bytes;
	/** Seals control entries for every member. */
	readonly controlKey: Bytes;
	/** Prekeys of the devices a message is for; for an EPOCH, each with its grant; for a SEALED entry, of all members. */
	readonly recipients: readonly EntryRecipient[];
	/** For a message to more devices than one can wrap for: its place in the own chain, and the key of that. */
	readonly ratchet?: { readonly place: KeyReference; readonly key: Bytes };
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
	/** The key of a message, 32 bytes: drawn here unless somebody wants to keep it. */
	messageKey?: Bytes,
): Promise<Entry> {
	const isSealed = content.kind === KIND.sealed;
	const control = isControl(content.kind) && !isSealed;
	const salt = random.bytes(16);
	const key: KeyReference = control
		? { mode: 'control', epoch: sealing.epoch, salt }
		: (sealing.ratchet?.place ?? { mode: 'direct', epoch: sealing.epoch });
	const entryKey = control
		? controlEntryKey(crypto, sealing.controlKey, salt)
		: (messageKey ?? random.bytes(32));
	const wraps: Wraps | null =
		sealing.recipients.length === 0
			? null
			: await wrapEach(
					crypto,
					random,
					sealing.recipients.map(({ publicKey, secret, decoy = false }) => ({
						publicKey,
						secret: decoy ? null : (secret ?? entryKey),
					})),
					isSealed ? sealedWrapsSeed(crypto, entryKey) : undefined,
				);
	const sealed = sealBody(crypto, entryKey, encodeContent(content));
	const body =
		sealing.ratchet === undefined
			? sealed
			: concat(wrapUnder(crypto, sealing.ratchet.key, entryKey), sealed);
	const { attached, ...placed } = place;
	const header: Header = {
		expiry: 0,
		...placed,
		kind: content.kind,
		device: device.publicKey,
		key,
		commitment: commitmentOf(crypto, entryKey),
		bodyHash: bodyHash(crypto, body),
		bodyLength: body.length,
		wrapsHash: content.kind === KIND.epoch && wraps !== null ? wrapsHash(crypto, wraps) : null,
		attachmentRoot: attached?.root ?? null,
		attachmentLength: attached?.length ?? 0,
	};
	const encoded = encodeHeader(header);
	const signature = await device.sign(signedContent(encoded));
	const id = entryId(crypto, encoded);
	return { id, key: toHex(id), header, packet: { header: encoded, signature, wraps, body } };
}
