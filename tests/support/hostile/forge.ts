// Entries as only somebody with a changed client makes them: any header, any content, signed by whose keys one has.
import { bodyHash, entryId, signedContent, wrapsHash, type Entry } from '#lib/crdt/check-entry.ts';
import {
	commitmentOf,
	controlEntryKey,
	sealBody,
	wrapEach,
	type WrapRecipient,
} from '#lib/crypto/entry-keys.ts';
import type { SigningKey } from '#lib/ports/crypto.ts';
import { encodeContent, type Content } from '#lib/protocol/content.ts';
import {
	isControl,
	KIND,
	type Header,
	type KeyReference,
	type Packet,
	type Wraps,
} from '#lib/protocol/entry.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { encodeAnyHeader } from '../any-cbor.ts';
import { crypto, type Device } from '../devices.ts';

export interface Forgery {
	/** Bytes: what is sealed as the content, whatever that is. */
	readonly content: Content | { readonly kind: number; readonly bytes: Bytes };
	/** Said instead of the truth, and signed. */
	readonly header?: Partial<Header>;
	/** Whose keys and view of the space; without it the author's own. */
	readonly keysOf?: Device;
	readonly signer?: SigningKey;
	/** Sealed under this instead of the key that the members have. */
	readonly key?: Bytes;
	/** Of an EPOCH: its own keys' name and control key, and what each recipient gets. */
	readonly epoch?: Bytes;
	readonly controlKey?: Bytes;
	readonly grants?: readonly WrapRecipient[];
	/** What the wraps hold, instead of the key. */
	readonly wrapped?: Bytes;
	/** Goes on after this one instead of the last that was told. */
	readonly after?: Entry;
}

/** An entry of this device, like a true one but for what is said. */
export async function forge(by: Device, forgery: Forgery): Promise<Entry> {
	const { content, keysOf = by, after } = forgery;
	const { ledger, ring } = keysOf.space;
	const { random, clock } = keysOf.ports;
	const epoch = forgery.epoch ?? ledger.authority.epoch?.id ?? new Uint8Array(16);
	const { kind } = content;
	const isWrapped = kind === KIND.sealed || !isControl(kind);
	const salt = random.bytes(16);
	const controlKey = forgery.controlKey ?? ring.get(epoch)?.controlKey ?? new Uint8Array(32);
	const entryKey =
		forgery.key ?? (isWrapped ? random.bytes(32) : controlEntryKey(crypto, controlKey, salt));
	const body = sealBody(
		crypto,
		entryKey,
		'bytes' in content ? content.bytes : encodeContent(content),
	);
	const key: KeyReference = isWrapped
		? { mode: 'direct', epoch }
		: { mode: 'control', epoch, salt };
	const { after: last, ...next } = ledger.next(by.self.device.publicKey, clock.now());
	const place =
		after === undefined
			? next
			: {
					...next,
					...{ seq: after.header.seq + 1, prev: after.id },
					authorityHeads: isControl(after.header.kind) ? [after.id] : next.authorityHeads,
				};
	const boxes = forgery.grants ?? (isWrapped ? boxesOf(keysOf, forgery.wrapped ?? entryKey) : null);
	const wraps: Wraps | null = boxes && (await wrapEach(crypto, random, boxes));
	const header: Header = {
		kind,
		space: kind === KIND.genesis ? new Uint8Array(0) : ledger.space,
		author: by.self.rootHash,
		device: by.self.device.publicKey,
		...place,
		time: {
			ms: Math.max(clock.now(), last.ms + 1, (after?.header.time.ms ?? 0) + 1),
			counter: 0,
		},
		key,
		commitment: commitmentOf(crypto, entryKey),
		bodyHash: bodyHash(crypto, body),
		bodyLength: body.length,
		wrapsHash: kind === KIND.epoch ? hashOf(wraps) : null,
		attachmentRoot: null,
		attachmentLength: 0,
		expiry: 0,
		...forgery.header,
	};
	const packet = await signed(encodeAnyHeader(header), forgery.signer ?? by.self.device);
	const id = entryId(crypto, packet.header);
	return { id, key: toHex(id), header, packet: { ...packet, wraps, body } };
}

const hashOf = (wraps: Wraps | null): Bytes =>
	wraps === null ? new Uint8Array(32) : wrapsHash(crypto, wraps);

/** These header bytes, whatever they are, with a true signature. */
export const signed = async (header: Bytes, signer: SigningKey): Promise<Packet> => ({
	header,
	signature: await signer.sign(signedContent(header)),
	wraps: null,
	body: null,
});

const boxesOf = ({ space }: Device, secret: Bytes): readonly WrapRecipient[] =>
	[...space.ledger.authority.devices.values()]
		.filter(({ active }) => active)
		.map(({ member }) => ({ publicKey: member.prekey.publicKey, secret }));
