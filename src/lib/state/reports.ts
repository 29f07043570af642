// Which lines of a moderation log still ask for something.
import type { ActionView } from '#lib/messenger/api.ts';

/** Reports that count and whose message nobody has purged. */
export function openReports(log: readonly ActionView[]): readonly ActionView[] {
	const valid = log.filter(({ verdict, undone }) => verdict === 'valid' && !undone);
	const purged = new Set(
		valid.filter(({ type }) => type === 'purge').map(({ message }) => message),
	);
	return valid.filter(
		({ type, message }) => type === 'report' && (message === null || !purged.has(message)),
	);
}
