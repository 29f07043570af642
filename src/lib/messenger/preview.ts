// What a person is shown of an invitation before anything is asked of the network.
import { HISTORY } from '#lib/protocol/content.ts';
import { decodeInvitation } from '#lib/protocol/invitation.ts';
import { toHex } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { InvitationPreview, InvitationProblem } from './api.ts';
import { relayName } from './relay-name.ts';

export function previewInvitation(
	link: string,
	sha256: (bytes: Uint8Array) => Uint8Array,
	now: number,
	isKnown: (space: string) => boolean,
): Result<InvitationPreview, InvitationProblem> {
	const decoded = decodeInvitation(link, sha256);
	if (!decoded.ok) return decoded;
	const invitation = decoded.value;
	if (invitation.expiry !== 0 && invitation.expiry <= now) return err({ type: 'expired' });
	const spaceId = toHex(invitation.space);
	return ok({
		spaceName: invitation.spaceName,
		inviterName: invitation.inviterName,
		inviter: toHex(invitation.inviter),
		relays: invitation.relays.map(relayName),
		everything: invitation.history === HISTORY.everything,
		known: isKnown(spaceId),
		spaceId,
	});
}
