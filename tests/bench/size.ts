// How much JavaScript a new person's browser takes in before it shows them something: `npm run bench -- size`.
// Counted twice, by what a browser really asks for until the first screen's name field is drawn and by what the page
// names together with everything it imports; the larger one is told. All sizes are brotli, quality 11, in bytes.
import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { startRelay } from '../e2e/support/relay.ts';
import { closeSharedBrowser, sharedProfile } from '../e2e/support/profile.ts';
import { m } from '../e2e/support/words.ts';

const LIMIT = 81_920;
const app = resolve(process.env['AEGIS_APP'] ?? 'dist');

const sizes = new Map<string, Promise<number>>();
const sizeOf = (path: string): Promise<number> => {
	const known = sizes.get(path);
	if (known !== undefined) return known;
	const size = readFile(join(app, path)).then(
		(bytes) =>
			brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length,
	);
	sizes.set(path, size);
	return size;
};
const total = async (paths: Iterable<string>): Promise<number> =>
	(await Promise.all([...paths].map(sizeOf))).reduce((sum, size) => sum + size, 0);

/** Scripts that the page preloads or starts with, and all that they import statically. */
async function namedByPage(): Promise<Set<string>> {
	const html = await readFile(join(app, '200.html'), 'utf8');
	const found = new Set<string>();
	const visit = async (path: string): Promise<void> => {
		if (found.has(path)) return;
		found.add(path);
		const code = await readFile(join(app, path), 'utf8');
		for (const [, to = ''] of code.matchAll(/(?:from|import)\s*"(\.[^"]+\.js)"/g)) {
			await visit(new URL(to, `http://app${path}`).pathname);
		}
	};
	for (const [, path = ''] of html.matchAll(/"(\/_app\/[^"]+\.js)"/g)) await visit(path);
	return found;
}

interface Asked {
	/** Finished before anything at all was drawn. */
	readonly beforePaint: readonly string[];
	/** Asked for before the name field was there. */
	readonly beforeScreen: readonly string[];
}

async function askedByBrowser(): Promise<Asked> {
	const relay = await startRelay();
	const profile = sharedProfile();
	try {
		const context = await profile.open();
		const page = await context.newPage();
		await page.addInitScript(() => {
			new MutationObserver((_, observer) => {
				if (document.querySelector('form input') === null) return;
				observer.disconnect();
				// The frame in which the field is drawn, and what was asked for until then.
				requestAnimationFrame(() => {
					performance.mark('first-screen');
				});
			}).observe(document, { childList: true, subtree: true });
		});
		await page.goto(relay.origin);
		await page.getByLabel(m.name_label()).waitFor();
		await page.waitForFunction(
			() =>
				performance.getEntriesByName('first-screen').length > 0 &&
				performance.getEntriesByName('first-contentful-paint').length > 0,
		);
		return await page.evaluate(() => {
			const screen = performance.getEntriesByName('first-screen')[0]?.startTime ?? Infinity;
			const paint =
				performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity;
			const scripts = performance
				.getEntriesByType('resource')
				.filter((entry) => entry instanceof PerformanceResourceTiming)
				.filter(({ name }) => name.endsWith('.js'))
				.map(({ name, startTime, responseEnd }) => ({
					path: new URL(name).pathname,
					startTime,
					responseEnd,
				}));
			return {
				beforePaint: scripts.filter((s) => s.responseEnd <= paint).map(({ path }) => path),
				beforeScreen: scripts.filter((s) => s.startTime <= screen).map(({ path }) => path),
			};
		});
	} finally {
		await profile.remove();
		await closeSharedBrowser();
		await relay.remove();
	}
}

const asked = await askedByBrowser();
const named = await namedByPage();
const every = (await readdir(app, { recursive: true }))
	.filter((file) => file.endsWith('.js'))
	.map((file) => `/${file}`);

const screen = await total(new Set([...named, ...asked.beforeScreen]));
for (const path of new Set([...named, ...asked.beforeScreen])) {
	console.log(`${String(await sizeOf(path)).padStart(7)} ${path}`);
}
console.log(
	JSON.stringify({
		bench: 'size',
		initial_js_brotli: screen,
		first_paint_js_brotli: await total(new Set([...named, ...asked.beforePaint])),
		total_js_brotli: await total(every),
		limit: LIMIT,
	}),
);
if (screen > LIMIT) process.exitCode = 1;
