// Two pages, each in a browser context of its own, that run nothing but one of the scripts in ../peers.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { build } from 'vite';

export interface PeerPages {
	readonly origin: string;
	/** Blank at first. */
	readonly pages: readonly [Page, Page];
	close(): Promise<void>;
}

/** `file`: the script, by its name in ../peers. */
export async function openPeerPages(file: string): Promise<PeerPages> {
	const built = await build({
		configFile: false,
		logLevel: 'silent',
		build: {
			write: false,
			lib: {
				entry: join(import.meta.dirname, '../peers', file),
				formats: ['es'],
				name: 'peer',
			},
		},
	});
	const [output] = Array.isArray(built) ? built : [built];
	const chunk = output !== undefined && 'output' in output ? output.output[0] : undefined;
	if (chunk?.type !== 'chunk') throw new Error('no script was made');
	const server = createServer((request, response) => {
		const isScript = request.url === '/peer.js';
		response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
		response.end(isScript ? chunk.code : '<script type="module" src="/peer.js"></script>');
	});
	await new Promise<void>((done) => {
		server.listen(0, '127.0.0.1', done);
	});
	const browser = await chromium.launch({
		executablePath: process.env['AEGIS_CHROMIUM'] ?? '/usr/bin/chromium',
		args: ['--headless', '--no-sandbox', '--disable-gpu'],
	});
	const page = async (): Promise<Page> => (await browser.newContext()).newPage();
	return {
		origin: `http://localhost:${String((server.address() as AddressInfo).port)}`,
		pages: [await page(), await page()],
		async close() {
			await browser.close();
			server.close();
		},
	};
}
