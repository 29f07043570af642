// Opens what entries carry, with the keys this device holds, and checks the signatures inside.
// [KY11] [EP4] [AU3] [SH3] [AF5]
import { rootHashOf } from '#lib/crypto/hash.ts';
import { verifyMember } from '#lib/crypto/identity.ts';
import { commitmentOf, controlEntryKey, openBody, unwrap } from '#lib/crypto/entry-keys.ts';
import { unwrapUnder, WRAPPED_KEY } from '#lib/crypto/sender-ratchet.ts';
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { fitsHeader } from '#lib/protocol/attachment.ts';
import {
	decodeContent,
	type Content,
	type ControlContent,
	type Message,
	type Update,
} from '#lib/protocol/content.ts';
import { isControl, KIND } from '#lib/protocol/entry.ts';
import { joinProofContent } from '#lib/protocol/lobby.ts';
import { enrolContent, revokeDeviceContent, type Sealed } from '#lib/protocol/moderation.ts';
import type { AgreementKey, CryptoProvider } from '#lib/ports/crypto.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { KeyRing } from './key-ring.ts';
import type { Ratchets } from './ratchets.ts';

/** sealed: this device has no key for it (yet). unreadable: a key fits the name but not the content. */
export type Opened<T> =
	| {
			readonly type: 'opened';
			readonly value: T;
			/** Of a SEALED entry that says something to this device. */
			readonly key?: Bytes;
	  }
	| { readonly type: 'sealed' }
	| { readonly type: 'unreadable' };

function openWithKey(crypto: CryptoProvider, entry: Entry, key: Bytes): Content | undefined {
	const { header, packet } = entry;
	if (packet.body === null || !equal(commitmentOf(crypto, key), header.commitment))
		return undefined;
	// Under a ratchet the key itself, wrapped, goes before what it seals.
	const sealed = header.key.mode === 'ratchet' ? packet.body.subarray(WRAPPED_KEY) : packet.body;
	const content = openBody(crypto, key, sealed);
	const decoded = content && decodeContent(header.kind, content);
	if (decoded?.ok !== true) return undefined;
	const { value } = decoded;
	// Of other files than the header names, or none where it names some, nothing is shown.
	if (value.kind === KIND.message && !fitsHeader(value.attachment, header)) return undefined;
	return value;
}

const isControlContent = (content: Content): content is ControlContent => isControl(content.kind);

/**
 * A control entry's content. The keys that an EPOCH brings are taken before, by `epoch-keys.ts`. `key`: of a SEALED entry
 * opened before.
 */
export async function openContent(
	crypto: CryptoProvider,
	prekeys: Iterable<AgreementKey>,
	ring: Pick<KeyRing, 'get'>,
	entry: Entry,
	key?: Bytes,
): Promise<Opened<ControlContent>> {
	const { key: reference, kind, device } = entry.header;
	if (kind === KIND.sealed) return openSealed(crypto, prekeys, entry, key);
	if (reference.mode !== 'control') return { type: 'unreadable' };
	const keys = ring.get(reference.epoch);
	if (keys === undefined || entry.packet.body === null) return { type: 'sealed' };
	if (kind === KIND.epoch) {
		if (!equal(keys.maker, device)) return { type: 'unreadable' };
		// It travels whole, or whoever it is for could get it from nobody.
		if (entry.packet.wraps === null) return { type: 'sealed' };
	}
	const entryKey = controlEntryKey(crypto, keys.controlKey, reference.salt);
	const content = openWithKey(crypto, entry, entryKey);
	if (content === undefined || !isControlContent(content)) return { type: 'unreadable' };
	return { type: 'opened', value: content };
}

/** A SEALED entry is opened when it is there: what it says, or that this is not for this device to know. */
async function openSealed(
	crypto: CryptoProvider,
	prekeys: Iterable<AgreementKey>,
	entry: Entry,
	known?: Bytes,
): Promise<Opened<Sealed>> {
	const { body, wraps } = entry.packet;
	if (entry.header.key.mode !== 'direct') return { type: 'unreadable' };
	if (body === null) return { type: 'sealed' };
	// There are always some, and who takes it for settled without them would ask nobody for those that open.
	if (wraps === null && known === undefined) return { type: 'sealed' };
	const key = known ?? (wraps && (await unwrap(crypto, wraps, prekeys)));
	const content = key ? openWithKey(crypto, entry, key) : undefined;
	if (!key || content?.kind !== KIND.sealed) {
		return { type: 'opened', value: { kind: KIND.sealed, content: null } };
	}
	return { type: 'opened', value: content, key };
}

