// What happens in a scenario, as plain data: drawn from a seed before anything happens, so that it can be printed,
// replayed and shrunk.

/** What somebody does to others by moderation, as the interface offers it to them then. */
export const ACTS = [
	'grant',
	'revoke',
	'ban',
	'shadow-ban',
	'undo',
	'purge',
	'delete',
	'report',
	'recall',
	'channel',
	'edit-channel',
] as const;
export type Act = (typeof ACTS)[number];

/** What a member does that has turned; attacks.ts says how. */
export const ATTACKS = [
	'forge',
	'bad-signature',
	'fork',
	'backdate',
	'far-ahead',
	'replay',
	'flood',
	'oversized',
	'garbage',
	'unauthorized',
	'false-device',
	'self-grant',
	'over-admit',
	'wrong-epoch',
	'unknown-heads',
	'strip',
	'lie',
	'false-records',
	'false-news',
	'message',
] as const;
export type Attack = (typeof ATTACKS)[number];

/** Times in ms from the moment the space exists. */
export type Happening =
	| { readonly at: number; readonly type: 'join'; readonly who: string; readonly by: string }
	| { readonly at: number; readonly type: 'say'; readonly who: string; readonly text: string }
	| { readonly at: number; readonly type: 'part'; readonly groups: readonly (readonly string[])[] }
	| { readonly at: number; readonly type: 'heal' }
	| {
			readonly at: number;
			readonly type: 'relay-down' | 'relay-up' | 'add-relay';
			readonly relay: string;
	  }
	| {
			readonly at: number;
			readonly type: 'stop' | 'crash' | 'start' | 'leave' | 'copy-disk' | 'restore-disk';
			readonly who: string;
	  }
	| {
			readonly at: number;
			readonly type: 'crash-at-commit';
			readonly who: string;
			readonly outcome: 'crash-before' | 'crash-after';
			/** Commits that still succeed first. */
			readonly after: number;
	  }
	| {
			readonly at: number;
			readonly type: 'act';
			readonly who: string;
			readonly act: Act;
			/** Whom it is about, where it is about somebody. */
			readonly whom: string;
			/** Which of several messages, actions, channels. */
			readonly pick: number;
	  }
	/** From here on a member follows no rule. */
	| { readonly at: number; readonly type: 'turn'; readonly who: string }
	| {
			readonly at: number;
			readonly type: 'attack';
			readonly who: string;
			readonly how: Attack;
			readonly seed: number;
	  };

/** What befalls single frames on direct links, in thousandths. */
export interface Noise {
	readonly doubled: number;
	readonly overtaken: number;
}

export interface Plan {
	readonly seed: number;
	readonly people: readonly { readonly name: string; readonly skew: number }[];
	readonly relays: readonly string[];
	/** Pairs that never get a direct link. */
	readonly blocked: readonly (readonly [string, string])[];
	readonly noise: Noise;
	readonly happenings: readonly Happening[];
}

/** The plan as text, for whoever looks into a failure. */
export function describePlan(plan: Plan): string {
	const lines = plan.happenings.map(({ at, type, ...rest }) => {
		const details = Object.values(rest).map((value) => JSON.stringify(value));
		return `${String(at).padStart(7)} ${type} ${details.join(' ')}`;
	});
	const skews = plan.people.filter(({ skew }) => skew !== 0);
	return [
		`seed ${plan.seed}`,
		`people ${plan.people.map(({ name }) => name).join(' ')}`,
		`clocks ${skews.map(({ name, skew }) => `${name} ${Math.round(skew / 1000)} s`).join(', ')}`,
		`relays ${plan.relays.join(' ')}`,
		`blocked ${plan.blocked.map((pair) => pair.join('-')).join(' ')}`,
		`noise ${plan.noise.doubled} doubled, ${plan.noise.overtaken} overtaken of 1000`,
		...lines,
	].join('\n');
}
