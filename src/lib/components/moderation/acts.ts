// What can be done to a person or a message, what of it this person may do now, and the doing.
import type {
	ActionView,
	MemberView,
	MessageView,
	Moderation,
	ModerationError,
} from '#lib/state/views.ts';
import type { Result } from '#lib/util/result.ts';

export interface Person {
	readonly rootHash: string;
	readonly name: string;
}

export type PersonAct = 'grant' | 'revoke' | 'ban' | 'shadow-ban';
export type MessageAct = 'purge' | 'delete' | 'report';

/** Something about to be done, in the space it is done in. */
export type Act =
	| { readonly kind: PersonAct; readonly person: Person }
	| { readonly kind: MessageAct; readonly message: MessageView }
	| { readonly kind: 'undo'; readonly action: ActionView };

export interface Choices {
	readonly reason: string;
	readonly voidInvites: boolean;
}

/** The mild before the grave. */
export function personActs({ may }: MemberView): readonly PersonAct[] {
	const acts: readonly (readonly [PersonAct, boolean])[] = [
		['grant', may.grant],
		['revoke', may.revoke],
		['shadow-ban', may.shadowBan],
		['ban', may.ban],
	];
	return acts.filter(([, allowed]) => allowed).map(([act]) => act);
}

export function messageActs({ may }: MessageView): readonly MessageAct[] {
	const acts: readonly (readonly [MessageAct, boolean])[] = [
		['report', may.report],
		['delete', may.delete],
		['purge', may.purge],
	];
	return acts.filter(([, allowed]) => allowed).map(([act]) => act);
}

export function perform(
	moderation: Moderation,
	act: Act,
	{ reason, voidInvites }: Choices,
): Promise<Result<void, ModerationError>> {
	switch (act.kind) {
		case 'grant':
			return moderation.grant(act.person.rootHash);
		case 'revoke':
			return moderation.revoke(act.person.rootHash, reason);
		case 'ban':
			return moderation.ban(act.person.rootHash, { reason, voidInvites });
		case 'shadow-ban':
			return moderation.shadowBan(act.person.rootHash, reason);
		case 'purge':
		case 'delete':
			return moderation.purge([act.message.id], reason);
		case 'report':
			return moderation.report(act.message.id, reason);
		case 'undo':
			return moderation.undo(act.action.id, reason);
	}
}
