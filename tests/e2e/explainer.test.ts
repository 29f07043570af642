// "How Aegis works" in a real browser: every chapter is walked to its end, which the simulated world itself must have
// reached, and what screens there show is what the world says.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closeSharedBrowser, sharedProfile } from './support/profile.ts';
import { startRelay } from './support/relay.ts';
import { m } from './support/words.ts';

/** Chapters are run while one looks on; the machine may be busy. */
const PATIENCE = 90_000;
const PUBLIC = 'wss://open.example/relay';

let relay: Awaited<ReturnType<typeof startRelay>>;
let page: Page;
const requests: string[] = [];
const complaints: string[] = [];

beforeAll(async () => {
	relay = await startRelay('--public-relay', PUBLIC);
	const context = await sharedProfile().open();
	page = await context.newPage();
	page.setDefaultTimeout(PATIENCE);
	page.on('request', (request) => requests.push(request.url()));
	page.on('websocket', (socket) => requests.push(socket.url()));
	page.on('pageerror', (error) => complaints.push(error.message));
	page.on('console', (message) => {
		if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
	});
});
afterAll(async () => {
	await closeSharedBrowser();
	await relay.remove();
});

const button = (name: string) => page.getByRole('button', { name, exact: true });
const screenOf = (name: string) =>
	page.getByRole('article').filter({ has: page.getByRole('heading', { name, exact: true }) });
const shows = (name: string, text: string): Promise<void> =>
	screenOf(name).getByText(text).first().waitFor();

async function open(title: string): Promise<void> {
	await page.getByRole('navigation').getByRole('link', { name: title, exact: true }).click();
	await page.getByRole('img', { name: m.how_stage() }).waitFor();
}

/** On to the step of this title, one by one. */
async function goTo(title: string): Promise<void> {
	const heading = page.getByRole('heading', { level: 2, name: title, exact: true });
	for (let n = 0; n < 20 && !(await heading.isVisible()); n++) {
		await button(m.how_next()).click();
		await page.waitForTimeout(0);
	}
	await heading.waitFor();
}

it('[EX1] opens from the first screen, in a page of its own, without anybody being made', async () => {
	await page.goto(relay.origin);
	const [opened] = await Promise.all([
		page.context().waitForEvent('page'),
		page.getByRole('link', { name: m.how_link() }).click(),
	]);
	await opened.getByRole('heading', { level: 1, name: m.how_title() }).waitFor();
	await opened.close();
	await page.goto(`${relay.origin}/how`);
	await page.getByRole('img', { name: m.how_stage() }).waitFor();
	const names = await page.evaluate(async () =>
		(await indexedDB.databases()).map(({ name }) => name),
	);
	// The first screen has looked for somebody; the explainer has looked for nobody.
	expect(names).not.toContain('aegis');
});

it('[EX1] looks as somebody has chosen that the app should', async () => {
	const themeOf = (): Promise<string | null> => page.locator('html').getAttribute('data-theme');
	expect(await themeOf()).toBeNull();
	await page.evaluate(() => {
		localStorage.setItem('aegis:appearance', 'dark');
	});
	await page.reload();
	await page.getByRole('img', { name: m.how_stage() }).waitFor();
	expect(await themeOf()).toBe('dark');
	await page.evaluate(() => {
		localStorage.removeItem('aegis:appearance');
	});
	await page.reload();
});

it('[EX1] is a chunk of its own: neither it nor the messenger loads the other one', async () => {
	/** Scripts of a page that nobody has opened before, until it is still. */
	async function scriptsOf(path: string, isThere: (page: Page) => Promise<void>) {
		const context = await sharedProfile().open();
		const opened = await context.newPage();
		const scripts: Promise<readonly [path: string, text: string]>[] = [];
		opened.on('response', (response) => {
			const { pathname } = new URL(response.url());
			if (pathname.endsWith('.js')) scripts.push(response.text().then((text) => [pathname, text]));
		});
		await opened.goto(`${relay.origin}${path}`);
		await isThere(opened);
		await opened.waitForLoadState('networkidle');
		const loaded = new Map(await Promise.all(scripts));
		await opened.close();
		return loaded;
	}
	const messenger = await scriptsOf('/', (opened) =>
		opened.getByRole('link', { name: m.how_link() }).waitFor(),
	);
	const explainer = await scriptsOf('/how', (opened) =>
		opened.getByRole('img', { name: m.how_stage() }).waitFor(),
	);
	const having = (scripts: ReadonlyMap<string, string>, mark: string): number =>
		[...scripts.values()].filter((text) => text.includes(mark)).length;
	// What only the one names, and only the other one: its thread, and where the messenger's keys lie.
	const [ofExplainer, ofMessenger] = ['aegis-explainer', 'aegis-keys'];
	expect([having(messenger, ofMessenger), having(messenger, ofExplainer)]).toEqual([1, 0]);
	expect([having(explainer, ofMessenger), having(explainer, ofExplainer)]).toEqual([0, 1]);
});

