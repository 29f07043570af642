// How long it takes from opening an invitation to reading what somebody there says: `npm run bench -- join [RUNS]`.
// A real relay and two real browsers. The newcomer's name is given and the join pressed the moment there is something
// to press, and the inviter greets the moment the newcomer is a member: what is measured is the machines' share.
// cold: a browser profile that has never seen the app. warm: one that keeps the app, and a new person.
import type { BrowserContext, Page } from 'playwright-core';
import { createPerson } from '../e2e/support/person.ts';
import { keptProfile } from '../e2e/support/profile.ts';
import { startRelay } from '../e2e/support/relay.ts';
import { m } from '../e2e/support/words.ts';
import { fillAtOnce, greetNewcomers, noteEnter, noteTexts, type Sighting } from './in-page.ts';
import { percentile } from './statistics.ts';

const RUNS = Number(process.argv[2] ?? 15);
const MESSAGES = 50;

declare global {
	interface Window {
		seen: Sighting[];
		/** When Enter was last pressed, ms since 1970. */
		entered: number;
	}
}

const relay = await startRelay();
// A bench that fails leaves no process behind.
process.once('exit', () => void relay.kill());
const inviter = await createPerson('Ida', keptProfile());
await inviter.visit(relay.origin);
await inviter.start();
await inviter.peers.addRelay(relay.address);
await inviter.page.evaluate(greetNewcomers, m.composer_label());

/** Waits until this text is on screen; returns when it came, ms since 1970. */
async function seenAt(page: Page, text: string): Promise<number> {
	const found = await page.waitForFunction(
		(wanted) => window.seen.find((sighting) => sighting.text.includes(wanted)),
		text,
	);
	return ((await found.jsonValue()) as Sighting).at;
}

/** A community of the inviter alone, and the link that leads there. */
async function invitation(name: string): Promise<string> {
	await inviter.spaces.create('community', name);
	return inviter.spaces.invite();
}

/** A browser of somebody who is quick to say their name and yes. */
async function openBrowser(): Promise<{
	readonly context: BrowserContext;
	close(): Promise<void>;
}> {
	const profile = keptProfile();
	const context = await profile.open();
	await context.addInitScript(noteTexts);
	await context.addInitScript(fillAtOnce, 'Noor');
	return { context, close: () => profile.remove() };
}

/** From opening the link to the inviter's welcome, in milliseconds. */
async function join(context: BrowserContext, name: string): Promise<{ page: Page; took: number }> {
	const link = await invitation(name);
	const page = await context.newPage();
	const since = Date.now();
	await page.goto(link, { waitUntil: 'commit' });
	return { page, took: Math.round((await seenAt(page, `Welcome to ${name}`)) - since) };
}

const cold: number[] = [];
for (let run = 0; run < RUNS; run++) {
	const browser = await openBrowser();
	cold.push((await join(browser.context, `cold ${run}`)).took);
	await browser.close();
}

/** Forgets the person and keeps the app; the page for it is none of the app's own. */
async function forget(context: BrowserContext): Promise<void> {
	const page = await context.newPage();
	await page.goto(`${relay.origin}/healthz`);
	await page.evaluate(async () => {
		for (const { name = '' } of await indexedDB.databases()) {
			await new Promise((resolve, reject) => {
				const gone = indexedDB.deleteDatabase(name);
				gone.onsuccess = resolve;
				gone.onerror = reject;
			});
		}
	});
	await page.close();
}

const regular = await openBrowser();
const first = await join(regular.context, 'the first visit');
await first.page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
let last = first.page;
const warm: number[] = [];
for (let run = 0; run < RUNS; run++) {
	await last.close();
	await forget(regular.context);
	const { page, took } = await join(regular.context, `warm ${run}`);
	warm.push(took);
	last = page;
}

// The two of the last run talk on, over a direct link.
await inviter.peers.reaches('Noor', m.route_direct());
await inviter.page.evaluate(noteEnter);
const enter: number[] = [];
const field = inviter.page.getByRole('textbox', { name: m.composer_label(), exact: true });
for (let number = 0; number < MESSAGES; number++) {
	const text = `message number ${number}.`;
	await field.fill(text);
	await field.press('Enter');
	const pressed = await inviter.page.evaluate(() => window.entered);
	enter.push((await seenAt(last, text)) - pressed);
}

await regular.close();
await inviter.remove();
await relay.remove();

console.log(`cold ${cold.join(' ')}`);
console.log(`warm ${warm.join(' ')}`);
console.log(
	JSON.stringify({
		bench: 'join',
		cold_ms: percentile(cold, 0.5),
		warm_ms: percentile(warm, 0.5),
		runs: RUNS,
		cold_p95: percentile(cold, 0.95),
		warm_p95: percentile(warm, 0.95),
		enter_to_screen_p50_ms: percentile(enter, 0.5),
		enter_to_screen_p95_ms: percentile(enter, 0.95),
	}),
);
