// What an invitation consists of: the link's secret gives one half of the keys, the ledger's INVITE the other. [IN1] [IN5]
import { derive } from '#lib/crypto/hash.ts';
import { mailboxId, tokenHash } from '#lib/mailbox/proofs.ts';
import type { Invite } from '#lib/protocol/content.ts';
import { label } from '#lib/protocol/labels.ts';
import type { AgreementKey, CryptoProvider, SigningKey } from '#lib/ports/crypto.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { MailboxSpec } from '../delivery/attachment.ts';
import { DEFAULT_TTL_SECONDS } from '#lib/protocol/limits.ts';

/** Signs the proof that somebody holds the link. */
export const inviteKeyOf = (crypto: CryptoProvider, seed: Bytes): Promise<SigningKey> =>
	crypto.signingKey(derive(crypto, seed, 'invite-key'));

export interface LobbyAddress {
	readonly mailbox: Bytes;
	readonly writeKey: SigningKey;
	/** Of no key that anybody has: whoever holds the link must know it, and nobody is to close the lobby. */
	readonly ownerKey: Bytes;
}

/** Where requests go: known to whoever holds the link, and to members. */
export async function lobbyAddress(
	crypto: CryptoProvider,
	inviteKey: Bytes,
): Promise<LobbyAddress> {
	const writeKey = await crypto.signingKey(derive(crypto, inviteKey, 'invite-write'));
	const ownerKey = crypto.sha256(label('lobby-owner'), inviteKey);
	return { mailbox: mailboxId(crypto, writeKey.publicKey, ownerKey), writeKey, ownerKey };
}

/** Opens requests: members only. */
export const lobbyKey = (crypto: CryptoProvider, secret: Bytes): Promise<AgreementKey> =>
	crypto.agreementKey(derive(crypto, secret, 'lobby-agreement'));

/** The lobby's mailbox as members read it, all with one token. */
export async function lobbySpec(crypto: CryptoProvider, invite: Invite): Promise<MailboxSpec> {
	const { mailbox, writeKey, ownerKey } = await lobbyAddress(crypto, invite.inviteKey);
	const token = derive(crypto, invite.lobbySecret, 'lobby-token');
	return {
		mailbox,
		writeKey,
		ownerKey,
		tokenHashes: [await tokenHash(crypto, token)],
		ttl: DEFAULT_TTL_SECONDS,
		tokens: [token],
	};
}
