// What went wrong, in sentences that say what to do.
import { m } from '#lib/paraglide/messages.js';
import type {
	AddRelayError,
	InvitationProblem,
	ModerationError,
	SendError,
	SpaceSummary,
} from '#lib/state/views.ts';

const invitation: Record<InvitationProblem['type'], () => string> = {
	'not-a-link': m.join_error_not_a_link,
	mistyped: m.join_error_mistyped,
	unsupported: m.join_error_unsupported,
	expired: m.join_error_expired,
};

const space: Record<SendError['type'], () => string> = {
	empty: m.error_empty,
	'too-long': m.error_too_long,
	storage: m.storage_full,
	'not-member': m.error_not_member,
};

const send: Record<SendError['type'], () => string> = {
	empty: m.send_failed_empty,
	'too-long': m.send_failed_long,
	storage: m.send_failed_storage,
	'not-member': m.send_failed_member,
};

const moderation: Record<ModerationError['type'], () => string> = {
	'not-allowed': m.moderation_error_not_allowed,
	gone: m.moderation_error_gone,
	'too-long': m.error_too_long,
	storage: m.storage_full,
	'not-member': m.error_not_member,
	empty: m.moderation_error_empty,
};

const relay: Record<AddRelayError['type'], () => string> = {
	malformed: m.relay_error_malformed,
	insecure: m.relay_error_insecure,
	unreachable: m.relay_error_unreachable,
	'not-a-relay': m.relay_error_not_a_relay,
	'wrong-key': m.relay_error_wrong_key,
	uninvited: m.relay_error_uninvited,
	known: m.relay_error_known,
};

const refusal: Record<NonNullable<SpaceSummary['refusal']>, () => string> = {
	unknown: m.refused_unknown,
	expired: m.refused_expired,
	spent: m.refused_spent,
	full: m.refused_full,
};

const lacking: Record<string, () => string> = {
	'secure-context': m.unsupported_secure_context,
	'web-crypto': m.unsupported_web_crypto,
	'indexed-db': m.unsupported_indexed_db,
	'web-locks': m.unsupported_web_locks,
};

export const invitationProblem = (problem: InvitationProblem): string => invitation[problem.type]();

export const sendProblem = (error: SendError): string => send[error.type]();

export const moderationProblem = (error: ModerationError): string => moderation[error.type]();

/** Making, joining and leaving spaces. */
export const spaceProblem = (error: SendError | InvitationProblem): string =>
	({ ...invitation, ...space })[error.type]();

export const refusalText = (reason: SpaceSummary['refusal']): string =>
	refusal[reason ?? 'unknown']();

export function relayProblem(error: AddRelayError): string {
	const sentence = relay[error.type]();
	return error.tried.length === 0
		? sentence
		: `${sentence} ${m.relay_error_tried({ addresses: error.tried.join(', ') })}`;
}

/** What the browser lacks; a name that has no sentence stands for itself. */
export const lackText = (name: string): string => lacking[name]?.() ?? name;
