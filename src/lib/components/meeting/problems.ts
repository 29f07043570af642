// What people are told when a meeting comes to nothing, or a code is not the right one.
import { m } from '#lib/paraglide/messages.js';
import type { CodeProblem, MeetingProblem } from '#lib/state/views.ts';

const meetings: Record<MeetingProblem, () => string> = {
	unsupported: m.meet_problem_unsupported,
	'no-address': m.meet_problem_no_address,
	hidden: m.meet_problem_hidden,
	expired: m.meet_problem_expired,
	unreached: m.meet_problem_unreached,
	storage: m.meet_problem_storage,
	failed: m.meet_problem_failed,
};

const codes: Record<CodeProblem, () => string> = {
	'not-a-code': m.meet_code_not,
	mistyped: m.meet_code_mistyped,
	newer: m.meet_code_newer,
	own: m.meet_code_own,
	other: m.meet_code_other,
	old: m.meet_code_old,
	late: m.meet_code_late,
};

export const meetingProblem = (problem: MeetingProblem): string => meetings[problem]();
export const codeProblem = (problem: CodeProblem): string => codes[problem]();
