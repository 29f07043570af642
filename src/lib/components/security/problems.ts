// What went wrong with locks and phrases, in sentences.
import { m } from '#lib/paraglide/messages.js';
import type { PhraseProblem, SecurityError, UnlockError } from '#lib/state/views.ts';

const security: Record<SecurityError['type'], () => string> = {
	wrong: m.security_error_wrong,
	last: m.security_error_last,
	cancelled: m.unlock_error_cancelled,
	'no-secret': m.unlock_error_no_secret,
	memory: m.unlock_error_memory,
	storage: m.storage_full,
};

const unlock: Record<UnlockError['type'], () => string> = {
	wrong: m.unlock_wrong,
	wait: m.unlock_wrong,
	cancelled: m.unlock_error_cancelled,
	'no-secret': m.unlock_error_no_secret,
	memory: m.unlock_error_memory,
	damaged: m.unlock_error_damaged,
	weakened: m.unlock_error_weakened,
	storage: m.unlock_error_storage,
};

export const securityProblem = ({ type }: SecurityError): string => security[type]();

export const unlockProblem = ({ type }: UnlockError): string => unlock[type]();

export function phraseProblem(problem: PhraseProblem): string {
	switch (problem.type) {
		case 'count':
			return m.restore_error_count({ count: problem.count });
		case 'unknown-word':
			return m.restore_error_word({ at: problem.at + 1, word: problem.word });
		case 'checksum':
			return m.restore_error_checksum();
	}
}
