// Free play: scenarios as links, and the same again wherever they are opened.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPlayground } from '#lib/explainer/playground.ts';
import type { RecordedStep } from '#lib/explainer/recording.ts';
import {
	ACTIONS,
	decodeScenario,
	encodeScenario,
	followedBy,
	MAX_ACTIONS,
	type Action,
} from '#lib/explainer/scenario.ts';
import { stageParts } from '../../support/stage-parts.ts';

const number = fc.nat({ max: 63 });
const action: fc.Arbitrary<Action> = fc.record({
	name: fc.constantFrom(...ACTIONS),
	who: number,
	other: number,
});

async function play(actions: readonly Action[]): Promise<readonly RecordedStep[]> {
	const playground = createPlayground(91, stageParts());
	const steps = [await playground.begin()];
	for (const each of actions) steps.push(await playground.act(each));
	return steps;
}
const act = (name: Action['name'], who = 0, other = 0): Action => ({ name, who, other });

describe('a scenario', () => {
	it('[EX4] comes back from its link as it was', () => {
		fc.assert(
			fc.property(fc.nat(), fc.array(action, { maxLength: MAX_ACTIONS }), (seed, actions) => {
				expect(decodeScenario(encodeScenario({ seed, actions }))).toEqual({ seed, actions });
			}),
		);
	});

	it('[EX4] is nothing where a link holds anything else', () => {
		fc.assert(
			fc.property(fc.string({ maxLength: 5000 }), (text) => {
				const decoded = decodeScenario(text);
				expect(decoded === undefined || decoded.actions.length <= MAX_ACTIONS).toBe(true);
			}),
		);
		const long = Array.from({ length: MAX_ACTIONS + 1 }, () => act('say'));
		expect(decodeScenario(encodeScenario({ seed: 1, actions: long }))?.actions).toHaveLength(
			MAX_ACTIONS,
		);
		expect(decodeScenario('A'.repeat(100_000))).toBeUndefined();
	});
});

describe('free play', () => {
	it('[EX4] does what is asked, and the same each time', async () => {
		const actions = [
			act('join', 1, 0),
			act('join', 2, 1),
			act('say', 1),
			act('ban', 2),
			act('purge', 1),
			act('relay', 0),
			act('leave', 1),
			act('return', 1),
		];
		const steps = await play(actions);
		const shown = (n: number, name: string) =>
			steps[n]?.scenes.at(-1)?.people.find((each) => each.name === name);
		expect(shown(2, 'Carol')?.space).toBe('ready');
		expect(shown(3, 'Carol')?.messages.map(({ text }) => text)).toEqual(['Bob, 1']);
		expect(shown(4, 'Carol')?.space).toBe('banned');
		expect(shown(5, 'Bob')?.messages[0]?.gone).toBe('purged');
		expect(steps[6]?.scenes.at(-1)?.relays[0]?.running).toBe(false);
		expect(shown(7, 'Bob')?.running).toBe(false);
		expect(shown(8, 'Bob')?.running).toBe(true);
		expect(await play(actions)).toEqual(steps);
	});

	it('[EX4] moves, removes and waits', async () => {
		const actions = [
			act('join', 1, 1),
			act('router', 0, 2),
			act('router', 1, 2),
			act('wait', 20),
			act('router', 1, 0),
			act('wait', 30),
			act('remove', 1),
			act('join', 1, 1),
		];
		const steps = await play(actions);
		const at = (n: number) => steps[n]?.scenes.at(-1);
		const isDirect = (n: number): boolean =>
			at(n)?.links.some(({ over, a, b }) => over === 'direct' && a !== b) === true;
		expect(isDirect(1)).toBe(true);
		// Two strict routers let nothing through; an open one does.
		expect([isDirect(3), isDirect(4)]).toEqual([false, false]);
		expect(isDirect(6)).toBe(true);
		expect((steps[4]?.end ?? 0) - (steps[4]?.begin ?? 0)).toBe(20_000);
		// Gone for good: nobody comes a second time.
		expect(at(7)?.people.map(({ name }) => name)).toEqual(['Alice']);
		expect(at(8)?.people.map(({ name }) => name)).toEqual(['Alice']);
	});

	it('[EX4] tells of waiting once, however often', () => {
		const waited = Array.from({ length: 40 }, () => act('wait', 2)).reduce<readonly Action[]>(
			followedBy,
			[act('say')],
		);
		expect(waited).toEqual([act('say'), act('wait', 62), act('wait', 18)]);
	});

	it('[EX4] minds nothing that can’t be done', async () => {
		const odd = ACTIONS.flatMap((name) => [act(name, 63, 63), act(name, 7, 9), act(name)]);
		const steps = await play(odd);
		expect(steps).toHaveLength(odd.length + 1);
	});
});
