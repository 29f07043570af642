// Views of "How Aegis works": every chapter at its end, one with a packet open, free play, and how to add a relay.
import type { Page } from 'playwright-core';
import type { View } from './view.ts';

/** Chapters are run while one looks on. */
const PATIENCE = 60_000;
const CHAPTERS = [
	'discovery',
	'direct',
	'strict',
	'relay',
	'offline',
	'dies',
	'moderation',
	'keys',
];

/** To the end of the chapter, as it is run. */
async function toTheEnd(page: Page): Promise<void> {
	const slider = page.getByRole('slider');
	await page.getByRole('heading', { level: 2 }).waitFor({ timeout: PATIENCE });
	const next = page.getByRole('button', { name: 'Next', exact: true });
	const isOver = async (): Promise<boolean> => {
		const [, at, of] =
			/^Step (\d+) of (\d+)/.exec((await slider.getAttribute('aria-valuetext')) ?? '') ?? [];
		return at === of;
	};
	while (!(await isOver())) await next.click({ timeout: PATIENCE });
}

const happened = async (page: Page): Promise<void> => {
	await page.getByText('What happened, in words').click();
};
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

export const EXPLAINER_VIEWS: readonly View[] = [
	...CHAPTERS.map((id) => ({ name: `how-${id}`, hash: `how#${id}`, go: toTheEnd })),
	{
		name: 'how-in-words',
		hash: 'how#strict',
		go: async (page) => {
			await toTheEnd(page);
			await happened(page);
		},
	},
	{
		name: 'how-play',
		hash: 'how#play',
		go: async (page) => {
			const add = button(page, 'Add somebody');
			for (const name of ['Bob', 'Carol']) {
				await add.click({ timeout: PATIENCE });
				await page.getByRole('heading', { level: 4, name }).waitFor({ timeout: PATIENCE });
			}
			await button(page, 'Write').click({ timeout: PATIENCE });
			await page.getByText('Alice, 1').first().waitFor({ timeout: PATIENCE });
			await button(page, 'Cut').click({ timeout: PATIENCE });
			await button(page, 'Mend').waitFor({ timeout: PATIENCE });
		},
	},
	{
		name: 'how-add-a-relay',
		hash: 'how#add-a-relay',
		go: (page) => page.getByRole('heading', { level: 2, name: 'Add a relay' }).waitFor(),
	},
];
