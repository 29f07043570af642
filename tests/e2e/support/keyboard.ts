// A person without a mouse: everything is reached by Tab, as somebody would, and worked by keys.
import type { Locator, Page } from 'playwright-core';

export interface Keyboard {
	/** Presses Tab until this has focus; throws when it never does. */
	reach(target: Locator): Promise<void>;
	/** Reaches it and presses Enter. */
	enter(target: Locator): Promise<void>;
	press(...keys: readonly string[]): Promise<void>;
	type(text: string): Promise<void>;
	/** Waits until this has focus, whoever gave it. */
	isAt(target: Locator): Promise<void>;
}

/** More stops than any screen has. */
const MOST = 120;

const hasFocus = (target: Locator): Promise<boolean> =>
	target.evaluate((element) => element === document.activeElement);

export function createKeyboard(page: () => Page): Keyboard {
	async function reach(target: Locator): Promise<void> {
		await target.waitFor();
		for (let stops = 0; stops < MOST; stops++) {
			if (await hasFocus(target)) return;
			await page().keyboard.press('Tab');
		}
		throw new Error(`no Tab leads to ${String(target)}`);
	}
	return {
		reach,
		async enter(target) {
			await reach(target);
			await page().keyboard.press('Enter');
		},
		async press(...keys) {
			for (const key of keys) await page().keyboard.press(key);
		},
		type: (text) => page().keyboard.type(text),
		async isAt(target) {
			const element = await target.elementHandle();
			await page().waitForFunction((wanted) => wanted === document.activeElement, element);
		},
	};
}
