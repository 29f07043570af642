// Every view of the interface: the scene it needs, and the way there.
import type { Page } from 'playwright-core';
import { fakeHash } from '../support/fake-data.ts';

export interface View {
	readonly name: string;
	readonly scene?: object;
	readonly hash?: string;
	readonly ios?: boolean;
	readonly go?: (page: Page, phone: boolean) => Promise<void>;
}

const INVITATION = '#/join/hQEaZ0x5K2m7Yt8hQEaZ0x5K2m7Yt8';

const press = (page: Page, name: string | RegExp): Promise<void> =>
	page
		.getByRole('button', { name, exact: typeof name === 'string' })
		.filter({ visible: true })
		.first()
		.click();

const openChat = async (page: Page, name = 'Harbour Collective'): Promise<void> => {
	await press(page, new RegExp(name));
	await page.getByRole('heading', { level: 1, name }).waitFor();
};

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

const MODERATION: readonly View[] = [
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
			await press(page, 'Show');
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

const peers = (scene: string): View => ({
	name: `peers-${scene}`,
	scene: { network: scene },
	go: async (page) => {
		await press(page, /Peer/);
		await page.getByRole('dialog', { name: 'Peers' }).waitFor();
	},
});

export const VIEWS: readonly View[] = [
	{ name: 'welcome', scene: { boot: 'new' }, go: (page) => page.getByLabel('Your name').waitFor() },
	{
		name: 'welcome-error',
		scene: { boot: 'new' },
		go: (page) => press(page, 'Start'),
	},
	{
		name: 'welcome-invited',
		scene: { boot: 'new' },
		hash: INVITATION,
		go: (page) => page.getByLabel('Your name').fill('Alex'),
	},
	{
		name: 'welcome-bad-invitation',
		scene: { boot: 'new' },
		hash: '#/join/short',
		go: (page) => page.getByLabel('Your name').waitFor(),
	},
	{
		name: 'welcome-ios',
		scene: { boot: 'new' },
		hash: INVITATION,
		ios: true,
		go: (page) => page.getByRole('heading', { level: 1 }).waitFor(),
	},
	{
		name: 'first-steps',
		scene: { empty: true, network: 'no-relay' },
		go: (page) =>
			page.getByRole('heading', { name: 'Hello, Alex' }).filter({ visible: true }).waitFor(),
	},
	{
		name: 'create',
		scene: { empty: true },
		go: async (page) => {
			await press(page, 'Create a community');
			await page.getByRole('dialog').getByLabel('Name').fill('Harbour Collective');
		},
	},
	{
		name: 'join-error',
		scene: {},
		go: async (page) => {
			await press(page, 'New chat');
			await page.getByRole('menuitem', { name: 'I have an invitation' }).click();
			await page.getByLabel('Invitation link').fill('https://aegis.example/hello');
			await press(page, 'Look at it');
		},
	},
	{
		name: 'join',
		scene: {},
		hash: INVITATION,
		go: (page) => page.getByRole('dialog').getByRole('heading', { level: 1 }).waitFor(),
	},
	{
		name: 'join-waiting',
		scene: {},
		hash: INVITATION,
		go: async (page) => {
			await press(page, 'Join Seven Hills Climbing');
			await page.getByRole('heading', { name: 'Waiting for Seven Hills' }).waitFor();
		},
	},
	{ name: 'refused', scene: {}, go: (page) => openChat(page, 'North Choir') },
	{
		name: 'chats',
		scene: {},
		go: (page) => page.getByRole('button', { name: /Harbour/ }).waitFor(),
	},
	{
		name: 'new-menu',
		scene: {},
		go: (page) => press(page, 'New chat'),
	},
	{ name: 'conversation', scene: {}, go: (page) => openChat(page) },
	{
		name: 'conversation-direct',
		scene: { network: 'bridged' },
		go: (page) => openChat(page, 'Mina'),
	},
	{
		name: 'conversation-reply',
		scene: {},
		go: async (page, phone) => {
			await openChat(page);
			const last = page.locator('[data-message]').last();
			await (phone ? last.click({ position: { x: 60, y: 8 } }) : last.focus());
			await last.getByRole('button', { name: 'Reply' }).click();
			await page.getByLabel('Message', { exact: true }).fill('Yes.\nTwo lines,\nthen three');
			await page
				.getByRole('button', { name: /^(On a relay|Queued|Delivered)/ })
				.last()
				.click();
		},
	},
	{
		name: 'conversation-away',
		scene: {},
		go: async (page) => {
			await openChat(page);
			await page.getByRole('log').evaluate((log) => {
				log.scrollTop = -500;
			});
			await page.getByRole('button', { name: 'To the newest message' }).waitFor();
			await page.evaluate(async () => {
				const space = window.fake!.spaces.get()[0]!.id;
				const channel = window.fake!.channels(space).get()[0]!.id;
				window.fake!.receive(space, channel, 'Is anybody at the pier?');
				window.fake!.receive(space, channel, 'I brought the key.');
			});
			await page.getByRole('button', { name: '2 new messages' }).waitFor();
		},
	},
	{
		name: 'alone',
		scene: { empty: true, network: 'alone' },
		go: async (page) => {
			await press(page, 'Create a community');
			await page.getByRole('dialog').getByLabel('Name').fill('Allotment 15');
			await press(page, 'Create');
			await page.getByRole('heading', { level: 1, name: 'Allotment 15' }).waitFor();
		},
	},
	{
		name: 'members',
		scene: {},
		go: async (page) => {
			await openChat(page);
			await press(page, 'Members and invitations');
			await page.getByRole('listitem').filter({ hasText: 'Founder' }).waitFor();
		},
	},
	{
		name: 'invite',
		scene: {},
		go: async (page) => {
			await openChat(page);
			await press(page, 'Members and invitations');
			await press(page, 'Invite people');
			await page.getByRole('img', { name: 'QR code of the invitation link' }).waitFor();
		},
	},
	{
		name: 'invite-unreachable',
		scene: { unreachable: true, network: 'no-relay' },
		go: async (page) => {
			await openChat(page);
			await press(page, 'Members and invitations');
			await press(page, 'Invite people');
			await page.getByText('Nobody can reach you yet').waitFor();
		},
	},
	{
		name: 'leave',
		scene: {},
		go: async (page) => {
			await openChat(page);
			await press(page, 'Members and invitations');
			await press(page, 'Leave');
			await page.getByRole('heading', { name: 'Leave Harbour Collective?' }).waitFor();
		},
	},
	...['offline', 'no-relay', 'waiting', 'alone', 'bridged', 'direct'].map(peers),
	{
		name: 'peers-error',
		scene: { network: 'no-relay' },
		go: async (page) => {
			await press(page, /Peer/);
			await page.getByLabel('Relay address or link').fill('nobody.example');
			await press(page, 'Connect');
			await page.getByText('Nothing answered').waitFor();
		},
	},
	{
		name: 'peers-share',
		scene: { network: 'alone' },
		go: async (page) => {
			await press(page, /Peer/);
			await press(page, /^Share relay/);
			await page.getByRole('img', { name: 'QR code' }).waitFor();
		},
	},
	{
		name: 'relay-link',
		scene: { network: 'no-relay' },
		hash: '#/relay/Ab3dE6gHAb3dE6gH',
		go: (page) => page.getByRole('dialog', { name: 'Peers' }).waitFor(),
	},
	{
		name: 'settings',
		scene: {},
		go: async (page) => {
			await press(page, 'Settings');
			await page.getByText('The browser may clear').waitFor();
		},
	},
	{
		name: 'switcher',
		scene: {},
		go: async (page) => {
			await page.getByRole('button', { name: /Harbour/ }).waitFor();
			await page.keyboard.press('Control+k');
			await page.getByRole('combobox').fill('har');
		},
	},
	...MODERATION,
	...['unsupported', 'other-tab', 'moved', 'failed'].map((boot): View => ({
		name: boot,
		scene: { boot },
		go: (page) => page.getByRole('heading', { level: 1 }).waitFor(),
	})),
];
