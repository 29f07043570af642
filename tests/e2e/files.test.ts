// Two people and their files: a picture, a document and a voice message, sent, seen, kept, and purged.
import { readFile } from 'node:fs/promises';
import type { Locator } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { chunkNames } from './support/content-rows.ts';
import { found, join } from './support/newcomer.ts';
import type { Person } from './support/person.ts';
import { png } from './support/pictures.ts';
import { keptProfile } from './support/profile.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const HARBOUR = 'Harbour';
const PATIENT = { timeout: 30_000, interval: 100 };
const MICROPHONE = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
const [WIDTH, HEIGHT] = [640, 400];

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice', { prepare: withoutFilePicker });
const bob = await story.person('Bob', {
	prepare: withoutFilePicker,
	profile: keptProfile(MICROPHONE),
});

/** Nobody is there to say where a file goes: it becomes a download. */
function withoutFilePicker(): void {
	delete (window as { showSaveFilePicker?: unknown }).showSaveFilePicker;
}

const PICTURE = { name: 'pier.png', mimeType: 'image/png', buffer: png(WIDTH, HEIGHT) };
const DOCUMENT = {
	name: 'rota.html',
	mimeType: 'text/html',
	buffer: Buffer.from('<script>document.title = "run"</script>'.repeat(40_000)),
};

const button = (within: Locator, name: string): Locator =>
	within.getByRole('button', { name, exact: true });
const last = ({ page }: Person): Locator => page.getByRole('log').getByRole('article').last();

/** Addresses of what is drawn from files of this conversation. */
const drawn = ({ page }: Person): Promise<readonly string[]> =>
	page
		.getByRole('log')
		.locator('img[src^="blob:"]')
		.evaluateAll((all) => all.map((each) => (each as HTMLImageElement).src));

async function send({ page }: Person, files: (typeof PICTURE)[], text = ''): Promise<void> {
	await page.getByLabel(m.attach_files()).setInputFiles(files);
	await page.getByLabel(m.composer_label(), { exact: true }).fill(text);
	await page.getByRole('button', { name: m.composer_send(), exact: true }).click();
}

const chunks = async ({ page }: Person): Promise<number> => (await chunkNames(page)).length;

it('[FL4] shows a picture to the other by itself, in its own shape', async () => {
	await join(bob, await found(alice, relay, HARBOUR), HARBOUR);
	await Promise.all([alice.peers.count(1), bob.peers.count(1)]);
	await send(alice, [PICTURE], 'the new pier');
	await alice.chat.has('the new pier');
	await bob.chat.has('the new pier', 'Alice');
	const picture = last(bob).locator('img[src^="blob:"]');
	await picture.waitFor();
	await vi.waitFor(async () => {
		expect(await picture.evaluate((img) => (img as HTMLImageElement).naturalWidth)).toBe(WIDTH);
	}, PATIENT);
	const box = await last(bob)
		.getByRole('button', { name: m.picture_open({ name: 'pier.png' }) })
		.boundingBox();
	expect((box?.width ?? 0) / (box?.height ?? 1)).toBeCloseTo(WIDTH / HEIGHT, 1);
});

it('opens it on the whole screen, makes it larger, and closes with Escape', async () => {
	await button(last(bob), m.picture_open({ name: 'pier.png' })).click();
	const viewer = bob.page.getByRole('dialog', { name: m.viewer_title() });
	const picture = viewer.getByRole('img', { name: 'pier.png' });
	await picture.waitFor();
	const width = async (): Promise<number> => (await picture.boundingBox())?.width ?? 0;
	const before = await width();
	await bob.page.keyboard.press('+');
	await vi.waitFor(async () => {
		expect(await width()).toBeGreaterThan(before * 1.3);
	}, PATIENT);
	await bob.page.keyboard.press('Escape');
	await viewer.waitFor({ state: 'detached' });
});

it('[AF7] keeps a document on a card, and gives it back byte for byte', async () => {
	await send(bob, [DOCUMENT]);
	await vi.waitFor(async () => {
		expect(await last(alice).innerText()).toContain('rota.html');
	}, PATIENT);
	const card = button(last(alice), m.file_save({ name: 'rota.html' }));
	await card.waitFor();
	const download = alice.page.waitForEvent('download');
	await card.click();
	const saved = await download;
	expect(saved.suggestedFilename()).toBe('rota.html');
	expect((await readFile(await saved.path())).equals(DOCUMENT.buffer)).toBe(true);
	expect(await alice.page.locator('iframe, object, embed').count()).toBe(0);
	expect(await alice.page.title()).not.toBe('run');
});

