// Views of keys, locks and the recovery phrase.
import { press, type View } from './view.ts';

const open =
	(name: string) =>
	async (page: Parameters<typeof press>[0]): Promise<void> => {
		await press(page, 'Settings');
		await press(page, name);
	};
const settings = (name: string, security: object): View => ({
	name: `security-${name}`,
	scene: { security },
	go: async (page) => {
		await press(page, 'Settings');
		await page.getByRole('button', { name: 'Wipe this device' }).waitFor();
		await page.getByRole('heading', { name: 'Keys and lock' }).scrollIntoViewIfNeeded();
	},
});
const WORDS = 'legal winner thank year wave sausage worth useful legal winner thank';

export const SECURITY_VIEWS: readonly View[] = [
	{
		name: 'unlock',
		scene: { boot: 'locked' },
		go: (page) => page.getByLabel('Passphrase', { exact: true }).waitFor(),
	},
	{
		name: 'unlock-wrong',
		scene: { boot: 'locked' },
		go: async (page) => {
			await page.getByLabel('Passphrase', { exact: true }).fill('something');
			await press(page, 'Unlock');
			await page.getByText('That is not the passphrase').waitFor();
		},
	},
	{
		name: 'unlock-forgotten',
		scene: { boot: 'locked', wait: 3_000_000 },
		go: (page) => press(page, 'Forgotten it?'),
	},
	{
		name: 'restore',
		scene: { boot: 'new' },
		go: async (page) => {
			await press(page, 'I have a recovery phrase');
			await page.getByLabel('Recovery phrase').fill(`${WORDS} ye`);
			await page.getByRole('button', { name: 'year' }).waitFor();
		},
	},
	{
		name: 'restore-wrong',
		scene: { boot: 'new' },
		go: async (page) => {
			await press(page, 'I have a recovery phrase');
			await page.getByLabel('Recovery phrase').fill(`${WORDS} aardvark`);
			await press(page, 'Restore');
			await page.getByText('aardvark', { exact: false }).last().waitFor();
		},
	},
	settings('open', { phraseKept: false }),
	settings('asked', { passphrase: true, askedAtStart: true, passkeys: 1, lockAfter: 900_000 }),
	{
		name: 'passphrase-set',
		scene: {},
		go: async (page) => {
			await open('Set a passphrase')(page);
			await page.getByLabel('New passphrase').fill('Harbour12');
			await page.getByText('be better', { exact: false }).or(page.getByText('guessed')).waitFor();
		},
	},
	{
		name: 'passphrase-change',
		scene: { security: { passphrase: true } },
		go: async (page) => {
			await open('Change the passphrase')(page);
			await page.getByLabel('New passphrase').fill('seven quiet lamps at noon');
			await page.getByText('Very good').waitFor();
		},
	},
	{ name: 'phrase-hidden', scene: {}, go: open('Show the recovery phrase') },
	{
		name: 'phrase-shown',
		scene: {},
		go: async (page) => {
			await open('Show the recovery phrase')(page);
			await press(page, 'Show the words');
			await page.getByText('legal').first().waitFor();
		},
	},
	{
		name: 'phrase-quiz',
		scene: {},
		go: async (page) => {
			await open('Show the recovery phrase')(page);
			await press(page, 'I have written them down');
			await page.getByLabel('Word 3').fill('winner');
			await press(page, 'Check');
			await page.getByText('Word 3 is another one', { exact: false }).waitFor();
		},
	},
	{
		name: 'phrase-nudge',
		scene: { security: { phraseKept: false } },
		go: (page) =>
			page.getByRole('complementary').getByRole('button', { name: 'Do it now' }).waitFor(),
	},
	{
		name: 'wipe',
		scene: { security: { phraseKept: false } },
		go: async (page) => {
			await open('Wipe this device')(page);
			await page.getByLabel('Type').fill('wip');
		},
	},
];
