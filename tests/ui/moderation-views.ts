// The views of moderation: acts, the log, locked spaces, channels and invitations.
import type { Page } from 'playwright-core';
import { fakeHash } from '../support/fake-data.ts';
import { openChat, press, type View } from './view.ts';

/** Shows what can be done with a message: one before the last. */
const toMessage = async (page: Page, phone: boolean, back = 0): Promise<void> => {
	await openChat(page);
	const message = page.locator('[data-message]').nth(-1 - back);
	await (phone ? message.click({ position: { x: 60, y: 8 } }) : message.focus());
	await message.getByRole('button', { name: 'More actions' }).click();
	await page.getByRole('menu').waitFor();
};

/** They fade at their own pace, and half faded ones are hard to read. */
const dropToasts = (page: Page): Promise<void> =>
	page.evaluate(() => {
		for (const toast of document.querySelectorAll('.toast'))
			toast.dispatchEvent(new AnimationEvent('animationend'));
	});

const choose = (page: Page, name: RegExp): Promise<void> =>
	page.getByRole('menuitem', { name }).click();

const toMember = async (page: Page, name: string): Promise<void> => {
	await openChat(page);
	await press(page, 'Members and invitations');
	await press(page, `Actions for ${name}`);
	await page.getByRole('menu').waitFor();
};

const toLog = async (page: Page): Promise<void> => {
	await openChat(page);
	await press(page, 'Members and invitations');
	await press(page, /^Moderation log/);
	await page.getByRole('dialog', { name: 'Moderation log' }).getByText('made').waitFor();
};

const moderating = { role: 'powernode', eventful: true };

