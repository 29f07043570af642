// What a space is called on screen: one that can't be read has no name of its own.
import { m } from '#lib/paraglide/messages.js';
import type { SpaceSummary } from '#lib/state/views.ts';

export const spaceName = ({ name, state }: SpaceSummary): string =>
	state === 'unreadable' ? m.space_unreadable_name() : name;
