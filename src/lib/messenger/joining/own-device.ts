// A device lets another one of the same person into a space: writes its ENROL, and says all that it takes to begin there.
// Asked again, the answer is the same. [DK2] [MD3]
import { rootHashOf } from '#lib/crypto/hash.ts';
import type { Packet } from '#lib/protocol/entry.ts';
import type { JoinReply } from '#lib/protocol/lobby.ts';
import type { EnrolRequest } from '#lib/protocol/space-message.ts';
import { equal } from '#lib/util/bytes.ts';
import type { Ports, Self } from '../ports.ts';
import type { SpaceNode } from '../space-node-face.ts';
import { controlKeys } from '../space/epochs.ts';
import { sharesPast } from '../space/history-policy.ts';
import { logFor } from '../space/rewrapping.ts';
import { enrolmentGrant, enrolmentOf, isGenuineRequest, newEnrolment } from './enrolment.ts';
import { headsBefore, keepHeads, keptHeads } from './view-begin.ts';

/** Feeds whose beginning is named: of the others the new device takes the headers too, which costs time and nothing else. */
const MAX_BASES = 90;

export interface Entrance {
	readonly welcome: Extract<JoinReply, { type: 'welcome' }>;
	/** The whole authority log. */
	readonly packets: readonly Packet[];
}

/** null where the device is none of this person's, may not be let in, or can't be by this one. */
export async function letInOwnDevice(
	ports: Ports,
	self: Self,
	{ space, write }: Pick<SpaceNode, 'space' | 'write'>,
	request: EnrolRequest,
): Promise<Entrance | null> {
	const { crypto, random, store } = ports;
	const { certificate, prekey } = request.member;
	if (!equal(rootHashOf(crypto, certificate.rootKey), self.rootHash)) return null;
	if (!(await isGenuineRequest(ports, space, request))) return null;
	if (enrolmentOf(space, request) === undefined) {
		const content = newEnrolment(ports, space, request);
		if (content === null) return null;
		await write(content, {}, () => [keepHeads(space, certificate.deviceKey)]);
	}
	const made = enrolmentOf(space, request);
	const grant = made && enrolmentGrant(ports, space, made.content);
	if (made === undefined || grant === undefined) return null;
	const heads =
		(await keptHeads(store, space, certificate.deviceKey)) ??
		(await headsBefore(crypto, space, made.control.entry.header.time));
	return {
		welcome: {
			type: 'welcome',
			space: space.id,
			grant,
			controlKeys: controlKeys(space, space.ledger.control),
			bases: sharesPast(space.ledger.authority)
				? []
				: [...heads].sort((a, b) => b.seq - a.seq).slice(0, MAX_BASES),
		},
		packets: await logFor(
			{ crypto, random, prekeys: self.prekeys, ledger: space.ledger, book: space.prekeys },
			{ rootHash: self.rootHash, prekey: prekey.publicKey },
		),
	};
}
