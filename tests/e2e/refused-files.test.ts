// Files that are not what their message says of them, and devices that have no room: nothing is shown, and people are told.
import { readFile } from 'node:fs/promises';
import type { Locator } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { chunkNames, harm, type Harm } from './support/content-rows.ts';
import { fullWhenTold, setFull } from './support/full-device.ts';
import { found, join } from './support/newcomer.ts';
import type { Person } from './support/person.ts';
import { png } from './support/pictures.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const HARBOUR = 'Harbour';
const PATIENT = { timeout: 40_000, interval: 100 };
/** More than comes unasked. */
const SIZE = 4_500_000;
const HARMS: readonly Harm[] = ['bent', 'cut', 'swapped'];

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice', { prepare: fullWhenTold });
const bob = await story.person('Bob', {
	prepare: fullWhenTold,
});
const picture = { name: 'pier.png', mimeType: 'image/png', buffer: png(1300, 1200, true) };
const chunksOf = new Map<string, readonly string[]>();
const documentOf = (how: Harm) => ({
	name: `${how}.bin`,
	mimeType: 'application/x-thing',
	buffer: Buffer.alloc(SIZE, `what is ${how} `),
});

const messageOf = ({ page }: Person, words: string): Locator =>
	page.getByRole('log').getByRole('article').filter({ hasText: words });
const button = (within: Locator, name: string): Locator =>
	within.getByRole('button', { name, exact: true });

async function send(file: typeof picture, words: string): Promise<void> {
	const { page } = alice;
	await page.getByLabel(m.attach_files()).setInputFiles([file]);
	await page.getByLabel(m.composer_label(), { exact: true }).fill(words);
	await page.getByRole('button', { name: m.composer_send(), exact: true }).click();
}

it('[TR4] [AF8] takes none of what is bent, cut or swapped, and shows nothing of it', async () => {
	await join(bob, await found(alice, relay, HARBOUR), HARBOUR);
	await Promise.all([alice.peers.count(1), bob.peers.count(1)]);
	await bob.peers.reaches('Alice', m.route_direct());
	for (const how of HARMS) {
		const before = await chunkNames(alice.page);
		await send(how === 'bent' ? picture : documentOf(how), `this is ${how}`);
		await messageOf(bob, `this is ${how}`).waitFor();
		const own = (await chunkNames(alice.page)).filter((name) => !before.includes(name));
		expect(own.length).toBeGreaterThan(4);
		chunksOf.set(how, own);
		await harm(alice.page, own, how);
		const name = how === 'bent' ? picture.name : documentOf(how).name;
		const message = messageOf(bob, `this is ${how}`);
		await button(message, m.file_fetch({ name })).click();
		await message.getByText(m.transfer_waiting()).waitFor();
		expect(await message.locator('img[src^="blob:"]').count()).toBe(0);
		expect(await button(message, m.file_save({ name })).count()).toBe(0);
	}
	// What was as it should be may lie here; nothing that wasn't does.
	expect((await chunkNames(bob.page)).length).toBeLessThan(5);
});

it('[TR4] takes them once they are as they were, byte for byte', async () => {
	for (const how of HARMS) await harm(alice.page, chunksOf.get(how) ?? [], how);
	await bob.page.reload();
	await bob.spaces.ready(HARBOUR);
	await messageOf(bob, 'this is bent').locator('img[src^="blob:"]').waitFor();
	for (const how of ['cut', 'swapped'] as const) {
		const { name, buffer } = documentOf(how);
		// Nobody is there to say where a file goes: it becomes a download.
		await bob.page.evaluate(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
		const download = bob.page.waitForEvent('download');
		await button(messageOf(bob, `this is ${how}`), m.file_save({ name })).click();
		expect((await readFile(await (await download).path())).equals(buffer)).toBe(true);
	}
});

it('[FL4] says to who fetches that there is no room, beforehand or midway, and goes on later', async () => {
	await send({ ...picture, name: 'quay.png' }, 'for a full device');
	const message = messageOf(bob, 'for a full device');
	const fetch = button(message, m.file_fetch({ name: 'quay.png' }));
	await setFull(bob.page, 'known');
	await fetch.click();
	await bob.page.getByText(m.transfer_no_room()).waitFor();
	expect(await message.getByRole('progressbar').count()).toBe(0);
	await setFull(bob.page, 'met');
	await fetch.click();
	await message.getByText(m.transfer_full()).waitFor();
	expect(await message.locator('img[src^="blob:"]').count()).toBe(0);
	await setFull(bob.page, false);
	await button(message, m.transfer_resume()).click();
	await message.locator('img[src^="blob:"]').waitFor();
});

it('[FL3] says to who sends that there is no room, beforehand or midway, and keeps nothing', async () => {
	const before = await chunkNames(alice.page);
	for (const how of ['known', 'met'] as const) {
		await setFull(alice.page, how);
		await send({ ...picture, name: `${how}.png` }, 'too much for this one');
		const notice = alice.page.getByText(m.files_no_room());
		await notice.waitFor();
		await button(alice.page.locator('form'), m.file_remove({ name: `${how}.png` })).click();
		expect(await messageOf(alice, 'too much for this one').count()).toBe(0);
		await vi.waitFor(async () => {
			expect(await chunkNames(alice.page)).toEqual(before);
		}, PATIENT);
		await notice.waitFor({ state: 'detached' });
	}
	await setFull(alice.page, false);
});
