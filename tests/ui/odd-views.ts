// Views under names and words that nobody drew the interface for, and of a space that can't be read.
import { press, type View } from './view.ts';

const SPACE = /The Association of Allotment/;
const odd = { odd: true, role: 'powernode', eventful: true, timer: 86_400 };

export const ODD_VIEWS: readonly View[] = [
	{
		name: 'odd-chats',
		scene: odd,
		go: (page) => page.getByRole('button', { name: SPACE }).waitFor(),
	},
	{ name: 'odd-conversation', scene: odd, go: (page) => press(page, SPACE) },
	{
		name: 'odd-members',
		scene: odd,
		go: async (page) => {
			await press(page, SPACE);
			await press(page, 'Members and invitations');
			await page.getByText('Founder').filter({ visible: true }).first().waitFor();
		},
	},
	{
		name: 'odd-log',
		scene: odd,
		go: async (page) => {
			await press(page, SPACE);
			await press(page, 'Members and invitations');
			await press(page, /^Moderation log/);
			await page.getByRole('dialog', { name: 'Moderation log' }).getByText('made').waitFor();
		},
	},
	{
		name: 'odd-peers',
		scene: odd,
		go: async (page) => {
			await press(page, /Peer/);
			await page.getByRole('dialog', { name: 'Peers' }).waitFor();
		},
	},
	{
		name: 'odd-leave',
		scene: odd,
		go: async (page) => {
			await press(page, SPACE);
			await press(page, 'Members and invitations');
			await press(page, 'Leave');
			await page.getByRole('heading', { name: /^Leave The/ }).waitFor();
		},
	},
	{
		name: 'odd-switcher',
		scene: odd,
		go: async (page) => {
			await page.getByRole('button', { name: SPACE }).waitFor();
			await page.keyboard.press('Control+k');
			await page.getByRole('combobox').waitFor();
		},
	},
	{
		name: 'unreadable',
		scene: { unreadable: true },
		go: (page) => press(page, /Closed space/),
	},
	{
		name: 'unreadable-sure',
		scene: { unreadable: true },
		go: async (page) => {
			await press(page, /Closed space/);
			await press(page, 'Remove from this device');
			await page.getByRole('button', { name: 'Destroy and remove' }).waitFor();
		},
	},
];
