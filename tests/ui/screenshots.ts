// Looks at every view: photographs each in several sizes and both colours, has axe-core check each, and
// that nothing sticks out of the screen.
// Run: node_modules/.bin/node tests/ui/screenshots.ts [folder] [pattern of names, as in conversation-phone-dark]
import { mkdir } from 'node:fs/promises';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Page } from 'playwright-core';
import { serveInterface } from './serve.ts';
import type { View } from './view.ts';
import { VIEWS } from './views.ts';

const PORT = Number(process.env['AEGIS_UI_PORT'] ?? 5198);
/** ms; the machine may be busy with something else. */
const PATIENCE = 30_000;
const SIZES = {
	phone: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
	desktop: { viewport: { width: 1280, height: 800 } },
	// The smallest phone, and what is left of a desktop at 200 %.
	narrow: { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true },
	zoomed: { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
} as const;

const BOTH = ['light', 'dark'] as const;
const LIGHT = ['light'] as const;

const [folder = 'docs/screenshots', only = ''] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const stop = await serveInterface(PORT);
const browser = await chromium.launch({
	executablePath: process.env['AEGIS_CHROMIUM'] ?? '/usr/bin/chromium',
	args: [
		'--no-sandbox',
		'--disable-gpu',
		'--disable-background-networking',
		// A microphone, and no camera.
		'--use-fake-device-for-media-stream=device-count=0',
		'--use-fake-ui-for-media-stream',
	],
});
let problems = 0;

async function check(page: Page, name: string): Promise<void> {
	const { violations } = await new AxeBuilder({ page }).analyze();
	for (const { id, help, nodes } of violations) {
		problems += 1;
		console.log(`✗ ${name}: ${id}: ${help}`);
		for (const node of nodes.slice(0, 3))
			console.log(`    ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`);
	}
}

/** What begins or ends outside the screen, unless something within it cuts it off or scrolls. */
function stickingOut(): string[] {
	const isOut = (element: Element): boolean => {
		const { left, right, width } = element.getBoundingClientRect();
		return width > 0 && (left < -1 || right > innerWidth + 1);
	};
	const isKept = (element: Element): boolean => {
		for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
			if (getComputedStyle(at).overflowX !== 'visible' && !isOut(at)) return true;
		}
		return false;
	};
	return [...document.querySelectorAll('body *')]
		.filter((element) => element.checkVisibility() && isOut(element) && !isKept(element))
		.slice(0, 3)
		.map(({ outerHTML }) => outerHTML.slice(0, 120));
}

async function look(view: View, size: keyof typeof SIZES, colorScheme: 'light' | 'dark') {
	const context = await browser.newContext({
		...SIZES[size],
		colorScheme,
		reducedMotion: 'reduce',
		locale: 'en',
	});
	const page = await context.newPage();
	page.setDefaultTimeout(PATIENCE);
	const name = `${view.name}-${size}-${colorScheme}`;
	const complain = (what: string): void => {
		problems += 1;
		console.log(`✗ ${name}: ${what}`);
	};
	page.on('pageerror', (error) => {
		complain(error.message);
	});
	page.on('console', (message) => {
		if (['error', 'warning'].includes(message.type())) complain(message.text());
	});
	try {
		await page.addInitScript(
			({ scene, ios }) => {
				localStorage.setItem('fake-scene', scene);
				if (ios) Object.defineProperty(navigator, 'standalone', { value: false });
			},
			{ scene: JSON.stringify(view.scene ?? {}), ios: view.ios === true },
		);
		await page.goto(`http://localhost:${String(PORT)}/${view.hash ?? ''}`);
		await view.go?.(page, size === 'phone' || size === 'narrow');
		await page.waitForFunction(() =>
			document
				.getAnimations()
				.every(
					({ playState, effect }) =>
						playState === 'finished' || Number(effect?.getComputedTiming().duration) > 1000,
				),
		);
		await page.screenshot({ path: `${folder}/${name}.png` });
		await check(page, name);
		for (const what of await page.evaluate(stickingOut)) complain(`sticks out: ${what}`);
	} catch (error) {
		complain(String(error).split('\n').slice(0, 4).join(' '));
		await page.screenshot({ path: `${folder}/${name}.png` }).catch(() => undefined);
	}
	await context.close();
}

const looks = (['phone', 'desktop', 'narrow', 'zoomed'] as const).flatMap((size) =>
	(size === 'phone' || size === 'desktop' ? BOTH : LIGHT).flatMap((scheme) =>
		VIEWS.filter(({ name }) => new RegExp(only).test(`${name}-${size}-${scheme}`)).map(
			(view) => () => look(view, size, scheme),
		),
	),
);
const work = async (): Promise<void> => {
	for (let next = looks.shift(); next; next = looks.shift()) await next();
};
await Promise.all([work(), work(), work()]);
await browser.close();
await stop();
console.log(problems === 0 ? 'no problems' : `${String(problems)} problems`);
process.exit(problems === 0 ? 0 : 1);
