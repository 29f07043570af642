// Somebody at a browser in a node of the lab: presses what people press and reads what they read.
import { chromium, type Page } from 'playwright-core';
import { chromiumIn, type Node } from './lab.ts';

export interface Person {
	readonly name: string;
	readonly page: Page;
	/** Writes the name and adds the relay that served the page. */
	begin(): Promise<void>;
	/** Makes a direct space; the invitation to it. */
	found(space: string): Promise<string>;
	/** Follows an invitation, the first thing done in the app, and waits to be let in. */
	join(link: string): Promise<void>;
	say(text: string): Promise<void>;
	/** Waits until each of these texts is on the screen. */
	sees(texts: readonly string[], timeout?: number): Promise<void>;
	/** The texts of all messages on the screen, in order. */
	seen(): Promise<string[]>;
	/** Waits until every own message is marked as delivered. */
	allDelivered(timeout?: number): Promise<void>;
	/** Waits until the Peers panel says this of somebody. */
	reaches(other: Person, route: string, timeout?: number): Promise<void>;
	/** What the Peers panel says of somebody now. */
	route(other: Person): Promise<string>;
	/** Waits until the Peers panel says this of the relay. */
	relayIs(state: RegExp, timeout?: number): Promise<void>;
	/** Kinds of the ends of each direct connection that stands: `host > host`. */
	paths(): Promise<string[]>;
	/** Whether any direct connection ever came about. */
	everDirect(): Promise<boolean>;
	/** What is on the screen, for the report of a failure. */
	describe(): Promise<string>;
	close(): Promise<void>;
}

/** What the Peers panel says of a relay. */
export const RELAY_UP = /^connected/;
export const RELAY_DOWN = /^trying again/;

interface Watched {
	connections: RTCPeerConnection[];
	connected: boolean;
}

/** Runs in the page before the app: remembers its connections. */
function watchConnections(): void {
	const watched: Watched = { connections: [], connected: false };
	Object.assign(globalThis, { watched });
	globalThis.RTCPeerConnection = class extends RTCPeerConnection {
		constructor(configuration?: RTCConfiguration) {
			super(configuration);
			watched.connections.push(this);
			this.addEventListener('connectionstatechange', () => {
				watched.connected ||= this.connectionState === 'connected';
			});
		}
	};
}

/** Runs in the page. */
async function readPaths(): Promise<string[]> {
	const { watched } = globalThis as unknown as { watched: Watched };
	const paths: string[] = [];
	for (const connection of watched.connections) {
		if (connection.connectionState !== 'connected') continue;
		const stats = new Map<string, Record<string, string>>();
		(await connection.getStats()).forEach((entry: { id: string }) => {
			stats.set(entry.id, entry);
		});
		const transport = [...stats.values()].find(({ type }) => type === 'transport');
		const pair = stats.get(transport?.['selectedCandidatePairId'] ?? '');
		const end = (id: string | undefined) => stats.get(id ?? '')?.['candidateType'] ?? '?';
		paths.push(`${end(pair?.['localCandidateId'])} > ${end(pair?.['remoteCandidateId'])}`);
	}
	return paths;
}

export async function openPerson(node: Node, url: string): Promise<Person> {
	const browser = await chromium.launch({
		...chromiumIn(node),
		args: [
			'--headless',
			'--no-sandbox',
			'--disable-gpu',
			'--disable-quic',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
			// The relay's own certificate; ignoreHTTPSErrors would not do for the service worker.
			'--ignore-certificate-errors',
		],
	});
	const page = await browser.newPage({ locale: 'en-US', reducedMotion: 'reduce' });
	page.setDefaultTimeout(15_000);
	const problems: string[] = [];
	page.on('pageerror', (error) => problems.push(error.message));
	page.on('console', (line) => {
		if (line.type() === 'error') problems.push(line.text());
	});
	await page.addInitScript(watchConnections);
	const name = `${node[0]?.toUpperCase() ?? ''}${node.slice(1)}`;

	const button = (label: string) => page.getByRole('button', { name: label, exact: true });
	const main = page.getByRole('main');
	const messages = page.locator('[data-message]');
	const composer = page.getByRole('textbox', { name: 'Message', exact: true });
	const panel = page.getByRole('dialog', { name: 'Peers' });

	async function openPeers(): Promise<void> {
		if (!(await panel.isVisible())) await main.getByRole('button', { name: /^\d+ Peers?/ }).click();
	}
	async function closeDialog(): Promise<void> {
		await page.keyboard.press('Escape');
		await page.getByRole('dialog').waitFor({ state: 'hidden' });
	}
	const rowOf = (other: Person) =>
		panel.getByRole('listitem').filter({ hasText: other.name }).locator('.route');

	return {
		name,
		page,
		async begin() {
			await page.goto(url);
			await page.getByRole('textbox', { name: 'Your name' }).fill(name);
			await button('Start').click();
			await openPeers();
			await panel.getByRole('button', { name: 'Add', exact: true }).click();
			await panel.getByRole('listitem').getByText(RELAY_UP).waitFor();
			await closeDialog();
		},
		async found(space) {
			await main.getByRole('button', { name: 'Create a community' }).click();
			await page.getByRole('radio', { name: 'Direct' }).check();
			await page.getByRole('textbox', { name: 'Name', exact: true }).fill(space);
			await button('Create').click();
			await button('Invite people').first().click();
			const link = await page.getByRole('textbox', { name: 'Invitation link' }).inputValue();
			await closeDialog();
			return link;
		},
		async join(link) {
			await page.goto(link);
			await page.getByRole('textbox', { name: 'Your name' }).fill(name);
			await page.getByRole('button', { name: /^Join / }).click();
			await composer.waitFor({ timeout: 60_000 });
		},
		async say(text) {
			await composer.fill(text);
			await composer.press('Enter');
		},
		async sees(texts, timeout = 30_000) {
			await page.waitForFunction(
				(wanted) => {
					const shown = [...document.querySelectorAll('[data-message]')].map((e) => e.textContent);
					return wanted.every((text) => shown.some((one) => one.includes(text)));
				},
				texts,
				{ timeout, polling: 50 },
			);
		},
		seen: () =>
			messages.evaluateAll((all) =>
				// The text stands in its paragraph as such; what shares the line with it is in elements.
				all.map((each) =>
					[...(each.querySelector('p[dir]')?.childNodes ?? [])]
						.filter((part) => part.nodeType === Node.TEXT_NODE)
						.map((part) => part.textContent)
						.join(''),
				),
			),
		async allDelivered(timeout = 30_000) {
			await page.waitForFunction(
				() =>
					[...document.querySelectorAll('[data-message].mine')].every(
						(message) => message.querySelector('button[aria-label="Delivered"]') !== null,
					),
				undefined,
				{ timeout, polling: 50 },
			);
		},
		async reaches(other, route, timeout = 30_000) {
			await openPeers();
			await rowOf(other).getByText(route, { exact: true }).waitFor({ timeout });
			await closeDialog();
		},
		async route(other) {
			await openPeers();
			const text = await rowOf(other).textContent();
			await closeDialog();
			return text ?? '';
		},
		async relayIs(state, timeout = 30_000) {
			await openPeers();
			await panel.getByRole('listitem').getByText(state).waitFor({ timeout });
			await closeDialog();
		},
		paths: () => page.evaluate(readPaths),
		everDirect: () =>
			page.evaluate(() => (globalThis as unknown as { watched: Watched }).watched.connected),
		async describe() {
			const body = await page.locator('body').ariaSnapshot();
			return `── ${name} ──\n${body}\n${problems.join('\n')}`;
		},
		close: () => browser.close(),
	};
}
