// Views of files: chosen, sent, shown, fetched, and recordings.
import type { Page } from 'playwright-core';
import { openChat, press, type View } from './view.ts';

const CHOSEN = [
	{ name: 'minutes-2026-03.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(240_000) },
	{ name: 'survey.zip', mimeType: 'application/zip', buffer: Buffer.alloc(3_400_000) },
	{
		name: 'dot.png',
		mimeType: 'image/png',
		buffer: Buffer.from(
			'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
			'base64',
		),
	},
];

const shown = async (page: Page): Promise<void> => {
	await openChat(page);
	await page.locator('[data-message^=with-files]').first().waitFor();
	// What they show is there.
	await page.waitForFunction(() =>
		[...document.images].every(({ complete, naturalWidth }) => complete && naturalWidth > 0),
	);
};
const view = (files: string): View => ({ name: `files-${files}`, scene: { files }, go: shown });

export const FILE_VIEWS: readonly View[] = [
	view('pictures'),
	view('films'),
	view('cards'),
	view('sounds'),
	view('transfers'),
	view('several'),
	{
		name: 'files-storage',
		scene: { files: 'cards' },
		go: async (page) => {
			await shown(page);
			// One thing at a time on the screen.
			if ((page.viewportSize()?.width ?? 0) <= 720) await press(page, 'Back');
			await press(page, 'Settings');
			await press(page, 'Files on this device');
			await page.getByText('Files take').waitFor();
		},
	},
	{
		name: 'files-recording',
		scene: {},
		go: async (page) => {
			await openChat(page);
			await press(page, 'Record a voice message');
			await page
				.getByRole('group', { name: 'Recording' })
				.getByText(/0:0[1-9]/)
				.waitFor();
		},
	},
	...(['held', 'away'] as const).map((how): View => ({
		name: `files-recording-${how}`,
		scene: {},
		go: async (page) => {
			await openChat(page);
			const box = await page.getByRole('button', { name: 'Record a voice message' }).boundingBox();
			const [x, y] = [(box?.x ?? 0) + 20, (box?.y ?? 0) + 20];
			await page.mouse.move(x, y);
			await page.mouse.down();
			const recorder = page.getByRole('group', { name: 'Recording' });
			await recorder.getByText(/0:0[1-9]/).waitFor();
			if (how === 'away') await page.mouse.move(x - 150, y - 40);
			await recorder.getByText(how === 'away' ? 'Release to discard' : 'Slide away').waitFor();
		},
	})),
	{
		name: 'files-tray',
		scene: {},
		go: async (page) => {
			await openChat(page);
			await page.getByLabel('Photos and files').setInputFiles(CHOSEN);
			await page.getByRole('region', { name: '3 files' }).waitFor();
		},
	},
	{
		name: 'files-too-many',
		scene: {},
		go: async (page) => {
			await openChat(page);
			await page
				.getByLabel('Photos and files')
				.setInputFiles(Array.from({ length: 11 }, () => CHOSEN[0]!));
			await page.getByText('A message carries 10 files').waitFor();
		},
	},
	{
		name: 'files-keeps-metadata',
		scene: {},
		go: async (page) => {
			await openChat(page);
			const broken = { name: 'IMG_2041.heic', mimeType: 'image/heic', buffer: Buffer.alloc(9000) };
			await page.getByLabel('Photos and files').setInputFiles([broken, CHOSEN[0]!]);
			await press(page, 'Send');
			await page.getByText('It may say where', { exact: false }).waitFor();
		},
	},
	{
		name: 'files-drop',
		scene: {},
		go: async (page) => {
			await openChat(page);
			await page.evaluate(() => {
				const dataTransfer = new DataTransfer();
				dataTransfer.items.add(new File(['words'], 'words.txt'));
				dispatchEvent(new DragEvent('dragenter', { dataTransfer, cancelable: true }));
			});
			await page.getByText('Drop files here').waitFor();
		},
	},
	{
		name: 'files-viewer',
		scene: { files: 'pictures' },
		go: async (page) => {
			await shown(page);
			await press(page, 'Open picture bay-1.webp');
			await page.getByText('1 of').waitFor();
			await page.locator('dialog img:not(.soft)').waitFor();
		},
	},
	{
		name: 'files-viewer-film',
		scene: { files: 'films' },
		go: async (page) => {
			await shown(page);
			await page.getByRole('button', { name: /regatta/ }).click();
			const film = page.locator('dialog video');
			await film.evaluate(async (video: HTMLVideoElement) => {
				while (video.readyState < video.HAVE_CURRENT_DATA)
					await new Promise((resolve) => setTimeout(resolve, 50));
				video.pause();
			});
		},
	},
	{
		name: 'files-viewer-absent',
		scene: { files: 'pictures' },
		go: async (page) => {
			await shown(page);
			await press(page, 'Open picture bay-2.webp');
			await page.getByText('2 of').waitFor();
			for (let n = 0; n < 3; n++) await page.keyboard.press('ArrowRight');
			await page.getByText('It is not on this device').waitFor();
		},
	},
];
