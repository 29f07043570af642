// The ways in which files come to be sent: dragged onto the conversation, pasted, taken with a phone's camera; several of
// them together.
import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import { found, join } from './support/newcomer.ts';
import type { Person } from './support/person.ts';
import { png } from './support/pictures.ts';
import { sharedProfile } from './support/profile.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const HARBOUR = 'Harbour';
const PATIENT = { timeout: 30_000, interval: 100 };
const ROTA = 'Monday: Bob. '.repeat(5000);
const [WIDTH, HEIGHT] = [320, 200];

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice');
const bob = await story.person('Bob', {
	profile: sharedProfile({ hasTouch: true }),
	prepare: () => delete (window as { showSaveFilePicker?: unknown }).showSaveFilePicker,
});

interface Given {
	readonly name: string;
	readonly type: string;
	/** Base64. */
	readonly content: string;
}

const given = (name: string, type: string, content: Buffer): Given => ({
	name,
	type,
	content: content.toString('base64'),
});

/** What the browser tells a page of files that come from elsewhere. */
const carrying = ({ page }: Person, files: readonly Given[]) =>
	page.evaluateHandle((all) => {
		const transfer = new DataTransfer();
		for (const { name, type, content } of all) {
			const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
			transfer.items.add(new File([bytes], name, { type }));
		}
		return transfer;
	}, files);

const chosen = ({ page }: Person, name: string) =>
	page.getByRole('button', { name: m.file_remove({ name }), exact: true });
const last = ({ page }: Person) => page.getByRole('log').getByRole('article').last();
const press = ({ page }: Person, name: string): Promise<void> =>
	page.getByRole('button', { name, exact: true }).click();

it('takes what is dragged onto the conversation, and what is pasted besides', async () => {
	await join(bob, await found(alice, relay, HARBOUR), HARBOUR);
	await Promise.all([alice.peers.count(1), bob.peers.count(1)]);
	const { page } = alice;
	const dataTransfer = await carrying(alice, [
		given('rota.txt', 'text/plain', Buffer.from(ROTA)),
		given('pier.png', 'image/png', png(WIDTH, HEIGHT)),
	]);
	const zone = page.getByRole('region', { name: m.drop_here({ name: '' }).trim() });
	await page.getByRole('log').dispatchEvent('dragenter', { dataTransfer });
	await zone.dispatchEvent('drop', { dataTransfer });
	await chosen(alice, 'rota.txt').waitFor();
	await chosen(alice, 'pier.png').waitFor();
	const pasted = await carrying(alice, [given('boat.png', 'image/png', png(WIDTH, HEIGHT))]);
	await page.getByLabel(m.composer_label(), { exact: true }).evaluate((field, clipboardData) => {
		const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
		if (field.dispatchEvent(event)) throw new Error('it is left to the field');
	}, pasted);
	await chosen(alice, 'boat.png').waitFor();
	expect(await zone.count()).toBe(0);
	await press(alice, m.composer_send());
	await chosen(alice, 'rota.txt').waitFor({ state: 'detached' });
});

it('[AF7] brings all of them in one message, byte for byte', async () => {
	for (const name of ['pier.png', 'boat.png']) {
		await last(bob)
			.getByRole('button', { name: m.picture_open({ name }) })
			.waitFor();
	}
	await vi.waitFor(async () => {
		expect(await last(bob).locator('img[src^="blob:"]').count()).toBe(2);
	}, PATIENT);
	const download = bob.page.waitForEvent('download');
	await last(bob)
		.getByRole('button', { name: m.file_save({ name: 'rota.txt' }) })
		.click();
	expect(await readFile(await (await download).path(), 'utf8')).toBe(ROTA);
});

it('takes a picture with the camera of a phone', async () => {
	const { page } = bob;
	await press(bob, m.attach());
	const asked = page.waitForEvent('filechooser');
	await page.getByRole('menuitem', { name: m.attach_camera() }).click();
	const chooser = await asked;
	const input = chooser.element();
	expect(await input.getAttribute('capture')).toBe('environment');
	expect(await input.getAttribute('accept')).toBe('image/*,video/*');
	await chooser.setFiles({
		name: 'taken.png',
		mimeType: 'image/png',
		buffer: png(WIDTH, HEIGHT),
	});
	await chosen(bob, 'taken.png').waitFor();
	await press(bob, m.composer_send());
	const picture = last(alice).getByRole('button', { name: m.picture_open({ name: 'taken.png' }) });
	await picture.waitFor();
	await picture.locator('img[src^="blob:"]').waitFor();
});
