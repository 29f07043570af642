// How smoothly "How Aegis works" draws: `npm run bench -- explainer [PEOPLE] [MESSAGES]`. Free play is opened by a link
// with so many people, who all join in truth; then each message's step is shown, and every frame of it is timed in the
// page: how far apart the browser's own animation frames come, which the machine's load tells on, and how much processor
// time each takes of the page's thread.
import { encodeScenario, type Action } from '#lib/explainer/scenario.ts';
import { PEOPLE as NAMES } from '#lib/explainer/cast.ts';
import { chromium } from 'playwright-core';
import { serveApp } from '../e2e/support/static-app.ts';
import { m } from '../e2e/support/words.ts';
import { frameCosts } from './explainer/frame-cost.ts';
import { percentile } from './statistics.ts';

const PEOPLE = Math.min(NAMES.length, Number(process.argv[2] ?? 50));
const MESSAGES = Number(process.argv[3] ?? 5);
/** Of 60 a second, milliseconds. */
const FRAME = 1000 / 60;
/** What a timer may be off by before a frame counts as late. */
const SLACK = 0.5;
const PATIENCE = 900_000;

interface Frames {
	/** Milliseconds from each frame to the next one. */
	readonly between: readonly number[];
	/** Packets under way at once, at most. */
	readonly most: number;
}

/** Plays one step from its beginning in the page; resolves with its frames once nothing moves. */
function timeFrames(): Promise<Frames> {
	return new Promise((resolve) => {
		const between: number[] = [];
		let most = 0;
		let last: number | undefined;
		const canvas = document.querySelector<HTMLElement>('[data-flights]');
		const slider = document.querySelector<HTMLInputElement>('input[type=range]');
		let still = 0;
		let at = '';
		const look = (now: number): void => {
			if (last !== undefined) between.push(now - last);
			last = now;
			most = Math.max(most, Number(canvas?.dataset['flights'] ?? 0));
			const value = slider?.value ?? '';
			still = value === at ? still + 1 : 0;
			at = value;
			if (still > 30) resolve({ between: between.slice(0, -30), most });
			else requestAnimationFrame(look);
		};
		requestAnimationFrame(look);
	});
}

const act = (name: Action['name'], who: number, other = 0): Action => ({ name, who, other });
const actions = [
	...Array.from({ length: PEOPLE - 1 }, (_, n) => act('join', n + 1, 1)),
	...Array.from({ length: MESSAGES }, (_, n) => act('say', (n * 7) % PEOPLE)),
];
const app = await serveApp();
const browser = await chromium.launch({
	executablePath: process.env['AEGIS_CHROMIUM'] ?? '/usr/bin/chromium',
	args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
process.once('exit', () => void browser.close());
const page = await browser.newPage({ locale: 'en', viewport: { width: 1280, height: 800 } });
page.setDefaultTimeout(PATIENCE);

const begun = Date.now();
await page.goto(`${app.origin}/how#play=${encodeScenario({ seed: 91, actions })}`);
await page.waitForFunction(
	(count) => document.querySelector<HTMLInputElement>('input[type=range]')?.max === String(count),
	actions.length + 1,
);
const ran = Date.now() - begun;

const frames: Frames[] = [];
const costs: number[] = [];
const cdp = await page.context().newCDPSession(page);
const back = page.getByRole('button', { name: m.how_back(), exact: true });
const next = page.getByRole('button', { name: m.how_next(), exact: true });
await page.evaluate(timeFrames);
for (let n = 0; n < MESSAGES; n++) await back.click();
for (let n = 0; n < MESSAGES; n++) {
	costs.push(
		...(await frameCosts(cdp, async () => {
			const timing = page.evaluate(timeFrames);
			await next.click();
			frames.push(await timing);
		})),
	);
}
await browser.close();
await app.close();

const between = frames.flatMap((each) => each.between);
const tenth = (value: number): number => Math.round(10 * value) / 10;
const share = (values: readonly number[], over: number): number =>
	Math.round((1000 * values.filter((value) => value > over).length) / values.length) / 10;
const hundredths = (values: readonly number[], p: number): number =>
	percentile(
		values.map((value) => 100 * value),
		p,
	) / 100;

console.log(
	JSON.stringify({
		bench: 'explainer',
		nodes: PEOPLE,
		messages: MESSAGES,
		frames: between.length,
		frame_p50_ms: tenth(hundredths(between, 0.5)),
		frame_p95_ms: tenth(hundredths(between, 0.95)),
		frame_max_ms: tenth(Math.max(...between)),
		late_frames_percent: share(between, FRAME + SLACK),
		cpu_p50_ms: tenth(hundredths(costs, 0.5)),
		cpu_p95_ms: tenth(hundredths(costs, 0.95)),
		cpu_max_ms: tenth(Math.max(...costs)),
		cpu_over_frame_percent: share(costs, FRAME),
		packets_at_once: Math.max(...frames.map(({ most }) => most)),
		recording_s: Math.round(ran / 1000),
	}),
);
