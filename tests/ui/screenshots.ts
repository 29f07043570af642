// Looks at every view: photographs each at two sizes in light and dark, and has axe-core check each.
// Run: node_modules/.bin/node tests/ui/screenshots.ts [folder] [pattern of view names]
import { mkdir } from 'node:fs/promises';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Page } from 'playwright-core';
import { serveInterface } from './serve.ts';
import type { View } from './view.ts';
import { VIEWS } from './views.ts';

const PORT = 5198;
const SIZES = {
	phone: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
	desktop: { viewport: { width: 1280, height: 800 } },
} as const;

const [folder = 'docs/screenshots', only = ''] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const stop = await serveInterface(PORT);
const browser = await chromium.launch({
	executablePath: process.env['AEGIS_CHROMIUM'] ?? '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
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

async function look(view: View, size: keyof typeof SIZES, colorScheme: 'light' | 'dark') {
	const context = await browser.newContext({
		...SIZES[size],
		colorScheme,
		reducedMotion: 'reduce',
		locale: 'en',
	});
	const page = await context.newPage();
	page.setDefaultTimeout(8000);
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
		await view.go?.(page, size === 'phone');
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
	} catch (error) {
		complain(String(error).split('\n').slice(0, 4).join(' '));
		await page.screenshot({ path: `${folder}/${name}.png` });
	}
	await context.close();
}

const looks = (['phone', 'desktop'] as const).flatMap((size) =>
	(['light', 'dark'] as const).flatMap((scheme) =>
		VIEWS.filter(({ name }) => new RegExp(only).test(name)).map(
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
