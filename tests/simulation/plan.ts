// What happens in a scenario, drawn from a seed before anything happens, so that it can be printed and replayed.
import { createSeededRandom } from '#lib/simulation/random.ts';

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
			readonly type: 'stop' | 'crash' | 'start' | 'leave';
			readonly who: string;
	  }
	| {
			readonly at: number;
			readonly type: 'crash-at-commit';
			readonly who: string;
			readonly outcome: 'crash-before' | 'crash-after';
			/** Commits that still succeed first. */
			readonly after: number;
	  };

export interface Plan {
	readonly seed: number;
	readonly people: readonly { readonly name: string; readonly skew: number }[];
	readonly relays: readonly string[];
	/** Pairs that never get a direct link. */
	readonly blocked: readonly (readonly [string, string])[];
	readonly happenings: readonly Happening[];
}

const NAMES = 'Ann Ben Cleo Dan Eve Finn Gus Hana Ivo Jan Kim Lea Max Nora'.split(' ');
const HOUR = 3_600_000;
const JOINING = 20_000;
const END = 50_000;

export function drawPlan(seed: number): Plan {
	const random = createSeededRandom(seed * 7919 + 17);
	const chance = (p: number): boolean => random.next() < p;
	const names = NAMES.slice(0, 10 + random.below(5));
	const relays = chance(0.5) ? ['north', 'south'] : ['north'];
	const happenings: Happening[] = [];
	const [founder = ''] = names;

	names.slice(1).forEach((who, index) => {
		happenings.push({
			at: random.below(JOINING),
			type: 'join',
			who,
			by: chance(0.5) ? founder : random.pick(names.slice(0, index + 1)),
		});
	});
	const count = 20 + random.below(20);
	for (let n = 0; n < count; n++) {
		const who = random.pick(names);
		happenings.push({ at: random.below(END), type: 'say', who, text: `${who} ${n}` });
	}
	for (
		let at = random.below(20_000);
		at < END && chance(0.8);
		at += 10_000 + random.below(30_000)
	) {
		const ends = [...names, ...relays];
		const here = ends.filter(() => chance(0.5));
		const there = ends.filter((each) => !here.includes(each));
		happenings.push({ at, type: 'part', groups: [here, there] });
		happenings.push({ at: at + 2000 + random.below(25_000), type: 'heal' });
	}
	const [, second] = relays;
	if (second !== undefined && chance(0.5)) {
		happenings.push({ at: random.below(END), type: 'add-relay', relay: second });
	}
	for (const relay of relays) {
		if (!chance(0.5)) continue;
		const at = random.below(END);
		happenings.push({ at, type: 'relay-down', relay });
		happenings.push({ at: at + 1000 + random.below(25_000), type: 'relay-up', relay });
	}
	for (const who of names) {
		for (let at = random.below(END); at < END && chance(0.4); at += 20_000) {
			const type = random.pick(['stop', 'crash', 'crash-at-commit'] as const);
			if (type === 'crash-at-commit') {
				const outcome = random.pick(['crash-before', 'crash-after'] as const);
				happenings.push({ at, type, who, outcome, after: random.below(6) });
			} else {
				happenings.push({ at, type, who });
			}
			happenings.push({ at: at + 1000 + random.below(20_000), type: 'start', who });
		}
	}
	if (chance(0.4)) {
		const who = random.pick(names.slice(1));
		happenings.push({ at: JOINING + random.below(END - JOINING), type: 'leave', who });
	}
	const blocked = names.flatMap((a, i) =>
		names.slice(i + 1).flatMap((b) => (chance(0.15) ? [[a, b] as const] : [])),
	);
	return {
		seed,
		people: names.map((name) => ({
			name,
			skew: chance(0.2) ? random.below(2 * HOUR) - HOUR : 0,
		})),
		relays,
		blocked,
		happenings: happenings.sort((a, b) => a.at - b.at),
	};
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
		...lines,
	].join('\n');
}
