// How far everybody has what anybody has written.
import { expect, it } from 'vitest';
import { convergenceOf } from '#lib/components/explainer/convergence.ts';
import { createPlayground } from '#lib/explainer/playground.ts';
import type { Scene } from '#lib/explainer/recording.ts';
import type { Action } from '#lib/explainer/scenario.ts';
import { stageParts } from '../../support/stage-parts.ts';

const act = (name: Action['name'], who = 0, other = 0): Action => ({ name, who, other });

it('[EX4] is told of people who are in, by what their screens show', async () => {
	const playground = createPlayground(91, stageParts());
	await playground.begin();
	const after = async (action: Action): Promise<readonly Scene[]> =>
		(await playground.act(action)).scenes;
	const now = async (action: Action) => {
		const scene = (await after(action)).at(-1);
		if (scene === undefined) throw new Error('nothing to see');
		return convergenceOf(scene);
	};
	expect(await now(act('join', 1, 2))).toMatchObject({ people: 2, messages: 0, agree: true });
	expect(await now(act('join', 2, 2))).toMatchObject({ people: 3, agree: true });
	// On its way it is with its author first, then with all.
	const wholes = (await after(act('say', 1))).map((scene) => convergenceOf(scene));
	expect(wholes.some(({ whole, messages }) => messages === 1 && whole < 3)).toBe(true);
	expect(wholes.at(-1)).toMatchObject({ people: 3, messages: 1, whole: 3 });
	// Whoever is cut off from everything lacks what is written meanwhile.
	for (const other of [0, 1, 50, 51]) await after(act('cut', 2, other));
	expect(await now(act('say', 1))).toMatchObject({ messages: 2, whole: 2 });
	for (const other of [0, 1, 50, 51]) await after(act('cut', 2, other));
	expect(await now(act('wait', 30))).toMatchObject({ messages: 2, whole: 3 });
});
