// Messages that disappear, on every device of two people, while the app is open and its machine sleeps.
import { expect, it, vi } from 'vitest';
import { holds, openedRows, rawBytes } from './support/device-data.ts';
import { link } from './support/linking.ts';
import { found, join } from './support/newcomer.ts';
import type { Person } from './support/person.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const HARBOUR = 'Harbour';
/** A word that nothing else on a device would hold. */
const CANARY = 'canary-5e91d07a2c';
const HOUR = 3_600_000;
const PATIENT = { timeout: 40_000, interval: 200 };

/** As a machine sleeps: its clock goes on, and timers stand still. */
function sleeper(): void {
	const now = Date.now.bind(Date);
	let slept = 0;
	Date.now = () => now() + slept;
	Object.assign(window, { sleep: (ms: number) => (slept += ms) });
}

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice', { prepare: sleeper });
const bob = await story.person('Bob', { prepare: sleeper });
const phone = await story.person('Bob', { prepare: sleeper });
const everybody = [alice, bob, phone];

const sleep = ({ page }: Person, ms: number): Promise<void> =>
	page.evaluate((time) => {
		(window as unknown as { sleep(ms: number): void }).sleep(time);
	}, ms);
const messageKeys = async ({ page }: Person): Promise<readonly string[]> =>
	(await openedRows(page))['message-key'] ?? [];
/** Kept since; a key is 32 random bytes. */
async function newKeys(person: Person, before: readonly string[]): Promise<readonly string[]> {
	const keys = await messageKeys(person);
	return keys.filter((key) => key.length >= 32 && !before.includes(key));
}

it('[DM1] sets a timer, and everybody is told', async () => {
	const invitation = await found(alice, relay, HARBOUR);
	await join(bob, invitation, HARBOUR);
	await link(bob, phone, relay.origin);
	await phone.spaces.open(HARBOUR);
	await phone.spaces.ready(HARBOUR);
	const { page } = alice;
	await page.getByRole('button', { name: m.show_members(), exact: true }).click();
	await page.getByRole('button', { name: new RegExp(`^${m.timer_title()}`) }).click();
	const dialog = page.getByRole('dialog', { name: m.timer_title() });
	await dialog.getByRole('combobox').selectOption('3600');
	await dialog.getByRole('button', { name: m.save(), exact: true }).click();
	await dialog.waitFor({ state: 'detached' });
	await page.getByRole('button', { name: m.show_members(), exact: true }).click();
	for (const person of everybody) {
		await person.page.getByText(m.timer_hint({ time: '1 hour' })).waitFor();
	}
});

it('[DM3] leaves neither words nor keys anywhere, on any device, after a sleep and without a restart', async () => {
	await alice.chat.send('This one stays for an hour as well');
	for (const person of [bob, phone]) await person.chat.has('stays for an hour', 'Alice');
	const before = await Promise.all(everybody.map(messageKeys));
	await alice.chat.send(`Gone in an hour: ${CANARY}`);
	for (const person of [bob, phone]) await person.chat.has(CANARY, 'Alice');
	const keys = await Promise.all(everybody.map((person, n) => newKeys(person, before[n] ?? [])));
	expect(keys.every((each) => each.length > 0)).toBe(true);
	for (const { page } of everybody) expect(holds(await openedRows(page), CANARY)).toBe(true);
	// Somebody is about to answer it.
	const message = bob.page.getByRole('log').getByRole('article').filter({ hasText: CANARY });
	await message.hover();
	await message.getByRole('button', { name: m.message_reply(), exact: true }).click();
	await bob.page.getByRole('textbox', { name: m.composer_label(), exact: true }).fill('Really?');

	for (const person of everybody) await sleep(person, HOUR + 60_000);
	for (const [n, { page }] of everybody.entries()) {
		await vi.waitFor(async () => {
			expect(await page.content()).not.toContain(CANARY);
			const rows = await openedRows(page);
			expect(holds(rows, CANARY)).toBe(false);
			for (const key of keys[n] ?? []) expect(holds(rows, key)).toBe(false);
		}, PATIENT);
		expect(await rawBytes(page)).not.toContain(CANARY);
	}
	expect((await relay.disk()).bytes.includes(CANARY)).toBe(false);
	// The answer is still there, to nothing in particular.
	const field = bob.page.getByRole('textbox', { name: m.composer_label(), exact: true });
	expect(await field.inputValue()).toBe('Really?');
});

it('[DM3] stays gone after a restart, and people go on', async () => {
	for (const person of everybody) {
		expect(await person.chat.text()).not.toContain('stays for an hour');
	}
	await bob.chat.send('What was it?');
	await alice.chat.has('What was it?', 'Bob');
	await phone.chat.has('What was it?');
	await bob.page.reload();
	await bob.spaces.ready(HARBOUR);
	expect(await bob.page.content()).not.toContain(CANARY);
	expect(holds(await openedRows(bob.page), CANARY)).toBe(false);
});
