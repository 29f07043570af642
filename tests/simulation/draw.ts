// Draws a plan from a seed: mostly small worlds, because most faults need few people, with a long tail of larger ones.
import { createSeededRandom, type SeededRandom } from '#lib/simulation/random.ts';
import { ATTACKS, type Act, type Happening, type Plan } from './plan.ts';

const NAMES = 'Ann Ben Cleo Dan Eve Finn Gus Hana Ivo Jan Kim Lea Max Nora'.split(' ');
const HOUR = 3_600_000;
const JOINING = 15_000;
const END = 40_000;

/** What Powernodes do, the frequent ones more than once. */
const MODERATION: readonly Act[] = [
	'ban',
	'ban',
	'revoke',
	'revoke',
	'grant',
	'grant',
	'undo',
	'undo',
	'shadow-ban',
	'purge',
	'purge',
	'recall',
	'channel',
	'edit-channel',
];

interface Drawing {
	readonly random: SeededRandom;
	readonly chance: (p: number) => boolean;
	readonly names: readonly string[];
	readonly founder: string;
	readonly relays: readonly string[];
	readonly happenings: Happening[];
}

export function drawPlan(seed: number): Plan {
	const random = createSeededRandom(seed * 7919 + 17);
	const chance = (p: number): boolean => random.next() < p;
	const names = NAMES.slice(0, chance(0.93) ? 3 + random.below(5) : 8 + random.below(7));
	const relays = chance(0.4) ? ['north', 'south'] : ['north'];
	const happenings: Happening[] = [];
	const [founder = ''] = names;
	const drawing: Drawing = { random, chance, names, founder, relays, happenings };

	drawTalk(drawing);
	drawOutages(drawing);
	drawLives(drawing);
	if (chance(0.6)) drawModeration(drawing);
	if (chance(0.5)) drawTurning(drawing);
	const blocked = names.flatMap((a, i) =>
		names.slice(i + 1).flatMap((b) => (chance(0.15) ? [[a, b] as const] : [])),
	);
	const noisy = chance(0.3);
	return {
		seed,
		people: names.map((name) => ({
			name,
			skew: chance(0.2) ? random.below(2 * HOUR) - HOUR : 0,
		})),
		relays,
		blocked,
		noise: {
			doubled: noisy ? random.below(100) : 0,
			overtaken: noisy ? random.below(100) : 0,
		},
		happenings: happenings.sort((a, b) => a.at - b.at),
	};
}

function drawTalk({ random, chance, names, founder, happenings }: Drawing): void {
	names.slice(1).forEach((who, index) => {
		happenings.push({
			at: random.below(JOINING),
			type: 'join',
			who,
			by: chance(0.5) ? founder : random.pick(names.slice(0, index + 1)),
		});
	});
	const count = 8 + random.below(16);
	for (let n = 0; n < count; n++) {
		const who = random.pick(names);
		happenings.push({ at: random.below(END), type: 'say', who, text: `${who} ${n}` });
	}
	if (chance(0.3)) {
		const who = random.pick(names.slice(1));
		happenings.push({ at: JOINING + random.below(END - JOINING), type: 'leave', who });
	}
}

function drawOutages({ random, chance, names, relays, happenings }: Drawing): void {
	for (
		let at = random.below(20_000);
		at < END && chance(0.7);
		at += 10_000 + random.below(30_000)
	) {
		const ends = [...names, ...relays];
		const here = ends.filter(() => chance(0.5));
		const there = ends.filter((each) => !here.includes(each));
		happenings.push({ at, type: 'part', groups: [here, there] });
		happenings.push({ at: at + 2000 + random.below(20_000), type: 'heal' });
	}
	const [, second] = relays;
	if (second !== undefined && chance(0.5)) {
		happenings.push({ at: random.below(END), type: 'add-relay', relay: second });
	}
	for (const relay of relays) {
		if (!chance(0.5)) continue;
		const at = random.below(END);
		happenings.push({ at, type: 'relay-down', relay });
		happenings.push({ at: at + 1000 + random.below(20_000), type: 'relay-up', relay });
	}
}

