// The known answers, put to every backend in a page of a real browser.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from './backends.ts';
import { openPage, type OpenPage } from './chromium.ts';
import type { KnownAnswers } from './page.ts';
import { expectGcm, expectPolicy } from './policy.ts';
import { readVectors } from './read.ts';

declare global {
	interface Window {
		readonly knownAnswers: KnownAnswers;
	}
}

let open: OpenPage;

beforeAll(async () => {
	open = await openPage(join(import.meta.dirname, 'page.ts'), 'knownAnswers');
	await open.page.evaluate((files) => {
		window.knownAnswers.load(files);
	}, readVectors());
});
afterAll(() => open.close());

describe('known answers in Chromium', () => {
	it.each(Object.keys(backends))('[KY1] [KY2] [KY3] [KY4] %s', async (name) => {
		expectPolicy(await open.page.evaluate((which) => window.knownAnswers.provider(which), name));
	});

	it.each([
		['the platform', true],
		['JavaScript', false],
	])('[KY16] AES-GCM of %s', async (_name, platform) => {
		expectGcm(await open.page.evaluate((own) => window.knownAnswers.gcm(own), platform));
	});

	it('[KY6] the platform is used here', async () => {
		expect(await open.page.evaluate(() => window.knownAnswers.platform())).toEqual({
			signs: true,
			agrees: true,
			seals: true,
		});
	});
});
