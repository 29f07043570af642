// Every view of the interface: the scene it needs, and the way there.
import { DEVICE_VIEWS } from './device-views.ts';
import { EXPLAINER_VIEWS } from './explainer-views.ts';
import { FILE_VIEWS } from './file-views.ts';
import { MEETING_VIEWS } from './meeting-views.ts';
import { MODERATION_VIEWS } from './moderation-views.ts';
import { ODD_VIEWS } from './odd-views.ts';
import { RESTORING_VIEWS } from './restoring-views.ts';
import { SECURITY_VIEWS } from './security-views.ts';
import { VERIFICATION_VIEWS } from './verification-views.ts';
import { INVITATION, INVITATION_TO_EVERYTHING, openChat, press, type View } from './view.ts';

const peers = (scene: string): View => ({
	name: `peers-${scene}`,
	scene: { network: scene },
	go: async (page) => {
		await press(page, /Peer/);
		await page.getByRole('dialog', { name: 'Peers' }).waitFor();
	},
});

const tested = (network: string, test = network): View => ({
	name: `connection-test-${test}`,
	scene: { network, test },
	go: async (page) => {
		await press(page, /Peer/);
		await press(page, 'Test the connection');
		await page.getByRole('button', { name: 'Test again' }).waitFor();
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
		name: 'create-everything',
		scene: { empty: true },
		go: async (page) => {
			await press(page, 'Create a community');
			await page.getByRole('dialog').getByLabel('Name').fill('Harbour Collective');
			await page.getByRole('dialog').getByRole('radio', { name: 'Everything' }).check();
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
		name: 'join-everything',
		scene: {},
		hash: INVITATION_TO_EVERYTHING,
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
		name: 'members-hidden',
		scene: { hidden: true },
		go: async (page) => {
			await openChat(page);
			await press(page, 'Members and invitations');
			await page.getByText('is hidden everywhere').scrollIntoViewIfNeeded();
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
	...['offline', 'no-relay', 'waiting', 'bridged', 'direct'].map((network) => tested(network)),
	...['blocked', 'hidden', 'no-udp', 'varies', 'untold', 'likely', 'works'].map((test) =>
		tested('alone', test),
	),
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
		name: 'settings-hidden',
		scene: { hidden: true },
		go: async (page) => {
			await press(page, 'Settings');
			await page.getByRole('checkbox', { name: 'Hide my IP address' }).scrollIntoViewIfNeeded();
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
	...ODD_VIEWS,
	...MODERATION_VIEWS,
	...SECURITY_VIEWS,
	...RESTORING_VIEWS,
	...VERIFICATION_VIEWS,
	...DEVICE_VIEWS,
	...MEETING_VIEWS,
	...FILE_VIEWS,
	...EXPLAINER_VIEWS,
	...['unsupported', 'other-tab', 'moved', 'failed'].map((boot): View => ({
		name: boot,
		scene: { boot },
		go: (page) => page.getByRole('heading', { level: 1 }).waitFor(),
	})),
];
