// What a message says in a line, and what stands in its place once it is no longer there.
import { m } from '#lib/paraglide/messages.js';
import type { MessageFiles, MessageView } from '#lib/state/views.ts';

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

/** What stands for files without a text. */
function filesText({ files }: MessageFiles): string {
	const [file] = files;
	if (!file || files.length > 1) return m.said_files({ count: files.length });
	if (file.showable === 'image') return m.said_picture();
	if (file.showable === 'video') return m.said_film();
	return file.waveform.length > 0 ? m.voice_message() : file.name;
}

/** What a message says, or what stands in its place. */
export function shownText({ text, gone, files }: MessageView): string {
	if (gone) return goneText(gone);
	return text === '' && files ? filesText(files) : text;
}

/** What a quote says of a message whose text is no longer there, or not loaded. */
export const quotedText = (original: MessageView | undefined): string =>
	original && shownText(original) !== '' ? shownText(original) : m.message_original_gone();
