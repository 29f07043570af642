// What the steps of free play are called: what was really done, of the two that one button does.
import { expect, it } from 'vitest';
import { actionText } from '#lib/components/explainer/words.ts';
import { createPlayground } from '#lib/explainer/playground.ts';
import type { Action } from '#lib/explainer/scenario.ts';
import { stageParts } from '../../support/stage-parts.ts';
import { m } from '#lib/paraglide/messages.js';

it('[EX4] says whether a way was cut or mended, and a relay stopped or started', async () => {
	const playground = createPlayground(91, stageParts());
	await playground.begin();
	const told = async (name: Action['name'], who: number, other = 0): Promise<string> => {
		const action = { name, who, other };
		const scene = (await playground.act(action)).scenes.at(-1);
		if (scene === undefined) throw new Error('nothing to see');
		return actionText(action, scene);
	};
	const [name, other] = ['Alice', 'Harbor'];
	expect(await told('cut', 0, 50)).toBe(m.how_play_did_cut({ name, other }));
	expect(await told('cut', 50, 0)).toBe(m.how_play_did_mend({ name: other, other: name }));
	expect(await told('relay', 0)).toBe(m.how_play_did_relay({ name: other }));
	expect(await told('relay', 0)).toBe(m.how_play_did_relay_start({ name: other }));
	expect(await told('slow', 5)).toBe(m.how_play_did_slow());
	expect(await told('slow', 0)).toBe(m.how_play_did_fast());
});
