// One person with three devices, and somebody who writes to them.
import { expect, it } from 'vitest';
import { link, meet } from './support/linking.ts';
import { found, join } from './support/newcomer.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const story = tellStory();
const relay = await story.relay();
const laptop = await story.person('Alice');
const phone = await story.person('Alice');
const tablet = await story.person('Alice');
const bob = await story.person('Bob');
const HARBOUR = 'Harbour';
let invitation = '';

/** Beside each device, whatever it is called. */
const MANAGE = new RegExp(`^${m.device_manage({ device: '' }).trim()}`);

it('[PA3] shows the same digits on both screens, and hands nothing over where they are said to differ', async () => {
	invitation = await found(laptop, relay, HARBOUR);
	await meet(laptop, phone, relay.origin);
	await laptop.page.getByRole('button', { name: m.link_differ(), exact: true }).click();
	await phone.page.getByText(m.link_problem_mismatch()).waitFor();
	await laptop.page.getByText(m.link_problem_mismatch()).waitFor();
	await laptop.page.reload();
	await phone.leave();
});

it('[PA1] [PA5] [MD3] links a device by a pasted code, and brings its spaces', async () => {
	await link(laptop, phone, relay.origin);
	await phone.spaces.open(HARBOUR);
	await phone.spaces.ready(HARBOUR);
	expect(await phone.rootHash()).toBe(await laptop.rootHash());
});

it('[MD3] reaches all devices with every message', async () => {
	await join(bob, invitation, HARBOUR);
	await link(phone, tablet, relay.origin);
	await laptop.spaces.open(HARBOUR);
	await tablet.spaces.open(HARBOUR);
	await bob.chat.send('To all of you');
	for (const device of [laptop, phone, tablet]) await device.chat.has('To all of you', 'Bob');
	await tablet.chat.send('From the tablet');
	await bob.chat.has('From the tablet', 'Alice');
	await laptop.chat.has('From the tablet');
});

it('[MD6] says of a device that another one let it in', async () => {
	await laptop.page.getByText(m.device_news_title()).waitFor();
	await laptop.page.getByRole('button', { name: m.device_news_me(), exact: true }).click();
	await laptop.page.getByText(m.device_news_title()).waitFor({ state: 'detached' });
});

it('[AC4] calls a device on all of them as it was named on one', async () => {
	const { page } = laptop;
	await page.getByRole('button', { name: m.settings(), exact: true }).click();
	const settings = page.getByRole('dialog', { name: m.settings() });
	const entries = settings.getByRole('button', { name: MANAGE });
	await entries.nth(2).waitFor();
	// The youngest comes after this one.
	await entries.nth(1).click();
	await page.getByLabel(m.device_name(), { exact: true }).fill('Kitchen tablet');
	await page.getByRole('button', { name: m.save(), exact: true }).click();
	await settings.getByText('Kitchen tablet', { exact: true }).waitFor();
	await page.keyboard.press('Escape');
	await phone.page.getByRole('button', { name: m.settings(), exact: true }).click();
	await phone.page.getByText('Kitchen tablet', { exact: true }).waitFor();
	await phone.page.keyboard.press('Escape');
});

it('[AC7] has on every device, and after a reload, what was typed and not sent', async () => {
	const field = (person: typeof laptop) =>
		person.page.getByRole('textbox', { name: m.composer_label(), exact: true });
	const shows = (person: typeof laptop, text: string) =>
		// They are told half a minute later at most.
		expect.poll(() => field(person).inputValue(), { timeout: 60_000 }).toBe(text);
	await laptop.spaces.open(HARBOUR);
	await phone.spaces.open(HARBOUR);
	await field(laptop).fill('A letter that takes its time');
	await shows(phone, 'A letter that takes its time');
	await laptop.page.reload();
	await shows(laptop, 'A letter that takes its time');
	await field(laptop).fill('');
	await shows(phone, '');
});

it('[MD5] ends a device that was removed: it locks, and nothing is left on it', async () => {
	const { page } = laptop;
	await page.getByRole('button', { name: m.settings(), exact: true }).click();
	await page
		.getByRole('button', { name: m.device_manage({ device: 'Kitchen tablet' }), exact: true })
		.click();
	await page.getByRole('button', { name: m.device_remove_begin(), exact: true }).click();
	await page.getByRole('button', { name: m.device_remove(), exact: true }).click();
	await tablet.page.getByRole('heading', { name: m.removed_title() }).waitFor();
	const left = await tablet.page.evaluate(async () => (await indexedDB.databases()).length);
	expect(left).toBe(0);
	await page.getByText('Kitchen tablet', { exact: true }).waitFor({ state: 'detached' });
	await page.keyboard.press('Escape');
	await bob.chat.send('Without the tablet');
	await phone.chat.has('Without the tablet', 'Bob');
	await laptop.chat.has('Without the tablet', 'Bob');
	await tablet.page.getByRole('button', { name: m.removed_action(), exact: true }).click();
	await tablet.page.getByLabel(m.name_label()).waitFor();
});
