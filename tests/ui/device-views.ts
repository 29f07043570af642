// Views of a person's devices: linking on either screen, the list, and the end of one.
import type { Page } from 'playwright-core';
import { press, type View } from './view.ts';

const list = async (page: Page): Promise<void> => {
	await press(page, 'Settings');
	await page.getByRole('button', { name: 'Link another device' }).scrollIntoViewIfNeeded();
};
const offer = (pairing: string): View => ({
	name: `link-offer-${pairing}`,
	scene: { pairing },
	go: async (page) => {
		await list(page);
		await press(page, 'Link another device');
	},
});
const take = (pairing: string): View => ({
	name: `link-this-${pairing}`,
	scene: { boot: 'new', pairing },
	go: async (page) => {
		await press(page, 'Link to a device I already use');
		await page.getByLabel('Link from the other device').fill('https://aegis.example/#/link/abc');
		await press(page, 'Link');
	},
});

export const DEVICE_VIEWS: readonly View[] = [
	{ name: 'devices', scene: { devices: 4 }, go: list },
	{ name: 'devices-news', scene: { devices: 3, newDevice: true }, go: async () => undefined },
	{
		name: 'device-remove',
		scene: { devices: 3 },
		go: async (page) => {
			await list(page);
			await press(page, 'Rename or remove Phone');
			await press(page, 'Remove this device…');
		},
	},
	{
		name: 'device-rename',
		scene: { devices: 3 },
		go: async (page) => {
			await list(page);
			await press(page, 'Rename or remove Phone');
		},
	},
	...['copying', 'indirect', 'arriving', 'done', 'failed', 'partial'].map((copy): View => ({
		name: `copy-${copy}`,
		scene: { devices: 2, copy },
		go: async (page) => {
			await page.getByRole('complementary').first().waitFor();
		},
	})),
	{
		name: 'device-copy',
		scene: { devices: 2, copy: 'copying' },
		go: async (page) => {
			await list(page);
			await press(page, 'Rename or remove Phone');
		},
	},
	offer('waiting'),
	offer('compare'),
	offer('mismatch'),
	{
		name: 'link-offer-passphrase',
		scene: { security: { passphrase: true } },
		go: async (page) => {
			await list(page);
			await press(page, 'Link another device');
		},
	},
	{
		name: 'link-this',
		scene: { boot: 'new' },
		go: (page) => press(page, 'Link to a device I already use'),
	},
	take('connecting'),
	take('compare'),
	take('mismatch'),
	{
		name: 'removed',
		scene: { boot: 'removed' },
		go: (page) => page.getByRole('heading', { name: 'This device was removed' }).waitFor(),
	},
];
