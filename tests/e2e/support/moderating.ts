// What Powernodes do to people and messages, as they do it: by the menus, with a reason.
import type { Locator, Page } from 'playwright-core';
import { m } from './words.ts';

export interface Moderating {
	/** By the menu of a member: what its line says, the reason, and the button that does it. */
	member(name: string, entry: string, action: string, reason?: string): Promise<void>;
	/** By the menu of somebody's message (one's own without a name). */
	message(
		text: string,
		from: string | undefined,
		entry: string,
		action: string,
		reason?: string,
	): Promise<void>;
	/** Everything that the log says. */
	log(): Promise<string>;
	/** Waits until the log says so. */
	logged(sentence: string): Promise<void>;
	/** Waits until the page says who banned this person and why. */
	locked(space: string, by: string, reason: string): Promise<void>;
}

export function createModerating(page: () => Page): Moderating {
	const press = (name: string, inside: Page | Locator = page()): Promise<void> =>
		inside.getByRole('button', { name, exact: true }).filter({ visible: true }).first().click();
	const members = (): Locator => page().getByRole('region', { name: m.members(), exact: true });

	async function act(action: string, reason?: string): Promise<void> {
		const box = page().getByRole('dialog').filter({ visible: true }).last();
		if (reason !== undefined) await box.getByRole('textbox').fill(reason);
		await box.getByRole('button', { name: action, exact: true }).click();
		await box.waitFor({ state: 'hidden' });
	}

	return {
		member: async (name, entry, action, reason) => {
			await press(m.show_members());
			await press(m.member_actions({ name }), members());
			await page().getByRole('menuitem', { name: entry, exact: true }).click();
			await act(action, reason);
			await press(m.show_members());
		},
		message: async (text, from, entry, action, reason) => {
			const message = page()
				.getByRole('log')
				.getByRole('article', { name: new RegExp(`^${from ?? m.message_mine()},`) })
				.filter({ hasText: text });
			await message.hover();
			await press(m.more_actions(), message);
			await page().getByRole('menuitem', { name: entry, exact: true }).click();
			await act(action, reason);
		},
		log: async () => {
			await press(m.show_members());
			await press(m.log_title(), members());
			const box = page().getByRole('dialog', { name: m.log_title() });
			await box.getByText(m.log_text()).waitFor();
			const text = await box.innerText();
			await press(m.close(), box);
			await press(m.show_members());
			return text;
		},
		logged: async (sentence) => {
			await press(m.show_members());
			await press(m.log_title(), members());
			const box = page().getByRole('dialog', { name: m.log_title() });
			await box.getByText(sentence).waitFor();
			await press(m.close(), box);
			await press(m.show_members());
		},
		locked: async (space, by, reason) => {
			await page()
				.getByRole('heading', { name: m.banned_title({ name: space }) })
				.waitFor();
			await page()
				.getByText(m.banned_by({ name: by }))
				.waitFor();
			await page().getByText(reason).waitFor();
		},
	};
}
