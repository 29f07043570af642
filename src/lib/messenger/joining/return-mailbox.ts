// Where somebody knocks who has nothing left but the recovery phrase: a mailbox of each person, whose address and keys
// follow from the Root Hash. Those who share a space with the person know it; relays don't. [RT1]
import { derive } from '#lib/crypto/hash.ts';
import { mailboxId, tokenHash } from '#lib/mailbox/proofs.ts';
import { label } from '#lib/protocol/labels.ts';
import { DEFAULT_TTL_SECONDS } from '#lib/protocol/limits.ts';
import type { AgreementKey, CryptoProvider, SigningKey } from '#lib/ports/crypto.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { MailboxSpec } from '../delivery/attachment.ts';

export interface ReturnAddress {
	readonly mailbox: Bytes;
	readonly writeKey: SigningKey;
	/** Of no key that anybody has: it is nobody's to close. */
	readonly ownerKey: Bytes;
	/** Opens knocks. */
	readonly key: AgreementKey;
}

export async function returnAddress(
	crypto: CryptoProvider,
	rootHash: Bytes,
): Promise<ReturnAddress> {
	const writeKey = await crypto.signingKey(derive(crypto, rootHash, 'return-write'));
	const ownerKey = crypto.sha256(label('return-owner'), rootHash);
	return {
		mailbox: mailboxId(crypto, writeKey.publicKey, ownerKey),
		writeKey,
		ownerKey,
		key: await crypto.agreementKey(derive(crypto, rootHash, 'return-agreement')),
	};
}

/** The mailbox as the members of one space read it, all with one token: each space hears of every knock once. */
export async function returnSpec(
	crypto: CryptoProvider,
	{ mailbox, writeKey, ownerKey }: ReturnAddress,
	rootHash: Bytes,
	spaceKey: Bytes,
): Promise<MailboxSpec> {
	const token = derive(crypto, spaceKey, 'return-token', 32, rootHash);
	return {
		mailbox,
		writeKey,
		ownerKey,
		tokenHashes: [await tokenHash(crypto, token)],
		ttl: DEFAULT_TTL_SECONDS,
		tokens: [token],
	};
}
