// A space that is here, as the chat list shows it.
import { SPACE_KIND } from '#lib/protocol/content.ts';
import type { SpaceSummary } from './api.ts';
import { fallOf } from './fallen.ts';
import type { Self } from './ports.ts';
import { sharesPast } from './space/history-policy.ts';
import type { Space } from './space/space-face.ts';
import { isMember, type Summaries } from './summaries.ts';

export interface SummedUp {
	readonly node: { readonly space: Space };
	readonly summaries: Summaries;
	readonly self: Self;
}

export function summaryOf({ node: { space }, summaries, self }: SummedUp): SpaceSummary {
	const { genesis } = space.ledger.authority;
	const last = summaries.last();
	return {
		id: space.key,
		name: genesis?.name ?? '',
		kind: genesis?.spaceKind === SPACE_KIND.direct ? 'direct' : 'community',
		state: 'ready',
		asked: true,
		refusal: null,
		out: isMember(space, self) ? null : (fallOf(space, self) ?? 'past'),
		ban: null,
		unread: summaries.unread(),
		lastText: last?.text ?? null,
		lastTime: last?.time.ms ?? null,
		members: summaries.members.get().length,
		everything: sharesPast(space.ledger.authority),
	};
}

/** A space whose keys can't be read here: nothing is known of it but that it is there. */
export const unreadableSummary = (id: string): SpaceSummary => ({
	id,
	name: '',
	kind: 'community',
	state: 'unreadable',
	out: null,
	asked: true,
	refusal: null,
	ban: null,
	unread: 0,
	lastText: null,
	lastTime: null,
	members: 0,
	everything: false,
});
