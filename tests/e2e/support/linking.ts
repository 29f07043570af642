// How somebody links a further browser to themselves, with both screens before them.
import { expect } from 'vitest';
import type { Page } from 'playwright-core';
import type { Person } from './person.ts';
import { m } from './words.ts';

async function digitsOn(page: Page): Promise<string> {
	const shown = page.locator('output');
	await shown.waitFor();
	return (await shown.textContent()) ?? '';
}

/** The link that a device shows, its dialog left open. */
export async function showLink({ page }: Person): Promise<string> {
	await page.getByRole('button', { name: m.settings(), exact: true }).click();
	await page.getByRole('button', { name: m.link_another(), exact: true }).click();
	await page.getByRole('img', { name: m.link_qr() }).waitFor();
	await page.evaluate(() => {
		Object.defineProperty(navigator, 'clipboard', {
			configurable: true,
			value: { writeText: (text: string) => ((window as { copied?: string }).copied = text) },
		});
	});
	await page.getByRole('button', { name: m.link_copy(), exact: true }).click();
	return page.evaluate(() => (window as { copied?: string }).copied ?? '');
}

/** Pastes the code into a fresh browser, up to the digits; returns them as both show them. */
export async function meet(old: Person, fresh: Person, origin: string): Promise<void> {
	const link = await showLink(old);
	expect(link).toMatch(new RegExp(`^${origin}/#/link/[\\w-]+$`));
	const page = await fresh.visit(origin);
	await page.getByRole('button', { name: m.link_this_link(), exact: true }).click();
	await page.getByLabel(m.link_code()).fill(link);
	await page.getByRole('button', { name: m.link_this_action(), exact: true }).click();
	expect(await digitsOn(page)).toBe(await digitsOn(old.page));
}

async function closeDialogs({ page }: Person): Promise<void> {
	await page.keyboard.press('Escape');
	await page.getByRole('dialog', { name: m.link_title() }).waitFor({ state: 'detached' });
	await page.keyboard.press('Escape');
	await page.getByRole('dialog').waitFor({ state: 'detached' });
}

export async function link(old: Person, fresh: Person, origin: string): Promise<void> {
	await meet(old, fresh, origin);
	await old.page.getByRole('button', { name: m.link_same(), exact: true }).click();
	await old.page.getByText(m.link_done_text()).waitFor();
	await fresh.page.getByRole('button', { name: m.settings(), exact: true }).waitFor();
	await closeDialogs(old);
}
