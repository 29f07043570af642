// The interface by itself, built as the product is, on a messenger in memory: what needs a real browser and no network.
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveInterface } from '../ui/serve.ts';

const PORT = 5197;
const INVITATION = 'hQEaZ0x5K2m7Yt8hQEaZ0x5K2m7Yt8';

let browser: Browser;
let stop: () => Promise<void>;

beforeAll(async () => {
	stop = await serveInterface(PORT);
	browser = await chromium.launch({
		executablePath: process.env['AEGIS_CHROMIUM'] ?? '/usr/bin/chromium',
		args: ['--no-sandbox', '--disable-gpu'],
	});
});

afterAll(async () => {
	await browser.close();
	await stop();
});

async function open(scene: object = {}, hash = ''): Promise<Page> {
	const context = await browser.newContext({
		viewport: { width: 1280, height: 800 },
		locale: 'en',
	});
	const page = await context.newPage();
	page.setDefaultTimeout(15_000);
	await page.addInitScript((json) => {
		localStorage.setItem('fake-scene', json);
	}, JSON.stringify(scene));
	await page.goto(`http://localhost:${String(PORT)}/${hash}`);
	return page;
}

const chat = (page: Page, name: string) =>
	page.getByRole('navigation').getByRole('button', { name });
const composer = (page: Page) => page.getByRole('textbox', { name: 'Message' });

async function openHarbour(page: Page): Promise<void> {
	await chat(page, 'Harbour Collective').click();
	await page.getByRole('article').last().waitFor();
}

/** Where the first message in sight stands on the screen. */
const firstInSight = (page: Page) =>
	page.getByRole('log').evaluate((log) => {
		const top = log.getBoundingClientRect().top;
		const items = [...log.querySelectorAll<HTMLElement>('[data-message]')];
		const item = items.find((one) => one.getBoundingClientRect().top >= top);
		return { id: item?.dataset['message'] ?? '', top: item?.getBoundingClientRect().top ?? 0 };
	});

