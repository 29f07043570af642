// Why files were not sent, in sentences that say what to do.
import { m } from '#lib/paraglide/messages.js';
import type { OutgoingError, OutgoingFile } from '#lib/state/outgoing.svelte.ts';

const sending: Record<OutgoingError['type'], (() => string) | null> = {
	'too-many': m.files_too_many,
	'too-large': m.files_too_large,
	'no-room': m.files_no_room,
	unreadable: m.files_unreadable,
	'too-long': m.send_failed_long,
	storage: m.send_failed_storage,
	'not-member': m.send_failed_member,
	// The person knows, or the tray says it of each file.
	cancelled: null,
	files: null,
};

/** null: there is nothing to say. */
export const filesProblem = (type: OutgoingError['type']): string | null =>
	sending[type]?.() ?? null;

export const fileProblem = ({ problem }: OutgoingFile): string | null =>
	problem === null
		? null
		: problem === 'unreadable'
			? m.file_unreadable()
			: m.file_keeps_metadata();
