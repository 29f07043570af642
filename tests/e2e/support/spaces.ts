// Making spaces, inviting to them and joining them.
import type { Locator, Page } from 'playwright-core';
import { expect, vi } from 'vitest';
import { m } from './words.ts';

export interface Spaces {
	/** `everything`: newcomers read what was written before. */
	create(kind: 'community' | 'direct', name: string, everything?: boolean): Promise<void>;
	/** Opens one from the list. */
	open(name: string): Promise<void>;
	/** An invitation link to the space on screen. */
	invite(): Promise<string>;
	/** Somebody who has an identity already pastes a link; waits for the card that shows where it leads. */
	paste(link: string): Promise<Locator>;
	/** Pastes something that is no good and waits for the complaint; returns what stands in the box then. */
	pasteBad(text: string, complaint: string): Promise<string>;
	/** Says yes to the invitation on screen. */
	accept(name: string): Promise<void>;
	/** Waits until the space is open and ready to write in. */
	ready(name: string): Promise<void>;
	/** Waits until the list holds exactly these, in any order. */
	has(names: readonly string[]): Promise<void>;
	/** Waits until the page says that nobody has let this person in yet. */
	waiting(name: string): Promise<void>;
}

export function createSpaces(page: () => Page): Spaces {
	const press = (name: string, inside: Page | Locator = page()): Promise<void> =>
		inside.getByRole('button', { name, exact: true }).filter({ visible: true }).first().click();
	const dialog = (name: string): Locator => page().getByRole('dialog', { name });

	/** Before the first space the choices are on the page, later in a menu. */
	async function choose(action: string): Promise<void> {
		const first = page().getByRole('button', { name: action }).filter({ visible: true }).first();
		const menu = page().getByRole('button', { name: m.spaces_new() });
		await menu.waitFor();
		if (await first.isVisible()) {
			await first.click();
		} else {
			await menu.click();
			await page().getByRole('menuitem', { name: action }).click();
		}
	}

	async function look(text: string): Promise<Locator> {
		await choose(m.have_invitation());
		const box = dialog(m.join_dialog_title());
		await box.getByLabel(m.join_paste_label()).fill(text);
		await press(m.join_look(), box);
		return box;
	}

	return {
		create: async (kind, name, everything = false) => {
			await choose(m.create_community());
			const box = dialog(m.create_title());
			const kinds = { community: m.create_kind_community(), direct: m.create_kind_direct() };
			await box.getByRole('radio', { name: kinds[kind], exact: true }).check();
			const all = box.getByRole('radio', { name: m.create_history_everything(), exact: true });
			if (everything) await all.check();
			await box.getByLabel(m.create_name_label(), { exact: true }).fill(name);
			await press(m.create_action(), box);
			await page().getByRole('heading', { level: 1, name }).waitFor();
		},
		open: async (name) => {
			await page().getByRole('navigation').getByRole('button', { name }).click();
			await page().getByRole('heading', { level: 1, name }).waitFor();
		},
		invite: async () => {
			const members = page().getByRole('region', { name: m.members(), exact: true });
			await press(m.show_members());
			await press(m.invite(), members);
			const box = page()
				.getByRole('dialog')
				.filter({ has: page().getByLabel(m.invite_link()) });
			const link = await box.getByLabel(m.invite_link(), { exact: true }).inputValue();
			await press(m.close(), box);
			await press(m.show_members());
			return link;
		},
		paste: (link) => look(link),
		pasteBad: async (text, complaint) => {
			const box = await look(text);
			await box.getByRole('alert').getByText(complaint).waitFor();
			const left = await box.getByLabel(m.join_paste_label()).inputValue();
			await press(m.close(), box);
			return left;
		},
		accept: (name) => press(m.join_start({ name })),
		ready: (name) =>
			page()
				.getByRole('region', { name, exact: true })
				.getByRole('textbox', { name: m.composer_label(), exact: true })
				.waitFor(),
		has: async (names) => {
			const list = page().getByRole('navigation').getByRole('button');
			for (const name of names) await list.filter({ hasText: name }).first().waitFor();
			await vi.waitFor(async () => {
				expect(await list.count()).toBe(names.length);
			});
		},
		waiting: (name) =>
			page()
				.getByRole('heading', { name: m.waiting_title({ name }) })
				.waitFor(),
	};
}
