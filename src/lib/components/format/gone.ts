// What stands in place of a message that is no longer there, and why.
import { m } from '#lib/paraglide/messages.js';
import type { MessageView } from '#lib/state/views.ts';

type Gone = NonNullable<MessageView['gone']>;

const words: Record<Gone['how'], () => string> = {
	purged: m.gone_purged,
	deleted: m.gone_deleted,
	unreadable: m.gone_unreadable,
};

export const goneText = ({ how }: Gone): string => words[how]();

/** By whom and why; null where there is no more to say. */
export function goneDetail({ how, byName, reason }: Gone): string | null {
	if (how === 'unreadable') return m.gone_unreadable_detail();
	if (how === 'deleted') return null;
	const name = byName || m.log_somebody();
	return reason === '' ? m.gone_purged_by({ name }) : m.gone_purged_by_reason({ name, reason });
}

/** What a message says, or what stands in its place. */
export const shownText = ({ text, gone }: MessageView): string => (gone ? goneText(gone) : text);

/** What a quote says of a message whose text is no longer there, or not loaded. */
export const quotedText = (original: MessageView | undefined): string =>
	original?.gone ? goneText(original.gone) : m.message_original_gone();
