// Looks at every view: photographs each at two sizes in light and dark, and has axe-core check each.
// Run: node_modules/.bin/node tests/ui/screenshots.ts [folder] [word in a view's name]
import { mkdir } from 'node:fs/promises';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Page } from 'playwright-core';
import { serveInterface } from './serve.ts';
import { VIEWS } from './views.ts';

const PORT = 5198;
const SIZES = {
	phone: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
	desktop: { viewport: { width: 1280, height: 800 } },
} as const;

const [folder = 'docs/screenshots', only = ''] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const server = await serveInterface(PORT, false);
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

for (const [size, options] of Object.entries(SIZES)) {
	for (const colorScheme of ['light', 'dark'] as const) {
		for (const view of VIEWS.filter(({ name }) => name.includes(only))) {
			const context = await browser.newContext({
				...options,
				colorScheme,
				reducedMotion: 'reduce',
				locale: 'en',
			});
			const page = await context.newPage();
			const name = `${view.name}-${size}-${colorScheme}`;
			page.on('pageerror', (error) => {
				problems += 1;
				console.log(`✗ ${name}: ${error.message}`);
			});
			page.on('console', (message) => {
				if (message.type() === 'error' || message.type() === 'warning')
					console.log(`· ${name}: ${message.text()}`);
			});
			try {
				if (view.ios === true) {
					await page.addInitScript(() => {
						Object.defineProperty(navigator, 'standalone', { value: false });
					});
				}
				await page.addInitScript(
					(scene) => {
						localStorage.setItem('fake-scene', scene);
					},
					JSON.stringify(view.scene ?? {}),
				);
				await page.goto(`http://localhost:${String(PORT)}/${view.hash ?? ''}`);
				await view.go?.(page, size === 'phone');
				await page.evaluate(() => document.fonts.ready);
				await page.waitForFunction(() =>
					document
						.getAnimations()
						.every(
							(a) =>
								a.playState === 'finished' ||
								a.effect?.getComputedTiming().iterations === Infinity ||
								(a.effect?.getComputedTiming().duration as number) > 1000,
						),
				);
				await page.screenshot({ path: `${folder}/${name}.png` });
				await check(page, name);
			} catch (error) {
				problems += 1;
				console.log(`✗ ${name}: ${String(error)}`);
				await page.screenshot({ path: `${folder}/${name}.png` });
			}
			await context.close();
		}
	}
}
await browser.close();
await server.close();
console.log(problems === 0 ? 'no problems' : `${String(problems)} problems`);
process.exit(problems === 0 ? 0 : 1);