/** Nodes that end, by the person's will or not, and disks that go back in time. */
function drawLives({ random, chance, names, founder, happenings }: Drawing): void {
	for (const who of names) {
		for (let at = random.below(END); at < END && chance(0.4); at += 20_000) {
			const type = random.pick(['stop', 'crash', 'crash-at-commit', 'crash-at-commit'] as const);
			if (type === 'crash-at-commit') {
				const outcome = random.pick(['crash-before', 'crash-after'] as const);
				happenings.push({ at, type, who, outcome, after: random.below(12) });
			} else {
				happenings.push({ at, type, who });
			}
			happenings.push({ at: at + 1000 + random.below(15_000), type: 'start', who });
		}
	}
	if (chance(0.15)) {
		const who = random.pick(names.filter((name) => name !== founder));
		const copied = 5000 + random.below(20_000);
		const restored = copied + 1000 + random.below(15_000);
		happenings.push({ at: copied, type: 'copy-disk', who });
		happenings.push({ at: restored, type: 'restore-disk', who });
		happenings.push({ at: restored + random.below(3000), type: 'start', who });
	}
}

function drawModeration({ random, chance, names, founder, happenings }: Drawing): void {
	const others = names.filter((name) => name !== founder);
	const powernodes = others.filter(() => chance(0.5)).slice(0, 4);
	const act = (at: number, who: string, what: Act, whom: string): void => {
		happenings.push({ at, type: 'act', who, act: what, whom, pick: random.below(1000) });
	};
	for (const whom of powernodes) {
		const by = chance(0.6) ? founder : random.pick([founder, ...powernodes]);
		act(4000 + random.below(JOINING), by, 'grant', whom);
	}
	const count = 2 + random.below(6);
	for (let n = 0; n < count; n++) {
		const who = random.pick([founder, ...powernodes]);
		act(8000 + random.below(END - 8000), who, random.pick(MODERATION), random.pick(names));
	}
	for (const who of others) {
		if (chance(0.15)) act(8000 + random.below(END), who, 'delete', who);
		if (chance(0.1)) act(8000 + random.below(END), who, 'report', random.pick(names));
	}
	// Whoever was banned may try to come back.
	for (const who of others) {
		if (chance(0.2))
			happenings.push({ at: 25_000 + random.below(END - 20_000), type: 'join', who, by: founder });
	}
	// Powernodes who fall out with each other, at almost the same time.
	if (powernodes.length >= 2 && chance(0.5)) {
		const at = 15_000 + random.below(20_000);
		const [a = '', b = ''] = powernodes;
		const what = (): Act => random.pick(['ban', 'revoke', 'shadow-ban'] as const);
		act(at, a, what(), b);
		act(at + random.below(3000), b, what(), a);
		if (chance(0.5)) act(at + random.below(5000), founder, what(), random.pick([a, b]));
	}
}

/** Members who turn: their nodes stop, and their keys go on in the hands of an attacker. */
function drawTurning({ random, chance, names, founder, happenings }: Drawing): void {
	const others = names.filter((name) => name !== founder);
	const turning = new Set([random.pick(others)]);
	if (chance(0.25)) turning.add(random.pick(others));
	for (const who of turning) {
		const turned = JOINING - 3000 + random.below(15_000);
		happenings.push({ at: turned, type: 'turn', who });
		const count = 2 + random.below(6);
		for (let n = 0; n < count; n++) {
			const at = turned + 1000 + random.below(END - turned);
			happenings.push({
				at,
				type: 'attack',
				who,
				how: random.pick(ATTACKS),
				seed: random.below(2 ** 31),
			});
		}
		if (chance(0.4)) {
			const at = turned + 2000 + random.below(15_000);
			const act = { type: 'act', act: 'ban', whom: who, pick: random.below(1000) } as const;
			happenings.push({ at, who: founder, ...act });
		}
	}
}
