// What the quick switcher offers for a few typed letters: spaces, and the channels of those with several.
import type { ChannelSummary, SpaceSummary } from '#lib/state/views.ts';

export interface SwitcherEntry {
	readonly space: SpaceSummary;
	/** null: the space itself. */
	readonly channel: ChannelSummary | null;
}

/** Case and accents aside, as people type in a hurry. */
const plain = (text: string): string =>
	text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();

/** Entries in which every typed word occurs, those with something unread first. */
export function switcherEntries(
	spaces: readonly SpaceSummary[],
	channels: (space: string) => readonly ChannelSummary[],
	query: string,
): SwitcherEntry[] {
	const words = plain(query)
		.split(/\s+/)
		.filter((word) => word !== '');
	return spaces
		.flatMap((space): SwitcherEntry[] => {
			const several = space.state === 'ready' ? channels(space.id) : [];
			return several.length > 1
				? several.map((channel) => ({ space, channel }))
				: [{ space, channel: null }];
		})
		.filter(({ space, channel }) => {
			const text = plain(`${space.name} ${channel?.name ?? ''}`);
			return words.every((word) => text.includes(word));
		})
		.sort((a, b) => Number(isUnread(b)) - Number(isUnread(a)));
}

const isUnread = ({ space, channel }: SwitcherEntry): boolean => (channel ?? space).unread > 0;