it('[AF3] sends what was said into the microphone, which the other hears', async () => {
	await button(bob.page.locator('form'), m.voice_record()).click();
	const recorder = bob.page.getByRole('group', { name: m.voice_recording() });
	await recorder.getByText(/0:0[2-9]/).waitFor();
	await button(bob.page.locator('form'), m.voice_send()).click();
	await recorder.waitFor({ state: 'detached' });
	const player = last(alice).getByRole('group', { name: m.voice_message() });
	await button(player, m.sound_play()).click();
	await button(player, m.sound_pause()).waitFor();
	const slider = player.getByRole('slider');
	await vi.waitFor(async () => {
		expect(Number(await slider.inputValue())).toBeGreaterThan(0.2);
	}, PATIENT);
	expect(Number(await slider.getAttribute('max'))).toBeGreaterThan(1.5);
});

/** Presses the microphone and holds it until so much was said. */
async function hold({ page }: Person): Promise<{ x: number; y: number }> {
	const box = await button(page.locator('form'), m.voice_record()).boundingBox();
	const at = { x: (box?.x ?? 0) + 20, y: (box?.y ?? 0) + 20 };
	await page.mouse.move(at.x, at.y);
	await page.mouse.down();
	const recorder = page.getByRole('group', { name: m.voice_recording() });
	await recorder.getByText(/0:0[1-9]/).waitFor();
	await recorder.getByText(m.voice_held()).waitFor();
	return at;
}

it('[AF3] sends what is said while the microphone is held, and nothing once it was slid away from', async () => {
	const { page } = bob;
	const recorder = page.getByRole('group', { name: m.voice_recording() });
	const count = (person: Person): Promise<number> =>
		person.page.getByRole('group', { name: m.voice_message() }).count();
	const before = await count(bob);
	const at = await hold(bob);
	await page.mouse.move(at.x - 150, at.y);
	await recorder.getByText(m.voice_away()).waitFor();
	await page.mouse.up();
	await recorder.waitFor({ state: 'detached' });
	await hold(bob);
	await page.keyboard.press('Escape');
	await recorder.waitFor({ state: 'detached' });
	await page.mouse.up();
	expect(await recorder.count()).toBe(0);
	expect(await count(bob)).toBe(before);
	await hold(bob);
	await page.mouse.up();
	await recorder.waitFor({ state: 'detached' });
	await vi.waitFor(async () => {
		expect([await count(bob), await count(alice)]).toEqual([before + 1, before + 1]);
	}, PATIENT);
});

it('[FL5] frees a document in the settings, and gets it again from there', async () => {
	const { page } = alice;
	await page.getByRole('button', { name: m.settings(), exact: true }).click();
	await page.getByRole('button', { name: m.files_on_device() }).click();
	const dialog = page.getByRole('dialog', { name: m.files_on_device() });
	await button(dialog, m.files_free_one({ name: 'rota.html' })).click();
	await button(dialog, m.files_get_one({ name: 'rota.html' })).click();
	await button(dialog, m.files_free_one({ name: 'rota.html' })).waitFor();
	expect(await dialog.getByRole('list', { name: m.files_freed() }).count()).toBe(0);
	for (const each of [dialog, page.getByRole('dialog', { name: m.settings() })]) {
		await button(each, m.close()).click();
		await each.waitFor({ state: 'detached' });
	}
});

it('[TB1] a purged picture is gone from both devices and both pages', async () => {
	await send(bob, [PICTURE], 'not for here');
	await alice.chat.has('not for here', 'Bob');
	await vi.waitFor(async () => {
		for (const person of [alice, bob]) expect(await drawn(person)).toHaveLength(2);
	}, PATIENT);
	const urls = [await drawn(alice), await drawn(bob)].map((all) => all[1] ?? '');
	const before = await Promise.all([chunks(alice), chunks(bob)]);
	await alice.moderating.message('not for here', 'Bob', m.menu_purge(), m.act_purge(), 'Private');
	for (const [n, person] of [alice, bob].entries()) {
		await person.page.getByRole('log').getByText(m.gone_purged()).waitFor();
		expect(await drawn(person)).toHaveLength(1);
		await vi.waitFor(async () => {
			expect(await chunks(person)).toBe((before[n] ?? 0) - 1);
		}, PATIENT);
		person.expectComplaint(/blob:/);
		const isShown = await person.page.evaluate(
			(src) =>
				new Promise<boolean>((done) => {
					const image = new Image();
					image.onload = () => {
						done(true);
					};
					image.onerror = () => {
						done(false);
					};
					image.src = src;
				}),
			urls[n] ?? '',
		);
		expect(isShown).toBe(false);
	}
});
