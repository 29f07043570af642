// What a person does with the locks of a device: in the settings, in their dialogs, and before a locked one.
import type { Locator, Page } from 'playwright-core';
import { m } from './words.ts';

export interface Locks {
	/** The section of the settings; opens them. */
	settings(): Promise<Locator>;
	closeSettings(): Promise<void>;
	setPassphrase(next: string, options?: { current?: string; askAtStart?: boolean }): Promise<void>;
	/** Waits for the screen of a locked device. */
	locked(): Promise<void>;
	/** Types the passphrase and presses the button. */
	tryPassphrase(passphrase: string): Promise<void>;
	/** Shows the 24 words, and closes the dialog. */
	phrase(): Promise<readonly string[]>;
	restore(name: string, phrase: string): Promise<void>;
}

export function createLocks(page: () => Page): Locks {
	const dialog = (name: string): Locator => page().getByRole('dialog', { name });
	const button = (within: Page | Locator, name: string): Locator =>
		within.getByRole('button', { name, exact: true });

	async function settings(): Promise<Locator> {
		const open = dialog(m.settings());
		if (!(await open.isVisible())) await button(page(), m.settings()).click();
		await button(open, m.security_wipe()).waitFor();
		return open;
	}
	async function closeSettings(): Promise<void> {
		await button(dialog(m.settings()), m.close()).click();
	}

	return {
		settings,
		closeSettings,
		async setPassphrase(next, { current, askAtStart = true } = {}) {
			const title = current === undefined ? m.security_set() : m.security_change();
			await button(await settings(), title).click();
			const open = dialog(title);
			if (current !== undefined) await open.getByLabel(m.passphrase_current()).fill(current);
			else await open.getByLabel(m.security_ask()).setChecked(askAtStart);
			await open.getByLabel(m.passphrase_new()).fill(next);
			await open.getByLabel(m.passphrase_repeat()).fill(next);
			await button(open, m.passphrase_save()).click();
		},
		locked: () => page().getByRole('heading', { name: m.unlock_title() }).waitFor(),
		async tryPassphrase(passphrase) {
			await page().getByLabel(m.unlock_passphrase(), { exact: true }).fill(passphrase);
			await button(page(), m.unlock_action()).click();
		},
		async phrase() {
			await button(await settings(), m.security_phrase_show()).click();
			const open = dialog(m.security_phrase());
			await button(open, m.phrase_show()).click();
			await button(open, m.phrase_show()).waitFor({ state: 'detached' });
			const shown = await open.getByRole('listitem').allTextContents();
			await button(open, m.close()).click();
			return shown.map((text) => text.replace(/^\d+/, ''));
		},
		async restore(name, phrase) {
			await button(page(), m.restore_link()).click();
			await page().getByLabel(m.restore_words()).fill(phrase);
			await page().getByLabel(m.name_label()).fill(name);
			await button(page(), m.restore_action()).click();
		},
	};
}
