// Views of two people who connect without a server.
import { press, type View } from './view.ts';

export const MEETING_VIEWS: readonly View[] = [
	...['offering', 'answering', 'connecting', 'done', 'no-address', 'unreached'].map(
		(meeting): View => ({
			name: `meet-${meeting}`,
			scene: { empty: true, meeting },
			go: async (page) => {
				await press(page, 'Connect without a server');
			},
		}),
	),
	{
		name: 'meet-bad-code',
		scene: { empty: true },
		go: async (page) => {
			await press(page, 'Connect without a server');
			await page.getByLabel('Or paste their code').fill('hello');
			await press(page, 'Use this code');
		},
	},
];
