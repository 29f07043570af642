// A browser of one's own in a node of the lab.
import { chromium, type Browser } from 'playwright-core';
import type { Profile } from '../../e2e/support/profile.ts';
import { chromiumIn, type Node } from './lab.ts';

/** Networks that break are waited for longer than anything in a quiet one. */
const PATIENCE = 60_000;

export function nodeProfile(node: Node): Profile {
	let browser: Browser | undefined;
	return {
		open: async () => {
			browser = await chromium.launch({
				...chromiumIn(node),
				args: [
					'--headless',
					'--no-sandbox',
					'--disable-gpu',
					'--disable-quic',
					'--no-first-run',
					'--disable-background-networking',
					'--disable-component-update',
					'--disable-sync',
					// The relay's own certificate; ignoreHTTPSErrors would not do for the service worker.
					'--ignore-certificate-errors',
					'--use-fake-device-for-media-stream',
				],
			});
			const context = await browser.newContext({
				locale: 'en',
				reducedMotion: 'reduce',
				// So high that all messages of a story are on the screen at once.
				viewport: { width: 1280, height: 3000 },
			});
			context.setDefaultTimeout(PATIENCE);
			return context;
		},
		remove: async () => browser?.close(),
	};
}
