// What happens to a browser's data, and the ways back: files written and given, wiping, and a browser that forgets.
import type { Locator } from 'playwright-core';
import { createLocks } from './locks.ts';
import type { Person } from './person.ts';
import { m } from './words.ts';

/** Writes a backup from the settings; the path of the file. */
export async function saveBackup({ page }: Person): Promise<string> {
	const settings = await createLocks(() => page).settings();
	const download = page.waitForEvent('download');
	await settings.getByRole('button', { name: m.backup_save(), exact: true }).click();
	const path = await (await download).path();
	await settings.getByText(m.backup_saved()).waitFor();
	return path;
}

export const giveFile = (input: Locator, buffer: Buffer): Promise<void> =>
	input.setInputFiles({ name: 'a.aegis', mimeType: 'application/octet-stream', buffer });

/** Files of this page take until the end of the returned work to be read, or can't be read at all. */
export async function holdFiles({ page }: Person, how: 'slow' | 'unreadable') {
	await page.evaluate((kind) => {
		const read = Object.getOwnPropertyDescriptor(Blob.prototype, 'arrayBuffer')
			?.value as Blob['arrayBuffer'];
		let release = (): void => undefined;
		const held = new Promise<void>((done) => (release = done));
		const letGo = (): void => {
			Blob.prototype.arrayBuffer = read;
			release();
		};
		Object.assign(window, { letGo });
		Blob.prototype.arrayBuffer = async function (this: Blob) {
			if (kind === 'unreadable') throw new DOMException('moved away', 'NotReadableError');
			await held;
			return read.call(this);
		};
	}, how);
	return () =>
		page.evaluate(() => {
			(window as unknown as { letGo(): void }).letGo();
		});
}

export async function wipe({ page }: Person): Promise<void> {
	const settings = await createLocks(() => page).settings();
	await settings.getByRole('button', { name: m.security_wipe(), exact: true }).click();
	const dialog = page.getByRole('dialog', { name: m.security_wipe() });
	await dialog.getByRole('textbox').fill(m.security_wipe_word());
	await dialog.getByRole('button', { name: m.security_wipe_action(), exact: true }).click();
	await page.getByRole('button', { name: m.start(), exact: true }).waitFor();
}

/** On the first screen: the phrase, the name, and a file if there is one. */
export async function bringBack({ page, name }: Person, words: string, file?: Buffer) {
	await page.getByRole('button', { name: m.restore_link(), exact: true }).click();
	await page.getByLabel(m.restore_words()).fill(words);
	await page.getByLabel(m.name_label()).fill(name);
	if (file) await giveFile(page.getByLabel(m.backup_file()), file);
	await page.getByRole('button', { name: m.restore_action(), exact: true }).click();
}

/** The browser deletes these databases, as it may where space is short; small storage stays. Then the app is opened. */
export async function evict(person: Person, origin: string, names: readonly string[]) {
	const { page } = person;
	// Of a page that is none of the app's.
	person.expectComplaint(/favicon/);
	await page.goto(`${origin}/relay.json`);
	await page.evaluate(async (gone) => {
		for (const name of gone) {
			await new Promise((done, fail) => {
				const asked = indexedDB.deleteDatabase(name);
				asked.onsuccess = done;
				asked.onerror = asked.onblocked = fail;
			});
		}
	}, names);
	await page.goto(origin);
}
