// A film is looked at before it has come: from its beginning, and near its end.
import { readFile } from 'node:fs/promises';
import type { Locator } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { makeFilm } from './support/film.ts';
import { found, join } from './support/newcomer.ts';
import { sendAtMost, slowChannels } from './support/slow-channels.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const HARBOUR = 'Harbour';
const PATIENT = { timeout: 60_000, interval: 100 };
const SECONDS = 24;

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice', { prepare: slowChannels });
const bob = await story.person('Bob', {
	prepare: () => delete (window as { showSaveFilePicker?: unknown }).showSaveFilePicker,
});
let film: Buffer;

const viewer = (): Locator => bob.page.getByRole('dialog', { name: m.viewer_title() });
const player = (): Locator => viewer().locator('video');
const time = (): Promise<number> =>
	player().evaluate((video) => (video as HTMLVideoElement).currentTime);
/** 0 … 1 of the film is here; undefined: it is. */
const done = async (): Promise<number | undefined> => {
	const line = viewer().getByRole('progressbar');
	return (await line.count()) === 0 ? undefined : Number(await line.getAttribute('value'));
};

it('[MS1] [MS3] a film plays as soon as somebody presses it, while it comes', async () => {
	await join(bob, await found(alice, relay, HARBOUR), HARBOUR);
	await Promise.all([alice.peers.count(1), bob.peers.count(1)]);
	await bob.installed();
	film = await makeFilm(alice.page, { pictures: 4 * SECONDS, width: 480, height: 270 });
	expect(film.length).toBeGreaterThan(6_000_000);
	await sendAtMost(alice.page, 500_000);
	await alice.page
		.getByLabel(m.attach_files())
		.setInputFiles([{ name: 'pier.webm', mimeType: 'video/webm', buffer: film }]);
	await alice.page.getByRole('button', { name: m.composer_send(), exact: true }).click();
	const tile = bob.page.getByRole('button', { name: m.film_open({ name: 'pier.webm' }) });
	await tile.click();
	await vi.waitFor(async () => {
		expect(await time()).toBeGreaterThan(1);
	}, PATIENT);
	expect(await done()).toBeLessThan(0.6);
	const length = await player().evaluate((video) => (video as HTMLVideoElement).duration);
	expect(length).toBeCloseTo(SECONDS, 0);
});

it('[MS2] [FL4] near its end, too, before what lies between is there', async () => {
	await player().evaluate((video, at) => {
		(video as HTMLVideoElement).currentTime = at;
	}, SECONDS - 6);
	await vi.waitFor(async () => {
		expect(await time()).toBeGreaterThan(SECONDS - 5.5);
	}, PATIENT);
	expect(await done()).toBeLessThan(1);
});

it('is kept byte for byte once all of it has come', async () => {
	await sendAtMost(alice.page, Infinity);
	await vi.waitFor(async () => {
		expect(await done()).toBeUndefined();
	}, PATIENT);
	const download = bob.page.waitForEvent('download');
	await viewer().getByRole('button', { name: m.viewer_save() }).click();
	expect((await readFile(await (await download).path())).equals(film)).toBe(true);
});