it('[EX1] walks one message by relay, and opens it at each stop', async () => {
	await open(m.how_relay());
	await goTo(m.how_relay_at_the_relay_title());
	const inspector = page.getByRole('region', { name: m.how_inspect() });
	await inspector.getByText(m.how_as_relay()).waitFor();
	expect(await inspector.innerText()).not.toContain('Dinner');
	await inspector.getByRole('radio', { name: 'Alice' }).check();
	await inspector.getByText('Dinner at eight?').waitFor();
	await goTo(m.how_relay_at_bob_title());
	await inspector.getByText('Dinner at eight?').waitFor();
	await goTo(m.how_relay_delivered_title());
	await shows('Alice', m.how_sent_delivered());
	await shows('Bob', 'Dinner at eight?');
});

it('[EX1] walks every other chapter to its end', async () => {
	await open(m.how_discovery());
	await goTo(m.how_discovery_all_title());
	await shows('Erin', 'Alice');
	await open(m.how_direct());
	await goTo(m.how_direct_all_direct_title());
	await shows('Bob', 'Hello, you two.');
	await open(m.how_strict());
	await goTo(m.how_strict_queued_title());
	await shows('Alice', m.how_sent_queued());
	await goTo(m.how_strict_relay_again_title());
	await shows('Bob', 'Can you hear me?');
	await open(m.how_offline());
	await goTo(m.how_offline_waits_title());
	await shows('Alice', m.how_sent_stored());
	await goTo(m.how_offline_alice_learns_title());
	await shows('Alice', m.how_sent_delivered());
	await open(m.how_dies());
	await goTo(m.how_dies_without_bob_title());
	await shows('Alice', 'Here, as ever.');
	await goTo(m.how_dies_talks_too_title());
	await shows('Carol', 'It works!');
	await open(m.how_moderation());
	await goTo(m.how_moderation_banned_title());
	await shows('Bob', m.how_screen_banned({ name: 'Alice', reason: 'Spam' }));
	await goTo(m.how_moderation_nothing_title());
	await shows('Dora', 'You are all fools.');
	expect(await screenOf('Carol').getByText('You are all fools.').count()).toBe(0);
	await goTo(m.how_moderation_purge_title());
	for (const name of ['Alice', 'Carol', 'Dora']) await shows(name, m.gone_purged());
	await goTo(m.how_moderation_forged_title());
	await open(m.how_keys());
	await goTo(m.how_keys_thief_title());
	await shows('Bob', 'The meeting is on Thursday.');
});

it('[EX1] goes back, and on by keys and by the scrubber', async () => {
	await open(m.how_strict());
	await goTo(m.how_strict_dropped_title());
	await button(m.how_back()).click();
	await page.getByRole('heading', { level: 2, name: m.how_strict_met_title() }).waitFor();
	const scrubber = page.getByRole('slider', { name: m.how_scrub() });
	await scrubber.focus();
	await page.keyboard.press('ArrowRight');
	await page.getByRole('heading', { level: 2, name: m.how_strict_dropped_title() }).waitFor();
	const text = await scrubber.getAttribute('aria-valuetext');
	expect(text).toContain(m.how_strict_dropped_title());
	// Every packet is there in words, and opens.
	await page.getByText(m.how_happened()).click();
	await page
		.getByRole('button', {
			name: m.how_open_packet({ from: 'Bob', to: 'Alice', what: m.how_kind_check() }),
		})
		.first()
		.click();
	await page.getByText(m.how_as_way_check()).waitFor();
	const { violations } = await new AxeBuilder({ page }).analyze();
	expect(violations.map(({ id }) => id)).toEqual([]);
});

