// Files of somebody whose device was locked meanwhile.
import type { Locator } from 'playwright-core';
import { it } from 'vitest';
import { createLocks } from './support/locks.ts';
import { png } from './support/pictures.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const PASSPHRASE = 'seven quiet lamps at noon';

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice');
const locks = createLocks(() => alice.page);

const button = (name: string): Locator => alice.page.getByRole('button', { name, exact: true });

it('[AT12] has its files again after it was locked, and takes new ones', async () => {
	await alice.visit(relay.origin);
	await alice.start();
	await locks.setPassphrase(PASSPHRASE);
	await locks.closeSettings();
	await alice.spaces.create('community', 'Harbour');
	const sends = async (name: string): Promise<void> => {
		const picture = { name, mimeType: 'image/png', buffer: png(64, 40) };
		await alice.page.getByLabel(m.attach_files()).setInputFiles([picture]);
		await button(m.composer_send()).click();
		await button(m.picture_open({ name })).waitFor();
	};
	await sends('before.png');
	await alice.page.keyboard.press('Control+Shift+L');
	await locks.locked();
	await locks.tryPassphrase(PASSPHRASE);
	await alice.spaces.open('Harbour');
	await sends('after.png');
	for (const name of ['before.png', 'after.png']) {
		await button(m.picture_open({ name })).click();
		// Drawn from what lies here, not from the small picture of the message.
		await alice.page.locator('dialog img:not(.soft)').waitFor();
		await alice.page.keyboard.press('Escape');
	}
});