describe('the interface', () => {
	it('[IN1] takes an invitation out of the address at once, and asks for a name first', async () => {
		const page = await open({ boot: 'new' }, `#/join/${INVITATION}`);
		await page.getByRole('heading', { name: 'Seven Hills Climbing' }).waitFor();
		expect(page.url()).toBe(`http://localhost:${String(PORT)}/`);
		await page.getByLabel('Your name').fill('Alex');
		await page.keyboard.press('Enter');
		await page.getByRole('heading', { name: 'Waiting for Seven Hills Climbing' }).waitFor();
		await page.context().close();
	});

	it('[IN1] takes a link out of the address that comes while the page is open', async () => {
		const page = await open();
		await chat(page, 'Harbour Collective').waitFor();
		await page.evaluate((payload) => {
			location.hash = `#/join/${payload}`;
		}, INVITATION);
		await page.getByRole('dialog').getByText('Mina Okafor invites you to').waitFor();
		await expect.poll(() => page.url()).not.toContain(INVITATION);
		await page.context().close();
	});

	it('sends with Enter, breaks lines with Shift and Enter, and shows how delivery goes on', async () => {
		const page = await open();
		await openHarbour(page);
		await composer(page).pressSequentially('one');
		await page.keyboard.press('Shift+Enter');
		await composer(page).pressSequentially('two');
		await page.keyboard.press('Enter');
		const sent = page.getByRole('article').last();
		await sent.getByText('one\ntwo').waitFor();
		expect(await composer(page).inputValue()).toBe('');
		await sent.getByRole('button', { name: 'Delivered', exact: true }).click();
		await sent.getByText('Delivered to all 3 devices.').waitFor();
		await page.context().close();
	});

	it('keeps a draft while other chats are visited', async () => {
		const page = await open();
		await openHarbour(page);
		await composer(page).fill('not yet sent');
		await chat(page, 'Mina & me').click();
		await expect.poll(() => composer(page).inputValue()).toBe('');
		await chat(page, 'Harbour Collective').click();
		await expect.poll(() => composer(page).inputValue()).toBe('not yet sent');
		await page.context().close();
	});

	it('stays at the newest message, and where somebody reads when another comes', async () => {
		const page = await open();
		await openHarbour(page);
		const receive = (text: string) =>
			page.evaluate((words) => {
				const space = window.fake!.spaces.get()[0]!.id;
				window.fake!.receive(space, window.fake!.channels(space).get()[0]!.id, words);
			}, text);
		await receive('at the end');
		await expect.poll(() => page.getByRole('article').last().isVisible()).toBe(true);
		expect(await page.getByRole('log').evaluate((log) => Math.abs(log.scrollTop))).toBeLessThan(2);
		await page.getByRole('log').evaluate((log) => {
			log.scrollTop = -600;
		});
		await page.getByRole('button', { name: 'To the newest message' }).waitFor();
		const before = await firstInSight(page);
		await receive('below the fold');
		await page.getByRole('button', { name: '1 new message' }).waitFor();
		const after = await firstInSight(page);
		expect(after.id).toBe(before.id);
		expect(Math.abs(after.top - before.top)).toBeLessThan(2);
		await page.getByRole('button', { name: '1 new message' }).click();
		await page.getByText('below the fold').last().waitFor();
		await page.context().close();
	});

	it('loads earlier messages without moving what is read', async () => {
		const page = await open();
		await openHarbour(page);
		const height = () => page.getByRole('log').evaluate((log) => log.scrollHeight);
		const loaded = await height();
		await page.getByRole('log').evaluate((log) => {
			log.scrollTop = -(log.scrollHeight - log.clientHeight) + 500;
		});
		const before = await firstInSight(page);
		await expect.poll(height).toBeGreaterThan(loaded + 500);
		const after = await page
			.locator(`[data-message="${before.id}"]`)
			.evaluate((item) => item.getBoundingClientRect().top);
		expect(Math.abs(after - before.top)).toBeLessThan(2);
		await page.context().close();
	});

	it('draws no more than a few screens of five thousand messages', async () => {
		const page = await open({ loaded: 5000 });
		await openHarbour(page);
		const drawn = await page.getByRole('log').evaluate(async (log) => {
			let most = 0;
			for (let step = 0; step < 120; step++) {
				log.scrollTop -= 400;
				await new Promise((frame) => requestAnimationFrame(frame));
				most = Math.max(most, log.querySelectorAll('[data-message]').length);
			}
			return most;
		});
		// Time on a shared machine proves little; how much is drawn at once decides.
		expect(drawn).toBeGreaterThan(10);
		expect(drawn).toBeLessThan(300);
		expect(await page.getByRole('article').first().isVisible()).toBe(true);
		await page.context().close();
	});

	it('is worked with the keyboard alone', async () => {
		const page = await open();
		await chat(page, 'Harbour Collective').waitFor();
		await page.keyboard.press('Control+k');
		await page.getByRole('combobox').pressSequentially('mina');
		await page.keyboard.press('Enter');
		await page.getByRole('heading', { level: 1, name: 'Mina & me' }).waitFor();
		await expect
			.poll(() => composer(page).evaluate((it) => it === document.activeElement))
			.toBe(true);

		await page.getByRole('log').focus();
		await page.keyboard.press('ArrowUp');
		await page.keyboard.press('ArrowUp');
		const chosen = page.locator('article:focus');
		await chosen.waitFor();
		await chosen.getByRole('button', { name: 'Reply' }).focus();
		await page.keyboard.press('Enter');
		await page.getByLabel(/^Replying to/).waitFor();
		await page.keyboard.press('Escape');
		await page.getByLabel(/^Replying to/).waitFor({ state: 'detached' });

		await page.getByRole('button', { name: /Peer/ }).focus();
		await page.keyboard.press('Enter');
		await page.getByRole('dialog', { name: 'Peers' }).waitFor();
		await page.keyboard.press('Escape');
		await page.getByRole('dialog').waitFor({ state: 'detached' });
		const back = page.getByRole('button', { name: /Peer/ });
		await expect.poll(() => back.evaluate((it) => it === document.activeElement)).toBe(true);
		await page.context().close();
	});

	it('keeps what was typed when a relay does not answer, and says why', async () => {
		const page = await open({ network: 'no-relay' });
		await page.getByRole('button', { name: '0 Peers' }).click();
		const field = page.getByLabel('Relay address or link');
		for (const [address, words] of [
			['not an address', 'That is not an address'],
			['nobody.example', 'Nothing answered'],
			['website.example', 'not an Aegis relay'],
			['stranger.example', 'another key'],
		] as const) {
			await field.fill(address);
			await page.getByRole('button', { name: 'Connect', exact: true }).click();
			await page.getByRole('alert').getByText(words).waitFor();
			expect(await field.inputValue()).toBe(address);
		}
		await field.fill('192.168.1.20');
		await page.getByRole('button', { name: 'Connect', exact: true }).click();
		await page.getByText('Relay added.').waitFor();
		expect(await field.inputValue()).toBe('');
		await page.context().close();
	});

	it('remembers the appearance that was chosen', async () => {
		const page = await open();
		await page.getByRole('button', { name: 'Settings' }).click();
		await page.getByRole('radio', { name: 'Dark' }).check();
		const ground = () =>
			page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
		await expect.poll(ground).toBe('rgb(13, 22, 20)');
		await page.reload();
		await expect.poll(ground).toBe('rgb(13, 22, 20)');
		await page.context().close();
	});
});
