// Builds the page of these tests, serves it on localhost, and opens it in contexts that share nothing.
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { chromium, type Browser, type Page as BrowserPage } from 'playwright-core';
import { build, type Plugin } from 'vite';
import type { Page } from './page.ts';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

export interface Harness {
	/** A new page that shares nothing with the others; from `https://aegis.test` if wanted. */
	open(options?: { readonly secure: boolean }): Promise<BrowserPage>;
	stop(): Promise<void>;
}

const WORKER = 'stream-worker';
const STREAMS = resolve(import.meta.dirname, '../../src/service-worker/streams.ts');

/** A service worker that does nothing but answer for streams, as the app's own does. */
const streamWorker: Plugin = {
	name: WORKER,
	resolveId: (id) => (id === WORKER ? id : null),
	load: (id) =>
		id === WORKER
			? `import { answerStream, isStream } from ${JSON.stringify(STREAMS)};
				addEventListener('activate', (event) => event.waitUntil(clients.claim()));
				addEventListener('fetch', (event) => {
					if (!isStream(new URL(event.request.url))) return;
					event.respondWith(answerStream(event.request, event.clientId));
				});`
			: null,
};

/**
 * `root` has the page, as index.html. `lasting`: pages keep what they keep on the disk, as at people's, each under a host
 * of its own; otherwise in contexts of their own, in memory.
 */
export async function startHarness(
	root: string = import.meta.dirname,
	{ lasting = false } = {},
): Promise<Harness> {
	const folder = await mkdtemp(join(tmpdir(), 'aegis-p2p-'));
	await build({
		root,
		configFile: false,
		logLevel: 'error',
		plugins: [streamWorker],
		build: {
			outDir: folder,
			emptyOutDir: true,
			target: 'esnext',
			minify: false,
			rolldownOptions: {
				input: [join(root, 'index.html'), WORKER],
				output: { entryFileNames: '[name].js' },
			},
		},
	});
	const server = createServer((request, response) => {
		const path = new URL(request.url ?? '/', 'http://localhost').pathname;
		const file = join(folder, path === '/' ? 'index.html' : path);
		const stream = createReadStream(file);
		stream.on('error', () => response.writeHead(404).end());
		stream.on('open', () => {
			response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' });
			stream.pipe(response);
		});
	});
	await new Promise<void>((resolve) => {
		server.listen(0, 'localhost', resolve);
	});
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : 0;
	const options = {
		executablePath: process.env['AEGIS_CHROMIUM'] ?? '/usr/bin/chromium',
		args: [
			'--headless',
			'--no-sandbox',
			'--disable-gpu',
			'--disable-quic',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
		],
	};
	const profile = join(folder, 'profile');
	const kept = lasting ? await chromium.launchPersistentContext(profile, options) : undefined;
	const browser = kept ?? (await chromium.launch(options));
	let opened = 0;
	return {
		open: async (wanted) => {
			const context = kept ?? (await (browser as Browser).newContext());
			const page = await context.newPage();
			await page.route('https://aegis.test/**', async (route) => {
				const { pathname } = new URL(route.request().url());
				await route.fulfill({ path: join(folder, pathname === '/' ? 'index.html' : pathname) });
			});
			const host = kept ? `page-${++opened}.localhost` : 'localhost';
			await page.goto(wanted?.secure ? 'https://aegis.test/' : `http://${host}:${port}/`);
			await page.waitForFunction(() => 'page' in globalThis);
			return page;
		},
		stop: async () => {
			await browser.close();
			await new Promise((resolve) => server.close(resolve));
			await rm(folder, { recursive: true, force: true });
		},
	};
}

type Async<T> = T extends (...args: infer A) => infer R
	? (...args: A) => Promise<Awaited<R>>
	: never;

/** The functions of a page, called from here. */
export type RemoteOf<P> = { readonly [K in Exclude<keyof P, 'errors'>]: Async<P[K]> } & {
	errors(): Promise<string[]>;
};
export type Remote = RemoteOf<Page>;

export const remote = <P = Page>(page: BrowserPage): RemoteOf<P> =>
	new Proxy({} as RemoteOf<P>, {
		get:
			(_, name: string) =>
			(...args: unknown[]) =>
				page.evaluate(
					([key, values]) => {
						const own = (globalThis as unknown as { page: Record<string, unknown> }).page[key];
						return typeof own === 'function'
							? (own as (...a: unknown[]) => unknown)(...values)
							: own;
					},
					[name, args] as const,
				),
	});
