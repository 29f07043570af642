// A person with a browser of their own, and everything the stories let them do.
import type { BrowserContext, Page } from 'playwright-core';
import { createConversation, type Conversation } from './conversation.ts';
import { createPeersPanel, type PeersPanel } from './peers-panel.ts';
import type { Profile } from './profile.ts';
import { watchComplaints, type Complaints } from './complaints.ts';
import { watchRequests, type Requests } from './requests.ts';
import { createModerating, type Moderating } from './moderating.ts';
import { createSpaces, type Spaces } from './spaces.ts';
import { m } from './words.ts';

export interface Person {
	readonly name: string;
	/** The tab in use. */
	readonly page: Page;
	readonly peers: PeersPanel;
	readonly spaces: Spaces;
	readonly chat: Conversation;
	readonly moderating: Moderating;
	/** Opens a tab at this address; the tab in use from now on. */
	visit(address: string): Promise<Page>;
	/** Turns to a tab that is open already. */
	use(tab: Page): void;
	/** Gives the name on the first screen and starts. */
	start(): Promise<void>;
	/** As the settings show it. */
	rootHash(): Promise<string>;
	/** Waits until the app is kept on the device and the page is served from there. */
	installed(): Promise<void>;
	/** Closes the tab in use, as one who goes away. */
	leave(): Promise<void>;
	/** Closes the browser and opens it again, without a tab. */
	restartBrowser(): Promise<void>;
	/** No surprise from now on. */
	expectComplaint(pattern: RegExp): void;
	newComplaints(): readonly string[];
	/** Hosts that WebSockets were opened to, one for each socket. */
	socketsTo(): readonly string[];
	/** What was asked of other hosts than these. */
	requestsElsewhere(hosts: readonly string[]): readonly string[];
	/** Keeps a picture of the tab in use in .cache/tests/e2e, for whoever looks into a failure. */
	photograph(title: string): Promise<void>;
	remove(): Promise<void>;
}

const PICTURES = '.cache/tests/e2e';

/** What `prepare` names runs in each page before its own scripts. */
export async function createPerson(
	name: string,
	profile: Profile,
	...prepare: readonly ((() => void) | undefined)[]
): Promise<Person> {
	const requests: Requests[] = [];
	const complaints: Complaints[] = [];
	const expected: RegExp[] = [];
	let context: BrowserContext;
	let page: Page | undefined;

	async function open(): Promise<void> {
		context = await profile.open();
		const heard = watchComplaints(context);
		for (const pattern of expected) heard.expect(pattern);
		complaints.push(heard);
		requests.push(await watchRequests(context));
		for (const each of prepare) if (each !== undefined) await context.addInitScript(each);
	}
	const current = (): Page => {
		if (page === undefined) throw new Error(`${name} has no tab open`);
		return page;
	};
	await open();

	return {
		name,
		get page() {
			return current();
		},
		peers: createPeersPanel(current),
		spaces: createSpaces(current),
		chat: createConversation(current),
		moderating: createModerating(current),
		visit: async (address) => {
			page = await context.newPage();
			await page.goto(address);
			return page;
		},
		use: (tab) => {
			page = tab;
		},
		start: async () => {
			await current().getByLabel(m.name_label()).fill(name);
			await current().getByRole('button', { name: m.start(), exact: true }).click();
			await current()
				.getByRole('heading', { name: m.home_title({ name }) })
				.filter({ visible: true })
				.waitFor();
		},
		rootHash: async () => {
			await current().getByRole('button', { name: m.settings() }).click();
			const settings = current().getByRole('dialog', { name: m.settings() });
			const shown = await settings.locator('code').first().textContent();
			await settings.getByRole('button', { name: m.close() }).click();
			return shown?.replaceAll(/\s/g, '') ?? '';
		},
		installed: async () => {
			await current().waitForFunction(() => navigator.serviceWorker.controller !== null);
		},
		leave: async () => {
			await current().close();
			page = undefined;
		},
		restartBrowser: async () => {
			page = undefined;
			await context.close();
			await open();
		},
		expectComplaint: (pattern) => {
			expected.push(pattern);
			complaints.at(-1)?.expect(pattern);
		},
		newComplaints: () => complaints.flatMap((heard) => heard.take()),
		socketsTo: () => requests.flatMap((watched) => watched.sockets()),
		requestsElsewhere: (hosts) => requests.flatMap((watched) => watched.elsewhere(hosts)),
		photograph: async (title) => {
			const path = `${PICTURES}/${title.replaceAll(/[^\w]+/g, '-')}.png`;
			await page?.screenshot({ path }).catch(() => undefined);
		},
		remove: () => profile.remove(),
	};
}
