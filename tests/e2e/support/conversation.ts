// The conversation on screen: writing, reading, and where a message is.
import type { Locator, Page } from 'playwright-core';
import { m } from './words.ts';

export interface Conversation {
	/** Writes it, sends it, and waits until it is in the list. */
	send(text: string): Promise<void>;
	/** Waits until the message of somebody (oneself without a name) is there. */
	has(text: string, from?: string): Promise<void>;
	/** Waits until the message's sign says so. */
	delivery(text: string, word: string): Promise<void>;
	/** What the sign says in full when it is pressed. */
	explain(text: string): Promise<string>;
	/** All that is shown, oldest first. */
	text(): Promise<string>;
}

export function createConversation(page: () => Page): Conversation {
	const log = (): Locator => page().getByRole('log');
	const message = (text: string, from: string = m.message_mine()): Locator =>
		log()
			.getByRole('article', { name: new RegExp(`^${from},`) })
			.filter({ hasText: text });
	const sign = (text: string, word: string | RegExp): Locator =>
		message(text).getByRole('button', { name: word, exact: true });

	return {
		send: async (text) => {
			const field = page().getByRole('textbox', { name: m.composer_label(), exact: true });
			await field.fill(text);
			await field.press('Enter');
			await message(text).waitFor();
		},
		has: (text, from) => message(text, from).waitFor(),
		delivery: (text, word) => sign(text, word).waitFor(),
		explain: async (text) => {
			await message(text).locator('button[aria-expanded]').click();
			return (await message(text).getByRole('status').textContent()) ?? '';
		},
		text: () => log().innerText(),
	};
}
