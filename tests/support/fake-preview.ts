// What an invitation link of the fake messenger shows, by what stands in it.
import type { InvitationPreview, InvitationProblem } from '#lib/messenger/api.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { fakeHash } from './fake-data.ts';

const RELAY = 'wss://relay.harbour.example';

export function fakePreview(link: string): Result<InvitationPreview, InvitationProblem> {
	const payload = /#\/join\/(\S+)$/.exec(link.trim())?.[1];
	if (payload === undefined) return err({ type: 'not-a-link' });
	if (payload === 'expired') return err({ type: 'expired' });
	if (payload === 'newer') return err({ type: 'unsupported' });
	if (payload.length < 20) return err({ type: 'mistyped' });
	return ok({
		spaceName: 'Seven Hills Climbing',
		inviterName: 'Mina Okafor',
		inviter: fakeHash('mina'),
		relays: [RELAY],
		everything: payload.startsWith('everything'),
		known: payload.startsWith('known'),
		spaceId: payload.startsWith('known') ? fakeHash('harbour') : fakeHash('climbing'),
	});
}