export const MODERATION_VIEWS: readonly View[] = [
	{ name: 'message-menu', scene: moderating, go: (page, phone) => toMessage(page, phone, 6) },
	{
		name: 'message-menu-member',
		scene: {},
		go: (page, phone) => toMessage(page, phone, 6),
	},
	{
		name: 'purge',
		scene: moderating,
		go: async (page, phone) => {
			await toMessage(page, phone, 6);
			await choose(page, /^Purge/);
			await page.getByLabel('Reason').fill('Somebody’s phone number.');
		},
	},
	{
		name: 'purged',
		scene: { role: 'powernode' },
		go: async (page, phone) => {
			await toMessage(page, phone, 6);
			await choose(page, /^Purge/);
			await page.getByLabel('Reason').fill('Somebody’s phone number.');
			await press(page, 'Purge');
			await press(page, '[Purged by Powernode]');
			await page.getByText('Purged by Alex. Reason').waitFor();
			await dropToasts(page);
		},
	},
	{
		name: 'report',
		scene: {},
		go: async (page, phone) => {
			await toMessage(page, phone, 6);
			await choose(page, /^Report/);
			await page.getByRole('dialog').waitFor();
		},
	},
	{
		name: 'ban',
		scene: moderating,
		go: async (page, phone) => {
			await toMessage(page, phone, 6);
			await choose(page, /^Ban/);
			await page.getByRole('dialog').getByRole('checkbox').check();
		},
	},
	{
		name: 'ban-error',
		scene: { ...moderating, failing: 'not-allowed' },
		go: async (page) => {
			await toMember(page, 'Kofi');
			await choose(page, /^Ban/);
			await page.getByLabel('Reason').fill('x'.repeat(250));
			await press(page, 'Ban');
			await page.getByText('You are not allowed').waitFor();
		},
	},
	{
		name: 'shadow-ban',
		scene: moderating,
		go: async (page) => {
			await toMember(page, 'Kofi');
			await choose(page, /^Shadow-ban/);
			await page.getByLabel('Reason').fill('x'.repeat(290));
		},
	},
	{ name: 'member-menu', scene: moderating, go: (page) => toMember(page, 'Kofi') },
	{
		name: 'members-moderated',
		scene: moderating,
		go: async (page) => {
			await toMember(page, 'Kofi');
			await choose(page, /^Block/);
			await page.getByText('Blocked by you').waitFor();
			await dropToasts(page);
			await page.getByText('Blocked by you').scrollIntoViewIfNeeded();
		},
	},
	{
		name: 'grant',
		scene: { role: 'founder', eventful: true },
		go: async (page) => {
			await toMember(page, 'Kofi');
			await choose(page, /^Make/);
			await page.getByRole('dialog', { name: /^Make Kofi/ }).waitFor();
		},
	},
	{
		name: 'revoke',
		scene: { role: 'founder', eventful: true },
		go: async (page) => {
			await toMember(page, 'Jonas Weber');
			await choose(page, /^Revoke/);
			await page.getByLabel('Reason').waitFor();
		},
	},
	{
		name: 'gone',
		scene: { eventful: true },
		go: async (page) => {
			await openChat(page);
			await press(page, '[Purged by Powernode]');
			await page.getByText('Purged by Mina Okafor').waitFor();
		},
	},
	{
		name: 'blocked',
		scene: { blocked: fakeHash('mina') },
		go: async (page) => {
			await openChat(page);
			await page.getByRole('button', { name: 'Show', exact: true }).last().click();
			await page.getByRole('button', { name: 'Hide' }).waitFor();
		},
	},
	{ name: 'log', scene: moderating, go: toLog },
	{
		name: 'log-member',
		scene: { eventful: true },
		go: async (page) => {
			await toLog(page);
			await page.getByLabel('Kind of action').selectOption('Bans');
			await page.getByText('revoked').waitFor({ state: 'detached' });
		},
	},
	{
		name: 'log-undo',
		scene: moderating,
		go: async (page) => {
			await toLog(page);
			await press(page, 'Undo…');
			await page.getByLabel('Reason').waitFor();
		},
	},
	{
		name: 'log-message',
		scene: moderating,
		go: async (page) => {
			await toLog(page);
			await press(page, 'Show message');
			await page.getByRole('dialog').waitFor({ state: 'detached' });
			await page.locator('[data-message]:focus').waitFor();
		},
	},
	{
		name: 'log-empty',
		scene: {},
		go: async (page) => {
			await openChat(page);
			await press(page, 'Members and invitations');
			await press(page, /^Moderation log/);
			await page.getByText('Nothing has been moderated').waitFor();
		},
	},
	...['locked', 'destroyed', 'undone'].map((banned): View => ({
		name: `banned-${banned}`,
		scene: { banned },
		go: (page) => openChat(page, 'Regatta Crew'),
	})),
	{
		name: 'channels',
		scene: moderating,
		go: async (page, phone) => {
			await openChat(page);
			if (phone) await press(page, 'Back');
			const archived = page.getByRole('button', { name: 'Archived (2)' });
			await archived.click();
			await page.getByRole('button', { name: 'old-pier' }).waitFor();
		},
	},
	{
		name: 'channel-archived',
		scene: moderating,
		go: async (page) => {
			await page.getByRole('button', { name: 'Archived (2)' }).click();
			await press(page, 'old-pier');
			await page.getByText('Nobody writes here any more').waitFor();
		},
	},
	{
		name: 'channel-read-only',
		scene: { eventful: true },
		go: async (page) => {
			await press(page, 'notices');
			await page.getByRole('note').waitFor();
		},
	},
	{
		name: 'channel-new',
		scene: moderating,
		go: async (page) => {
			await openChat(page);
			await press(page, 'Members and invitations');
			await page.getByRole('button', { name: 'New channel' }).last().click();
			await page.getByRole('dialog').getByLabel('Name').fill('sail-loft');
		},
	},
	{
		name: 'channel-edit',
		scene: moderating,
		go: async (page) => {
			await openChat(page);
			await press(page, 'Members and invitations');
			await press(page, 'Settings of #general');
			await page.getByRole('checkbox', { name: /Archived/ }).check();
		},
	},
	{
		name: 'invite-change',
		scene: { role: 'powernode' },
		go: async (page) => {
			await openChat(page);
			await press(page, 'Members and invitations');
			await press(page, 'Invite people');
			await press(page, 'Change');
		},
	},
	{
		name: 'invitations',
		scene: {},
		go: async (page) => {
			await openChat(page);
			await press(page, 'Members and invitations');
			await press(page, 'Invite people');
			await press(page, /other invitations$/);
			await page.getByText('Used up').scrollIntoViewIfNeeded();
		},
	},
];
