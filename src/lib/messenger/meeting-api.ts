// What people see of connecting without a server, on either screen. [MT1] [MT3]
import type { Result } from '#lib/util/result.ts';
import type { Readable } from '#lib/util/signal.ts';

/**
 * unsupported: no WebRTC. no-address: the browser tells of no network. expired: nobody answered in time. unreached: no
 * way between the two was found. hidden: the person hides their address. storage: nothing can be kept here. failed: anything else.
 */
export type MeetingProblem =
	'unsupported' | 'no-address' | 'hidden' | 'expired' | 'unreached' | 'storage' | 'failed';

/**
 * not-a-code, mistyped, newer: it can't be read. own: shown by this very device. other: it answers another code than
 * this one's. old: nobody waits for it any longer. late: it has been answered already.
 */
export type CodeProblem = 'not-a-code' | 'mistyped' | 'newer' | 'own' | 'other' | 'old' | 'late';

/** Times are ms since 1970. */
export type MeetingView =
	| { readonly state: 'starting' }
	/** The first code, and a link that holds it. An answer to it, or somebody else's first code, may be taken. */
	| {
			readonly state: 'offering';
			readonly code: string;
			readonly link: string;
			readonly until: number;
	  }
	/** The second code: for whoever showed the first one. */
	| { readonly state: 'answering'; readonly code: string; readonly until: number }
	/** `name`: of the other person, once that is known. */
	| { readonly state: 'connecting'; readonly name: string | null }
	/** `space`: what the two share, hex; null where nothing is. */
	| {
			readonly state: 'done';
			readonly name: string;
			readonly rootHash: string;
			readonly space: string | null;
	  }
	| { readonly state: 'failed'; readonly problem: MeetingProblem };

export interface Meeting {
	readonly view: Readable<MeetingView>;
	/** A code that was scanned or pasted: the first of somebody else, or the answer to this one's. */
	take(text: string): Result<void, CodeProblem>;
	/** Gives it up; once it is done, what came of it stays. */
	cancel(): void;
}
