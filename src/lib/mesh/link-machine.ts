// When to try for a direct link with another device, and what each side does: a pure machine, one per pair. [LM1] … [LM7]
// Of two devices the one with the lower key offers, so offers never cross; the other answers.
import { linkDelay } from './retry.ts';

export type LinkState =
	| { readonly state: 'apart'; readonly failures: number; readonly retryAt: number }
	| { readonly state: 'offering'; readonly attempt: string; readonly failures: number }
	| { readonly state: 'answering'; readonly attempt: string; readonly failures: number }
	| {
			readonly state: 'open';
			readonly attempt: string;
			readonly failures: number;
			/** When it opened, ms. */
			readonly since: number;
	  };

export type LinkEvent =
	/** The other device can be reached by signals; `attempt` is a fresh name to use if one is due. */
	| { readonly type: 'reachable'; readonly attempt: string }
	/** Something has changed by which a link may come about that didn't before: one of the two has come, or moved. */
	| { readonly type: 'renewed'; readonly attempt: string }
	| { readonly type: 'offer'; readonly attempt: string }
	| { readonly type: 'refused'; readonly attempt: string }
	/** Nothing could be said to the other device: that says nothing about the path between the two. */
	| { readonly type: 'unreachable'; readonly attempt: string }
	| { readonly type: 'opened'; readonly attempt: string }
	/** People have made a link by codes that they carried: it takes the place of whatever there was. */
	| { readonly type: 'met'; readonly attempt: string }
	| { readonly type: 'failed'; readonly attempt: string }
	| { readonly type: 'closed'; readonly attempt: string };

export type LinkEffect =
	| { readonly type: 'offer'; readonly attempt: string }
	| { readonly type: 'answer'; readonly attempt: string }
	| { readonly type: 'refuse'; readonly attempt: string }
	| { readonly type: 'abandon'; readonly attempt: string }
	/** Look again at this time, if the other device is still reachable. */
	| { readonly type: 'wake'; readonly at: number };

/** After a link that stood is lost; long enough for the other side to notice too. */
const RELINK_DELAY = 300;
/** After the other side said that it can't: it may have changed its mind or its browser by then. */
const REFUSED_DELAY = 300_000;
/** A link that stood for less is worth no more than one that never did. */
const SHORT = 10_000;

export const apart: LinkState = { state: 'apart', failures: 0, retryAt: 0 };

/** One step. `offers`: this side is the one that offers. `jitter`: 0 … 1. */
export function stepLink(
	link: LinkState,
	event: LinkEvent,
	context: { readonly offers: boolean; readonly now: number; readonly jitter: number },
): readonly [LinkState, readonly LinkEffect[]] {
	const { offers, now } = context;
	switch (event.type) {
		case 'reachable': {
			if (link.state !== 'apart' || !offers) return [link, []];
			if (now < link.retryAt) return [link, [{ type: 'wake', at: link.retryAt }]];
			const { attempt } = event;
			return [
				{ state: 'offering', attempt, failures: link.failures },
				[{ type: 'offer', attempt }],
			];
		}
		case 'renewed': {
			const { attempt } = event;
			if (link.state === 'open' || link.state === 'answering') return [link, []];
			if (!offers) return [apart, []];
			// An attempt from before the change knows addresses that may be gone.
			const abandoned: LinkEffect[] =
				link.state === 'apart' ? [] : [{ type: 'abandon', attempt: link.attempt }];
			return [
				{ state: 'offering', attempt, failures: 0 },
				[...abandoned, { type: 'offer', attempt }],
			];
		}
		case 'offer': {
			const { attempt } = event;
			if (offers) return [link, [{ type: 'refuse', attempt }]];
			if (link.state !== 'apart' && link.attempt === attempt) return [link, []];
			// A second offer means that the other side has given the first up, or was started anew.
			const abandoned: LinkEffect[] =
				link.state === 'apart' ? [] : [{ type: 'abandon', attempt: link.attempt }];
			return [
				{ state: 'answering', attempt, failures: link.failures },
				[...abandoned, { type: 'answer', attempt }],
			];
		}
		case 'opened':
			if (link.state === 'apart' || link.attempt !== event.attempt) {
				return [link, [{ type: 'abandon', attempt: event.attempt }]];
			}
			if (link.state === 'open') return [link, []];
			return [{ state: 'open', attempt: event.attempt, failures: link.failures, since: now }, []];
		case 'met':
			return [
				{ state: 'open', attempt: event.attempt, failures: 0, since: now },
				link.state === 'apart' ? [] : [{ type: 'abandon', attempt: link.attempt }],
			];
		case 'unreachable': {
			if (link.state === 'apart' || link.state === 'open' || link.attempt !== event.attempt) {
				return [link, []];
			}
			// Due as soon as it can be reached again.
			return [
				{ state: 'apart', failures: link.failures, retryAt: now },
				[{ type: 'abandon', attempt: link.attempt }],
			];
		}
		case 'refused':
		case 'failed': {
			if (link.state === 'apart' || link.state === 'open' || link.attempt !== event.attempt) {
				return [link, []];
			}
			const failures = link.failures + 1;
			const wait = event.type === 'refused' ? REFUSED_DELAY : linkDelay(failures, context.jitter);
			return [
				{ state: 'apart', failures, retryAt: now + wait },
				[
					{ type: 'abandon', attempt: link.attempt },
					{ type: 'wake', at: now + wait },
				],
			];
		}
		case 'closed': {
			if (link.state !== 'open' || link.attempt !== event.attempt) return [link, []];
			const failures = now - link.since < SHORT ? link.failures + 1 : 0;
			const wait = failures === 0 ? RELINK_DELAY : linkDelay(failures, context.jitter);
			return [
				{ state: 'apart', failures, retryAt: now + wait },
				[{ type: 'wake', at: now + wait }],
			];
		}
	}
}