/** Root Hash of the member whose device the content brings in or ends, if it does. */
export function memberRootOf(crypto: CryptoProvider, content: ControlContent): Bytes | null {
	if (content.kind === KIND.genesis) return rootHashOf(crypto, content.founder.certificate.rootKey);
	if (content.kind === KIND.admit || content.kind === KIND.enrol) {
		return rootHashOf(crypto, content.member.certificate.rootKey);
	}
	if (content.kind === KIND.revokeDevice) return rootHashOf(crypto, content.rootKey);
	return null;
}

/**
 * The content with the signatures inside checked: certificates, prekeys, proofs of invitation. The INVITE that an ADMIT
 * names must be in the ledger already, or what is said here would depend on the order of arrival.
 */
export async function proveControl(
	crypto: CryptoProvider,
	ledger: Ledger,
	entry: Entry,
	content: ControlContent,
	key?: Bytes,
): Promise<ControlEntry> {
	const memberRoot = memberRootOf(crypto, content);
	const proven = await isProven(crypto, ledger, content, memberRoot);
	return { entry, content, proven, memberRoot, key };
}

async function isProven(
	crypto: CryptoProvider,
	ledger: Ledger,
	content: ControlContent,
	memberRoot: Bytes | null,
): Promise<boolean> {
	if (content.kind === KIND.genesis) return verifyMember(crypto, content.founder);
	if (content.kind === KIND.enrol) {
		const { member, proof } = content;
		return (
			(await verifyMember(crypto, member)) &&
			(await crypto.verify(
				member.certificate.deviceKey,
				enrolContent(ledger.space, content),
				proof,
			))
		);
	}
	if (content.kind === KIND.revokeDevice) {
		const { rootKey, proof } = content;
		return crypto.verify(rootKey, revokeDeviceContent(ledger.space, content), proof);
	}
	if (content.kind !== KIND.admit || memberRoot === null) return true;
	const invite = ledger.control.get(toHex(content.invite))?.content;
	return (
		invite?.kind === KIND.invite &&
		(await verifyMember(crypto, content.member)) &&
		(await crypto.verify(
			invite.inviteKey,
			joinProofContent(crypto, ledger.space, memberRoot, content.member),
			content.proof,
		))
	);
}

export interface OpenedMessage {
	readonly message: Message;
	/** The entry's own, 32 bytes. */
	readonly key: Bytes;
}

/** A message's content by the key of its entry; undefined when the body is gone or the key is another's. [KY11] */
export function openMessageBy(
	crypto: CryptoProvider,
	entry: Entry,
	key: Bytes,
): Message | undefined {
	const content = openWithKey(crypto, entry, key);
	return content?.kind === KIND.message ? content : undefined;
}

/** The key of a message, wrapped for this device or under its author's ratchet. */
async function messageKey(
	crypto: CryptoProvider,
	prekeys: Iterable<AgreementKey>,
	{ header, packet: { wraps, body } }: Entry,
	chainedKey: Bytes | undefined,
): Promise<Bytes | undefined> {
	if (header.key.mode === 'control') return undefined;
	const key = wraps === null ? undefined : await unwrap(crypto, wraps, prekeys);
	if (key !== undefined || chainedKey === undefined || body === null) return key;
	return unwrapUnder(crypto, chainedKey, body.subarray(0, WRAPPED_KEY));
}

/** A message's content, if it was wrapped for this device; `ratchets` know those that are wrapped for all together. */
export async function openMessage(
	crypto: CryptoProvider,
	prekeys: Iterable<AgreementKey>,
	entry: Entry,
	ratchets?: Pick<Ratchets, 'keyFor'>,
): Promise<Opened<OpenedMessage>> {
	const key = await messageKey(crypto, prekeys, entry, ratchets?.keyFor(entry));
	if (key === undefined) return { type: 'sealed' };
	const message = openMessageBy(crypto, entry, key);
	if (message === undefined) return { type: 'unreadable' };
	return { type: 'opened', value: { message, key } };
}

/** A change of the account document, if it was wrapped for this device. */
export async function openUpdate(
	crypto: CryptoProvider,
	prekeys: Iterable<AgreementKey>,
	entry: Entry,
): Promise<Opened<Update>> {
	const { wraps } = entry.packet;
	if (entry.header.key.mode !== 'direct' || wraps === null) return { type: 'sealed' };
	const key = await unwrap(crypto, wraps, prekeys);
	if (key === undefined) return { type: 'sealed' };
	const content = openWithKey(crypto, entry, key);
	if (content?.kind !== KIND.update) return { type: 'unreadable' };
	return { type: 'opened', value: content };
}
