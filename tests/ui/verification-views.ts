// Views of verifying people, of the warnings that follow from it, and of messages that disappear.
import type { Page } from 'playwright-core';
import { fakeHash } from '../support/fake-data.ts';
import { openChat, press, type View } from './view.ts';

const MINA = fakeHash('mina');

const verify = async (page: Page): Promise<void> => {
	await openChat(page, 'Mina');
	await press(page, /^Verif/);
	await page.getByRole('img', { name: /QR code/ }).waitFor();
};

export const VERIFICATION_VIEWS: readonly View[] = [
	{ name: 'verify', scene: {}, go: verify },
	{ name: 'verify-verified', scene: { verified: MINA }, go: verify },
	{
		name: 'verify-no-camera',
		scene: {},
		go: async (page) => {
			await verify(page);
			await press(page, /^Scan/);
			await page.getByText('There is no camera', { exact: false }).waitFor();
		},
	},
	{
		name: 'verify-header',
		scene: { verified: MINA },
		go: async (page) => {
			await openChat(page, 'Mina');
			await press(page, 'Members and invitations');
			await page.getByText('Founder').filter({ visible: true }).first().waitFor();
		},
	},
	{
		name: 'verify-warnings',
		scene: { warned: true, verified: MINA },
		go: async (page) => {
			await openChat(page);
			await page.getByText('has changed devices', { exact: false }).waitFor();
		},
	},
	{
		name: 'disappearing',
		scene: { timer: 86_400 },
		go: async (page) => {
			await openChat(page);
			await page.getByText('uses a new device', { exact: false }).waitFor();
		},
	},
	{
		name: 'disappearing-timer',
		scene: { timer: 86_400, role: 'founder' },
		go: async (page) => {
			await openChat(page);
			await press(page, 'Messages disappear after 1 day');
			await page.getByRole('dialog').getByRole('combobox').waitFor();
		},
	},
	{
		name: 'disappearing-direct',
		scene: { role: 'founder' },
		go: async (page) => {
			await openChat(page, 'Mina');
			await press(page, 'Members and invitations');
			await page.getByText('Disappearing messages').filter({ visible: true }).waitFor();
		},
	},
];
