// What buttons of free play say before the stage has come that far: the same as the stage says in the end.
import { expect, it } from 'vitest';
import { willBeCut, willBeOff, willBeStopped } from '#lib/explainer/asked.ts';
import { numberOf } from '#lib/explainer/cast.ts';
import { createPlayground } from '#lib/explainer/playground.ts';
import type { Action } from '#lib/explainer/scenario.ts';
import { stageParts } from '../../support/stage-parts.ts';

it('[EX4] knows how things will stand from what was asked for alone', async () => {
	const playground = createPlayground(91, stageParts());
	await playground.begin();
	const [alice, bob, harbor] = [numberOf('Alice'), numberOf('Bob'), numberOf('Harbor')];
	const act = (name: Action['name'], who: number, other = 0): Action => ({ name, who, other });
	const all = [
		...[act('join', bob, 1), act('cut', bob, alice), act('relay', 1), act('leave', bob)],
		...[act('cut', bob, harbor), act('relay', 1), act('return', bob), act('cut', alice, bob)],
		...[act('relay', 0), act('say', bob)],
	];
	for (const [n, action] of all.entries()) {
		const scene = (await playground.act(action)).scenes.at(-1);
		const asked = all.slice(0, n + 1);
		const isCut = (a: string, b: string): boolean =>
			scene?.links.some(
				(link) => link.over === 'cut' && [link.a, link.b].sort().join() === [a, b].sort().join(),
			) === true;
		expect([n, willBeCut(asked, alice, bob), willBeCut(asked, harbor, bob)]).toEqual([
			...[n, isCut('Alice', 'Bob'), isCut('Bob', 'Harbor')],
		]);
		expect([n, !willBeOff(asked, bob)]).toEqual([
			...[n, scene?.people.find(({ name }) => name === 'Bob')?.running],
		]);
		expect([n, [0, 1].map((relay) => !willBeStopped(asked, relay))]).toEqual([
			...[n, scene?.relays.map(({ running }) => running)],
		]);
	}
});
