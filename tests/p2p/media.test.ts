// What is sent of pictures, films and recordings, as a real browser makes and shows it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remote, startHarness, type Harness, type Remote } from './browser.ts';

let harness: Harness;
let page: Remote;

beforeAll(async () => {
	harness = await startHarness();
	page = remote(await harness.open());
});
afterAll(async () => {
	expect(await page.errors()).toEqual([]);
	await harness.stop();
});

const [RED, GREEN, BLUE] = ['100', '010', '001'];
/** Turned to the right: what was at the left is above, what was above is at the right. */
const TURNED = { size: [300, 400], colours: [expect.any(String), GREEN, RED, BLUE] };

describe('a file that is prepared to be sent', () => {
	it('[ME1] [ME2] [ME4] as a photo says nothing beside itself, and is shown as before', async () => {
		const made = await page.prepared('image/jpeg', 400, 300);
		expect(made).toMatchObject({ name: 'IMG 1.one.jpeg', type: 'image/jpeg', canary: false });
		expect(made).toMatchObject({ preview: [300, 400, 0], shown: TURNED });
		expect(made.thumbnail).toMatchObject({ size: [120, 160], colours: TURNED.colours });
		expect(made.thumbnailSize).toBeLessThanOrEqual(3800);
		expect(made.placeholder?.colours.slice(1)).toEqual(TURNED.colours.slice(1));
	});

	it('[ME6] as a large picture is made smaller where that is wanted, and not otherwise', async () => {
		const large = await page.prepared('image/jpeg', 3000, 2000, 1024);
		expect(large).toMatchObject({ type: 'image/jpeg', canary: false, smaller: true });
		expect(large).toMatchObject({ preview: [683, 1024, 0], shown: { size: [683, 1024] } });
		expect(large.shown?.colours.slice(1)).toEqual(TURNED.colours.slice(1));
		const as = await page.prepared('image/png', 1200, 800);
		expect(as).toMatchObject({ type: 'image/png', canary: false, shown: { size: [1200, 800] } });
	});

	it('[ME1] [ME4] as a WebP says nothing beside itself', async () => {
		const made = await page.prepared('image/webp', 640, 480);
		expect(made).toMatchObject({ type: 'image/webp', canary: false, preview: [640, 480, 0] });
		expect(made.shown?.colours).toEqual([RED, BLUE, GREEN, expect.any(String)]);
	});

	it('[ME4] [ME7] as a film shows a moment of it, plays, and doesn’t say by what it was made', async () => {
		const made = await page.preparedFilm();
		expect(made).toMatchObject({ name: 'film.webm', preview: [320, 180, expect.any(Number)] });
		expect(made.thumbnail?.colours[0]).toBe(RED);
		expect(made).toMatchObject({ maker: false, played: [320, 180] });
	});

	it('[ME5] as a recording shows where it is loud', async () => {
		const made = await page.preparedRecording();
		expect(made).toMatchObject({ canary: false, preview: [0, 0, 2000] });
		expect(made.waveform).toHaveLength(64);
		expect(made.waveform?.[10]).toBeLessThan(10);
		expect(made.waveform?.[50]).toBeGreaterThan(240);
	});

	it('[ME8] as a recording says nothing beside itself, and plays', async () => {
		const made = await page.preparedTagged();
		expect(made).toMatchObject({ canary: false, played: [2000], smaller: false });
	});

	it('[ME6] that may keep what it says is told as such, and anything else left as it is', async () => {
		for (const type of ['image/heic', 'image/avif', 'image/jpeg', 'video/mp4', 'audio/ogg']) {
			expect(await page.preparedOther(type)).toEqual({ error: 'keeps-metadata' });
		}
		for (const type of ['application/pdf', '', 'text/plain']) {
			expect(await page.preparedOther(type)).toMatchObject({ name: 'x.bin', canary: true });
		}
	});
});
