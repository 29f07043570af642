// The ways into a space: by an invitation, and back into one whose member one has been all along. Each says where to
// knock, and with what. [IN3] [RT3]
import { rootHashOf } from '#lib/crypto/hash.ts';
import { tokenHash } from '#lib/mailbox/proofs.ts';
import type { Ports, Self } from '../ports.ts';
import { encodeKnock, knockContent, type FoundSpace } from '#lib/protocol/coming-back.ts';
import type { Invitation } from '#lib/protocol/invitation.ts';
import { encodeJoinRequest, joinProofContent } from '#lib/protocol/lobby.ts';
import { enrolContent } from '#lib/protocol/moderation.ts';
import type { SigningKey } from '#lib/ports/crypto.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { inviteKeyOf, lobbyAddress } from './invitations.ts';
import { returnAddress } from './return-mailbox.ts';

export interface Answering {
	/** The token with which this device will read in the space's mailboxes. */
	readonly token: Bytes;
	readonly replyMailbox: Bytes;
	readonly replyWriteSeed: Bytes;
}

export interface Door {
	readonly mailbox: Bytes;
	readonly writeKey: SigningKey;
	/** Public X25519 key of those who may read the request. */
	readonly sealedTo: Bytes;
	request(answering: Answering): Promise<Bytes>;
}

export async function invitationDoor(
	{ crypto }: Ports,
	self: Self,
	invitation: Invitation,
): Promise<Door> {
	const inviteKey = await inviteKeyOf(crypto, invitation.seed);
	const proof = await inviteKey.sign(
		joinProofContent(crypto, invitation.space, self.rootHash, self.member),
	);
	const { mailbox, writeKey } = await lobbyAddress(crypto, inviteKey.publicKey);
	return {
		mailbox,
		writeKey,
		sealedTo: invitation.lobbyKey,
		request: async ({ token, replyMailbox, replyWriteSeed }) =>
			encodeJoinRequest({
				space: invitation.space,
				inviteKey: inviteKey.publicKey,
				proof,
				member: self.member,
				tokenHash: await tokenHash(crypto, token),
				replyMailbox,
				replyWriteSeed,
			}),
	};
}

/** `found`: the space to be let into; null: it asks which there are. */
export async function returnDoor(
	{ clock, crypto }: Ports,
	{ device, member }: Pick<Self, 'device' | 'member'>,
	found: FoundSpace | null,
): Promise<Door> {
	const address = await returnAddress(crypto, rootHashOf(crypto, member.certificate.rootKey));
	return {
		mailbox: address.mailbox,
		writeKey: address.writeKey,
		sealedTo: address.key.publicKey,
		async request({ token, replyMailbox, replyWriteSeed }) {
			const hash = await tokenHash(crypto, token);
			const wish = found && {
				space: found.space,
				tokenHash: hash,
				proof: await device.sign(enrolContent(found.space, { member, tokenHash: hash })),
			};
			const time = Math.max(0, Math.floor(clock.now()));
			const knock = { member, time, replyMailbox, replyWriteSeed, wish };
			return encodeKnock({ ...knock, signature: await device.sign(knockContent(knock)) });
		},
	};
}
