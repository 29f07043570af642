// A person's hands in a browser that can only be told to run something: by the words on the screen.
import { expect, vi } from 'vitest';
import { m } from './words.ts';

export interface ScriptedPage {
	goto(url: string): Promise<void>;
	/** Runs an expression, and returns what it comes to. */
	evaluate(expression: string): Promise<unknown>;
}

const PATIENCE = 30_000;

/** Runs in the page: what a person does there, by the words on the screen. */
const TOOLS = `window.hands = {
	button: (name) => [...document.querySelectorAll('button')].find((each) =>
		each.checkVisibility() && (each.textContent.trim() === name || each.ariaLabel === name)),
	press: (name) => { const found = hands.button(name); found?.click(); return found !== undefined; },
	field: (name) => [...document.querySelectorAll('input, textarea')].find((each) =>
		each.ariaLabel === name || [...(each.labels ?? [])].some((label) => label.textContent.includes(name))),
	write: (name, text) => {
		const field = hands.field(name);
		if (!field || !field.checkVisibility()) return false;
		field.focus();
		return document.execCommand('insertText', false, text);
	},
	enter: (name) => hands.field(name)?.dispatchEvent(
		new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true })) !== undefined,
	shows: (text) => document.body.innerText.includes(text),
}`;

/** Waits until it is true in the page. */
export const until = (page: ScriptedPage, expression: string): Promise<void> =>
	vi.waitFor(
		async () => {
			expect(await page.evaluate(expression), expression).toBe(true);
		},
		{ timeout: PATIENCE, interval: 200 },
	);
const quoted = (...texts: readonly string[]): string =>
	texts.map((text) => JSON.stringify(text)).join(', ');

/** Joins as a newcomer, and waits until there is a place to write. */
export async function joinBy(
	page: ScriptedPage,
	link: string,
	space: string,
	name: string,
): Promise<void> {
	await page.goto(link);
	await page.evaluate(`(() => { ${TOOLS}; return true; })()`);
	await until(page, `hands.write(${quoted(m.name_label(), name)})`);
	await until(page, `hands.press(${quoted(m.join_start({ name: space }))})`);
	await until(page, `hands.field(${quoted(m.composer_label())}) !== undefined`);
}

export async function say(page: ScriptedPage, text: string): Promise<void> {
	await until(page, `hands.write(${quoted(m.composer_label(), text)})`);
	await until(page, `hands.enter(${quoted(m.composer_label())})`);
}
