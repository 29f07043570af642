// What is wrong with a backup file, in sentences.
import { m } from '#lib/paraglide/messages.js';
import type { RestoreError } from '#lib/state/views.ts';

const words: Record<RestoreError['type'], () => string> = {
	'not-a-backup': m.backup_error_not,
	newer: m.backup_error_newer,
	'other-phrase': m.backup_error_phrase,
	'another-person': m.backup_error_phrase,
	damaged: m.backup_error_damaged,
	unreadable: m.backup_error_unreadable,
	cancelled: m.backup_error_cancelled,
	storage: m.storage_full,
};

export const restoreProblem = ({ type }: RestoreError): string => words[type]();
