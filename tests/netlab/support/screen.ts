// The messages on somebody's screen, all of them at once.
import type { Page } from 'playwright-core';
import { m } from '../../e2e/support/words.ts';

const POLLING = 50;

/** Waits until each of these texts is there. */
export async function sees(page: Page, texts: readonly string[]): Promise<void> {
	await page.waitForFunction(
		(wanted) => {
			const shown = [...document.querySelectorAll('[data-message]')].map(
				(each) => each.textContent,
			);
			return wanted.every((text) => shown.some((one) => one.includes(text)));
		},
		texts,
		{ polling: POLLING },
	);
}

/** Waits until every own message is marked as delivered. */
export async function allDelivered(page: Page): Promise<void> {
	await page.waitForFunction(
		(word) =>
			[...document.querySelectorAll('[data-message].mine')].every(
				(message) => message.querySelector(`button[aria-label="${word}"]`) !== null,
			),
		m.delivery_all(),
		{ polling: POLLING },
	);
}

/** The texts, oldest first. */
export const shown = (page: Page): Promise<string[]> =>
	page.locator('[data-message]').evaluateAll((all) =>
		// The text stands in its paragraph as such; what shares the line with it is in elements.
		all.map((each) =>
			[...(each.querySelector('p[dir]')?.childNodes ?? [])]
				.filter((part) => part.nodeType === Node.TEXT_NODE)
				.map((part) => part.textContent)
				.join(''),
		),
	);
