// Views of losing what a browser held, and of the ways back.
import type { Page } from 'playwright-core';
import { openChat, press, type View } from './view.ts';

const SEVEN = 'legal winner thank year wave sausage worth';
const WORDS = `${SEVEN} useful ${SEVEN} useful ${SEVEN} title`;
const FILE = { name: 'aegis-2026-03-14.aegis', mimeType: '', buffer: Buffer.from('a backup') };

async function restore(page: Page): Promise<void> {
	await press(page, 'I have a recovery phrase');
	await page.getByLabel('Recovery phrase').fill(WORDS);
	await page.getByLabel('Your name').fill('Alex');
	await page.getByLabel('Backup file').setInputFiles(FILE);
	await press(page, 'Restore');
}
const lost = (what: string): View => ({
	name: `lost-${what}`,
	scene: { boot: 'new', lost: what },
	go: (page) => page.getByText('This browser has deleted').waitFor(),
});
const comingBack = (name: string, scene: object): View => ({
	name: `coming-back-${name}`,
	scene,
	go: (page) => page.getByText('Looking for your spaces').waitFor(),
});

export const RESTORING_VIEWS: readonly View[] = [
	lost('everything'),
	lost('all-but-keys'),
	{
		name: 'restore-file-bad',
		scene: { boot: 'new' },
		go: async (page) => {
			await restore(page);
			await page.getByText('This backup is damaged').waitFor();
		},
	},
	{
		name: 'restore-under-way',
		scene: { boot: 'new', restoring: true },
		go: async (page) => {
			await restore(page);
			await page.getByRole('button', { name: 'Cancel' }).scrollIntoViewIfNeeded();
		},
	},
	comingBack('asked', { empty: true, found: 0 }),
	comingBack('found', { found: 2 }),
	comingBack('backup', { found: 2, backupProblem: 'cancelled' }),
	{
		name: 'history-space',
		scene: { out: 'past' },
		go: async (page) => {
			await openChat(page);
			await page.getByRole('note').waitFor();
		},
	},
	{
		name: 'fallen-space',
		scene: { out: 'recalled' },
		go: async (page) => {
			await openChat(page);
			await page.getByRole('note').waitFor();
		},
	},
	{
		name: 'backup',
		scene: {},
		go: async (page) => {
			await press(page, 'Settings');
			await page.getByRole('button', { name: 'Back up…' }).click();
			await page.getByText('The backup is written').scrollIntoViewIfNeeded();
		},
	},
];
