// The channels of a space as they are listed: archived ones last, otherwise in the order they came.
import type { ChannelSummary } from '#lib/messenger/api.ts';

export const listedChannels = (channels: readonly ChannelSummary[]): readonly ChannelSummary[] => [
	...channels.filter(({ archived }) => !archived),
	...channels.filter(({ archived }) => archived),
];
