// What is played while it comes, by a real browser's own player, through a service worker.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { remote, startHarness, type Harness } from './browser.ts';

let harness: Harness;

beforeAll(async () => {
	harness = await startHarness();
});
afterAll(() => harness.stop());

it('[MS1] [MS2] [MS3] a recording is played, and wound in, with no more of it read than that takes', async () => {
	const page = remote(await harness.open());
	const played = await page.playTone(300);
	expect(played).toMatchObject({ early: null, duration: 300, error: null });
	const ends = played.asked.filter(([from]) => from > played.size * 0.8);
	expect(ends.length).toBeGreaterThan(0);
	expect(played.readWhilePlaying).toBeLessThan(played.size * 0.8);
	// Nobody reads any longer once it isn't played, and nobody but players is answered.
	expect(played.open).toBe(0);
	expect([played.fetched, played.isShown]).toEqual([404, false]);
});
