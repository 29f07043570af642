// A meeting among the person's spaces: which are shared with whom, and where a new one is founded. [MT3]
import { HISTORY, SPACE_KIND } from '#lib/protocol/content.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import { toHex } from '#lib/util/bytes.ts';
import type { WholeReply } from '../joining/answers.ts';
import type { Inviting } from '../joining/inviting.ts';
import type { Meeting } from '../meeting-api.ts';
import type { LiveSpace, Spaces } from '../spaces-face.ts';
import { isMember } from '../summaries.ts';
import type { MeetingPlaces } from './acquainting.ts';
import { createMeeting, type MeetingParts } from './meeting.ts';

interface Parts extends Omit<MeetingParts, 'places'> {
	readonly spaces: Spaces;
	readonly inviting: Inviting;
	/** Relays that a new space may use. */
	usableRelays(): readonly RelayAddress[];
}

export function startMeeting({ spaces, inviting, usableRelays, ...parts }: Parts): Meeting {
	const isDirect = ({ node }: LiveSpace): boolean =>
		node.space.ledger.authority.genesis?.spaceKind === SPACE_KIND.direct;
	const devicesIn = ({ node }: LiveSpace) =>
		[...node.space.ledger.authority.devices.values()].filter(({ active }) => active);

	/** Of an earlier try that came to nothing. */
	const empty = (name: string): LiveSpace | undefined =>
		spaces
			.live()
			.find(
				(live) =>
					isDirect(live) &&
					live.node.space.ledger.authority.genesis?.name === name &&
					devicesIn(live).length === 1 &&
					isMember(live.node.space, live.self),
			);

	const places: MeetingPlaces = {
		shared(device) {
			const all = spaces
				.live()
				.filter(
					(live) =>
						isMember(live.node.space, live.self) &&
						devicesIn(live).some((each) => toHex(each.device) === device),
				);
			return (all.find(isDirect) ?? all[0])?.node.space.key;
		},
		async found(name) {
			let live = empty(name);
			if (live === undefined) {
				const made = await spaces.found('direct', name, usableRelays(), HISTORY.sinceJoined);
				if (!made.ok) return undefined;
				live = made.value;
			}
			const invited = await inviting.invite(live.node, live.self);
			return invited.ok ? { space: live.node.space.key, link: invited.value.link } : undefined;
		},
		async letIn(space, request): Promise<readonly WholeReply[] | undefined> {
			return spaces.get(space)?.node.letIn(request);
		},
		selfIn: spaces.selfIn,
		open: spaces.open,
		enter: (space, self) => spaces.enter(space, self),
	};
	return createMeeting({ ...parts, places });
}