it('[EX4] plays freely, and again by link', async () => {
	await open(m.how_play_title());
	await button(m.how_play_add()).click();
	await screenOf('Bob').waitFor();
	await page.getByLabel(m.how_play_who(), { exact: true }).selectOption('Bob');
	await button(m.how_play_say_do()).click();
	await shows('Alice', 'Bob, 1');
	await page.getByText(m.how_converged_all({ people: '2', count: 1 })).waitFor();
	// What was cut off lacks what is written meanwhile, until it is mended.
	const cut = async (label: string): Promise<void> => {
		for (const name of ['Alice', 'Harbor', 'Meadow']) {
			await page.getByLabel(m.how_play_other(), { exact: true }).selectOption(name);
			await button(label).click();
		}
	};
	await cut(m.how_play_cut_do());
	const heading = (name: string) => page.getByRole('heading', { level: 2, name, exact: true });
	await heading(m.how_play_did_cut({ name: 'Bob', other: 'Meadow' })).waitFor();
	await button(m.how_play_say_do()).click();
	await page.getByText(m.how_converged_some({ have: '1', people: '2', count: 2 })).waitFor();
	await cut(m.how_play_mend_do());
	await heading(m.how_play_did_mend({ name: 'Bob', other: 'Meadow' })).waitFor();
	await button(m.how_play_live_do()).click();
	await page.getByText(m.how_converged_all({ people: '2', count: 2 })).waitFor();
	if (await button(m.how_play_live_stop_do()).isVisible()) {
		await button(m.how_play_live_stop_do()).click();
	}
	await page
		.getByLabel(m.how_play_move(), { exact: true })
		.selectOption({ label: m.how_router_symmetric() });
	await page.getByText(m.how_play_did_router({ name: 'Bob' })).waitFor();
	await button(m.how_play_ban_do()).click();
	await shows('Bob', m.how_screen_banned({ name: 'Alice', reason: 'Free play' }));
	const { violations } = await new AxeBuilder({ page }).analyze();
	expect(violations.map(({ id }) => id)).toEqual([]);

	await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
	await button(m.how_play_share()).click();
	const link = await page.evaluate(() => navigator.clipboard.readText());
	const other = await page.context().newPage();
	await other.goto(link);
	const bobs = other
		.getByRole('article')
		.filter({ has: other.getByRole('heading', { name: 'Bob', exact: true }) });
	await bobs
		.getByText(m.how_screen_banned({ name: 'Alice', reason: 'Free play' }))
		.waitFor({ timeout: PATIENCE });
	await other.close();
});

it('[EX4] takes what is asked for while the stage is still at work, by keys, one after the other', async () => {
	await open(m.how_play_title());
	await page.reload();
	await screenOf('Alice').waitFor();
	const add = button(m.how_play_add());
	await add.focus();
	for (let n = 0; n < 3; n++) await page.keyboard.press('Enter');
	// Toggles say how it will be then.
	const stop = button(m.how_play_relay_stop_do({ name: 'Meadow' }));
	await stop.click();
	await button(m.how_play_relay_start_do({ name: 'Meadow' })).waitFor({ timeout: 1000 });
	for (const name of ['Bob', 'Carol', 'Dora']) await screenOf(name).waitFor();
	await page.getByText(m.how_play_did_relay({ name: 'Meadow' })).waitFor();
	// Whoever goes by keys stays where they are.
	await add.focus();
	await page.keyboard.press('Enter');
	await screenOf('Erin').waitFor();
	expect(await add.evaluate((element) => element === document.activeElement)).toBe(true);
});

it('[EX5] shows the public relay that the host names, to be copied by hand', async () => {
	const nav = page.getByRole('navigation');
	await nav.getByRole('link', { name: m.how_add_relay(), exact: true }).click();
	await page.getByText(PUBLIC, { exact: true }).waitFor();
	await button(m.copy()).click();
	expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(PUBLIC);
});

it('[EX1] asks nobody but its own address for anything, and complains of nothing', () => {
	expect(
		requests.filter((url) => !url.startsWith(relay.origin) && !url.startsWith('blob:')),
	).toEqual([]);
	expect(complaints).toEqual([]);
});

it('[EX1] runs without a network once the app is kept', async () => {
	await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
	await page.context().setOffline(true);
	await page.goto(`${relay.origin}/how#keys`);
	await goTo(m.how_keys_wraps_title());
	await page.context().setOffline(false);
});
