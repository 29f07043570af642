// What letting a further device of a member in consists of, whoever asked for it and by which way: the checks, the ENROL
// entry, and the keys that go with it. [AU11] [DK2]
import { rootHashOf } from '#lib/crypto/hash.ts';
import { verifyMember } from '#lib/crypto/identity.ts';
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import { SPACE_KIND } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { JoinGrant } from '#lib/protocol/lobby.ts';
import { enrolContent, type Enrol } from '#lib/protocol/moderation.ts';
import type { EnrolRequest } from '#lib/protocol/space-message.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Ports } from '../ports.ts';
import { grantForJoiner, hasRoom } from '../space/epochs.ts';
import type { Space } from '../space/space-face.ts';
import { stepOf } from '../space/steps.ts';

/** Devices that somebody has at once. */
export const MAX_DEVICES = 8;

export interface Enrolment {
	readonly control: ControlEntry;
	readonly content: Enrol;
	/** Device (hex) that wrote it. */
	readonly by: string;
}

/** The valid ENROL that lets this device in with this token. */
export function enrolmentOf(
	{ ledger }: Space,
	{ member, tokenHash }: EnrolRequest,
): Enrolment | undefined {
	for (const control of ledger.control.values()) {
		const { content, entry } = control;
		if (content.kind !== KIND.enrol || !equal(content.tokenHash, tokenHash)) continue;
		if (!equal(content.member.certificate.deviceKey, member.certificate.deviceKey)) continue;
		if (ledger.authority.verdicts.get(entry.key) !== 'valid') continue;
		return { control, content, by: toHex(entry.header.device) };
	}
	return undefined;
}

/** Whether the request is for this space, and the device's own and its root's word. */
export async function isGenuineRequest(
	{ crypto }: Pick<Ports, 'crypto'>,
	space: Space,
	{ space: named, member, proof, tokenHash }: EnrolRequest,
): Promise<boolean> {
	const { deviceKey } = member.certificate;
	return (
		equal(named, space.id) &&
		(await verifyMember(crypto, member)) &&
		(await crypto.verify(deviceKey, enrolContent(space.id, { member, tokenHash }), proof))
	);
}

/** Whether this person may have this further device here. */
function mayEnrol(space: Space, root: Bytes, device: Bytes): boolean {
	const { people, fences, devices } = space.ledger.authority;
	const person = people.get(toHex(root));
	if (person?.active !== true || fences.has(toHex(device)) || devices.has(toHex(device))) {
		return false;
	}
	return person.devices.filter(({ active }) => active).length < MAX_DEVICES && hasRoom(space);
}

/** The entry that lets the device in now; null where it may not be let in, or this device lacks the keys to do so. */
export function newEnrolment(
	{ clock, crypto }: Pick<Ports, 'clock' | 'crypto'>,
	space: Space,
	{ member, proof, tokenHash }: EnrolRequest,
): Enrol | null {
	const { rootKey, deviceKey } = member.certificate;
	if (!mayEnrol(space, rootHashOf(crypto, rootKey), deviceKey)) return null;
	const { epoch } = space.ledger.authorityAt(clock.now());
	const grant = epoch && space.ring.get(epoch.id)?.grant;
	if (epoch === null || !grant) return null;
	const step = Math.max(grant.step, stepOf(space.ledger.control, epoch.id)) + 1;
	return { kind: KIND.enrol, member, proof, tokenHash, epoch: epoch.id, step };
}

/** The keys that go with an enrolment; undefined where this device never had them. */
export function enrolmentGrant(
	{ crypto }: Pick<Ports, 'crypto'>,
	space: Space,
	{ epoch, step }: Enrol,
): JoinGrant | undefined {
	const grant = space.ring.get(epoch)?.grant;
	if (!grant) return undefined;
	const direct = space.ledger.authority.genesis?.spaceKind !== SPACE_KIND.community;
	return grantForJoiner(crypto, grant, Math.max(step, grant.step), direct);
}
