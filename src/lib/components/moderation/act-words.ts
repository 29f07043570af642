// What each act is called, what it does in one sentence that is true to the protocol, and what has been done after it.
import { m } from '#lib/paraglide/messages.js';
import type { Act, MessageAct, Person, PersonAct } from './acts.ts';

export interface ActWords {
	readonly title: string;
	readonly text: string;
	/** What it can't do. */
	readonly note: string | null;
	readonly action: string;
	readonly done: string;
	readonly asksReason: boolean;
	/** Who can read the reason. */
	readonly readers: string;
	readonly grave: boolean;
}

interface Maker {
	title(name: { name: string }): string;
	text(name: { name: string }): string;
	note?(): string;
	action(): string;
	done(name: { name: string }): string;
}

const makers: Record<PersonAct | MessageAct | 'unban' | 'shadow-unban', Maker> = {
	grant: {
		title: m.act_grant_title,
		text: m.act_grant_text,
		action: m.act_grant,
		done: m.act_grant_done,
	},
	revoke: {
		title: m.act_revoke_title,
		text: m.act_revoke_text,
		action: m.act_revoke,
		done: m.act_revoke_done,
	},
	ban: {
		title: m.act_ban_title,
		text: m.act_ban_text,
		note: m.act_note_modified,
		action: m.act_ban,
		done: m.act_ban_done,
	},
	'shadow-ban': {
		title: m.act_shadow_title,
		text: m.act_shadow_text,
		note: m.act_note_shadow,
		action: m.act_shadow,
		done: m.act_shadow_done,
	},
	purge: {
		title: m.act_purge_title,
		text: m.act_purge_text,
		note: m.act_note_modified,
		action: m.act_purge,
		done: m.act_purge_done,
	},
	delete: {
		title: m.act_delete_title,
		text: m.act_delete_text,
		note: m.act_note_modified,
		action: m.act_delete,
		done: m.act_delete_done,
	},
	report: {
		title: m.act_report_title,
		text: m.act_report_text,
		action: m.act_report,
		done: m.act_report_done,
	},
	unban: {
		title: m.act_unban_title,
		text: m.act_unban_text,
		action: m.act_undo,
		done: m.act_unban_done,
	},
	'shadow-unban': {
		title: m.act_shadow_unban_title,
		text: m.act_shadow_unban_text,
		action: m.act_undo,
		done: m.act_shadow_unban_done,
	},
};

const GRAVE: ReadonlySet<Act['kind']> = new Set(['revoke', 'ban', 'shadow-ban', 'purge', 'delete']);
const WITHOUT_REASON: ReadonlySet<Act['kind']> = new Set(['grant', 'delete']);

const isShadowUndo = (act: Act): boolean => act.kind === 'undo' && act.action.type === 'shadow-ban';

function readers(act: Act, name: { name: string }): string {
	if (act.kind === 'report') return m.reason_hint_powernodes();
	const sealed = act.kind === 'shadow-ban' || isShadowUndo(act);
	return sealed ? m.reason_hint_sealed(name) : m.reason_hint_all();
}

/** Whom an act is about; null where it is about nobody who could be named. */
export function personOf(act: Act): Person | null {
	if ('person' in act) return act.person;
	if ('message' in act)
		return act.message.mine ? null : { rootHash: act.message.author, name: act.message.authorName };
	const { target, targetName } = act.action;
	return target === null ? null : { rootHash: target, name: targetName };
}

export function actWords(act: Act): ActWords {
	const undone = isShadowUndo(act) ? 'shadow-unban' : 'unban';
	const maker = makers[act.kind === 'undo' ? undone : act.kind];
	const name = { name: personOf(act)?.name ?? '' };
	return {
		title: maker.title(name),
		text: maker.text(name),
		note: maker.note?.() ?? null,
		action: maker.action(),
		done: maker.done(name),
		asksReason: !WITHOUT_REASON.has(act.kind),
		readers: readers(act, name),
		grave: GRAVE.has(act.kind),
	};
}
