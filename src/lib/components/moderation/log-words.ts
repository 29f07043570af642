// A moderation log in words: what was done, whether it counts, and the ways to sift it.
import { m } from '#lib/paraglide/messages.js';
import type { ActionView } from '#lib/state/views.ts';

export type LogGroup =
	'reports' | 'bans' | 'shadow-bans' | 'purges' | 'powernodes' | 'invitations' | 'forks';

const groups: Record<ActionView['type'], LogGroup> = {
	report: 'reports',
	ban: 'bans',
	unban: 'bans',
	'shadow-ban': 'shadow-bans',
	'shadow-unban': 'shadow-bans',
	purge: 'purges',
	grant: 'powernodes',
	revoke: 'powernodes',
	recall: 'invitations',
	fork: 'forks',
};

const names: Record<LogGroup, () => string> = {
	reports: m.log_group_reports,
	bans: m.log_group_bans,
	'shadow-bans': m.log_group_shadow_bans,
	purges: m.log_group_purges,
	powernodes: m.log_group_powernodes,
	invitations: m.log_group_invitations,
	forks: m.log_group_forks,
};

type Named = { by: string; target: string; count: number };

const sentences: Record<ActionView['type'], (named: Named) => string> = {
	grant: m.log_grant,
	revoke: m.log_revoke,
	ban: m.log_ban,
	unban: m.log_unban,
	'shadow-ban': m.log_shadow_ban,
	'shadow-unban': m.log_shadow_unban,
	purge: m.log_purge,
	report: m.log_report,
	recall: m.log_recall,
	fork: m.log_fork,
};

const verdicts: Record<ActionView['verdict'], (named: Named) => string> = {
	valid: m.verdict_valid,
	'not-allowed': m.verdict_not_allowed,
	'not-senior': m.verdict_not_senior,
	'beyond-fence': m.verdict_beyond_fence,
	void: m.verdict_void,
};

/** `me`: Root Hash of the reader, who is called “you”. */
function named({ by, byName, target, targetName, messages }: ActionView, me: string): Named {
	return {
		by: by === me ? m.message_mine() : byName || m.log_somebody(),
		target: target === me ? m.member_you() : targetName || m.log_somebody(),
		count: messages,
	};
}

export function actionSentence(action: ActionView, me: string): string {
	const words = named(action, me);
	if (action.type === 'purge' && action.target === null) return m.log_purge_several(words);
	if (action.type === 'purge' && action.target === action.by) {
		return action.by === me ? m.log_delete_mine(words) : m.log_delete(words);
	}
	if (action.type === 'fork' && action.target === me) return m.log_fork_mine();
	if (action.type === 'recall' && action.target !== null && action.target !== action.by) {
		return m.log_recall_of(words);
	}
	return sentences[action.type](words);
}

/** Whether it counts, in plain words. */
export const verdictSentence = (action: ActionView, me: string): string =>
	verdicts[action.verdict](named(action, me));

export interface LogFilter {
	readonly group: LogGroup | '';
	/** Root Hash of somebody who did it or to whom it was done. */
	readonly person: string;
}

export const filterLog = (
	log: readonly ActionView[],
	{ group, person }: LogFilter,
): readonly ActionView[] =>
	log.filter(
		({ type, by, target }) =>
			(group === '' || groups[type] === group) &&
			(person === '' || by === person || target === person),
	);

interface Option<T extends string> {
	readonly value: T;
	readonly label: string;
}

/** What occurs in a log, as choices; the first is everything. */
export function groupOptions(log: readonly ActionView[]): readonly Option<LogGroup | ''>[] {
	const found = [...new Set(log.map(({ type }) => groups[type]))];
	return [
		{ value: '', label: m.log_all_kinds() },
		...found.map((value) => ({ value, label: names[value]() })),
	];
}

export function personOptions(log: readonly ActionView[], me: string): readonly Option<string>[] {
	const people = new Map<string, string>();
	for (const { by, byName, target, targetName } of log) {
		people.set(by, byName);
		if (target !== null) people.set(target, targetName);
	}
	if (people.has(me)) people.set(me, m.message_mine());
	const sorted = [...people].sort(([, a], [, b]) => a.localeCompare(b));
	return [
		{ value: '', label: m.log_everybody() },
		...sorted.map(([value, label]) => ({ value, label })),
	];
}
