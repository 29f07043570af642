// A page of a real browser with one script in it, bundled from a file of ours. It has a secure context, and nothing to
// load from anywhere.
import { chromium, type Page } from 'playwright-core';
import { build } from 'vite';

const ORIGIN = 'https://aegis.test/';
const HTML = '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>';

export interface OpenPage {
	readonly page: Page;
	close(): Promise<void>;
}

async function bundle(entry: string): Promise<string> {
	const built = await build({
		root: import.meta.dirname,
		configFile: false,
		publicDir: false,
		logLevel: 'error',
		build: { write: false, target: 'esnext', rolldownOptions: { input: entry } },
	});
	const [output] = Array.isArray(built) ? built : [built];
	const files = output !== undefined && 'output' in output ? output.output : [];
	const codes = files.flatMap((file) => (file.type === 'chunk' ? [file.code] : []));
	if (codes.length !== 1 || codes[0] === undefined) throw new Error('one script and no more');
	return codes[0];
}

/** Opens a page that runs the module `entry` (an absolute path) and waits for it to set the global `name`. */
export async function openPage(entry: string, name: string): Promise<OpenPage> {
	const code = await bundle(entry);
	const browser = await chromium.launch({
		executablePath: process.env['AEGIS_CHROMIUM'] ?? '/usr/bin/chromium',
		args: [
			'--headless',
			'--no-sandbox',
			'--disable-gpu',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
		],
	});
	const page = await browser.newPage();
	await page.route(`${ORIGIN}**`, async (route) => {
		const isScript = new URL(route.request().url()).pathname === '/page.js';
		await route.fulfill(
			isScript
				? { contentType: 'text/javascript', body: code }
				: { contentType: 'text/html', body: HTML },
		);
	});
	await page.goto(ORIGIN);
	await page.waitForFunction((global) => global in globalThis, name);
	return { page, close: () => browser.close() };
}
