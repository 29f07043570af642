// A file that comes slowly is stopped by hand, goes on where it was, is given up, and fetched once more: by its buttons.
import { readFile } from 'node:fs/promises';
import type { Locator } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { chunkNames } from './support/content-rows.ts';
import { found, join } from './support/newcomer.ts';
import { sendAtMost, slowChannels } from './support/slow-channels.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const HARBOUR = 'Harbour';
const NAME = 'charts.bin';
const PATIENT = { timeout: 60_000, interval: 100 };
const FILE = Buffer.from(Uint8Array.from({ length: 12_000_000 }, (_, n) => (n * n) >>> 9));

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice', { prepare: slowChannels });
const bob = await story.person('Bob', {
	prepare: () => delete (window as { showSaveFilePicker?: unknown }).showSaveFilePicker,
});

/** Where Bob sees the file. */
const shown = (): Locator =>
	bob.page.getByRole('log').getByRole('article').filter({ hasText: NAME });
const button = (name: string): Locator => shown().getByRole('button', { name, exact: true });
const line = (): Locator => shown().getByRole('progressbar');
const done = async (): Promise<number> => Number(await line().getAttribute('value'));
const chunks = async (): Promise<number> => (await chunkNames(bob.page)).length;

const eventually = (look: () => Promise<void>): Promise<void> => vi.waitFor(look, PATIENT);

it('[FL4] says how fast a file comes, and how long it will take', async () => {
	await join(bob, await found(alice, relay, HARBOUR), HARBOUR);
	await bob.peers.reaches('Alice', m.route_direct());
	await alice.peers.reaches('Bob', m.route_direct());
	await sendAtMost(alice.page, 600_000);
	await alice.page
		.getByLabel(m.attach_files())
		.setInputFiles([{ name: NAME, mimeType: 'application/octet-stream', buffer: FILE }]);
	await alice.page.getByRole('button', { name: m.composer_send(), exact: true }).click();
	await button(m.file_fetch({ name: NAME })).click();
	await shown()
		.getByText(/^[\d.,]+ MB of [\d.,]+ MB · [\d.,]+ kB a second · \d+ (s|min) left$/)
		.waitFor({ timeout: PATIENT.timeout });
});

/** What is said goes both ways, while the way for files is free as well. */
async function talk(words: string): Promise<void> {
	await alice.chat.send(words);
	await bob.chat.has(words, 'Alice');
	await bob.chat.send(`${words} indeed`);
	await alice.chat.has(`${words} indeed`, 'Bob');
}

it('[FL4] pauses it, keeps what has come, and goes on from there', async () => {
	await eventually(async () => {
		expect(await chunks()).toBeGreaterThan(1);
	});
	await button(m.transfer_pause()).click();
	await shown().getByText(m.transfer_paused(), { exact: true }).waitFor();
	const [kept, part] = [await chunks(), await done()];
	expect(part).toBeLessThan(0.6);
	await sendAtMost(alice.page, Infinity);
	for (const words of ['Slow', 'Very slow', 'As slow as ever']) await talk(words);
	await shown().getByText(m.transfer_paused(), { exact: true }).waitFor();
	expect(await done()).toBeLessThan(part + 0.2);
	expect(await chunks()).toBeGreaterThanOrEqual(kept);
	await sendAtMost(alice.page, 600_000);
	await button(m.transfer_resume()).click();
	await button(m.transfer_pause()).waitFor();
	expect(await done()).toBeGreaterThanOrEqual(part);
	await eventually(async () => {
		expect(await done()).toBeGreaterThan(part);
	});
});

it('[FL4] gives it up, with nothing kept of what had come', async () => {
	await button(m.transfer_cancel()).click();
	await line().waitFor({ state: 'detached' });
	await eventually(async () => {
		expect(await chunks()).toBe(0);
	});
	await talk('Never mind');
	expect(await chunks()).toBe(0);
});

it('[FL4] brings it once more, stopped on the way or not, byte for byte', async () => {
	await button(m.file_fetch({ name: NAME })).click();
	await eventually(async () => {
		expect(await chunks()).toBeGreaterThan(0);
	});
	await button(m.transfer_pause()).click();
	await button(m.transfer_resume()).click();
	await sendAtMost(alice.page, Infinity);
	await button(m.file_save({ name: NAME })).waitFor({ timeout: PATIENT.timeout });
	const download = bob.page.waitForEvent('download');
	await button(m.file_save({ name: NAME })).click();
	expect((await readFile(await (await download).path())).equals(FILE)).toBe(true);
});
