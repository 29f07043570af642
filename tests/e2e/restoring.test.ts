// Losing a browser's data, and coming back: by a backup file, by the recovery phrase alone, by keys that were left.
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { countAsking, virtualAuthenticator } from './support/authenticator.ts';
import { holds, openedRows, spoilRows } from './support/device-data.ts';
import { createLocks } from './support/locks.ts';
import { found, join } from './support/newcomer.ts';
import type { Person } from './support/person.ts';
import { bringBack, evict, giveFile, holdFiles, saveBackup, wipe } from './support/restoring.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const HARBOUR = 'Harbour';
const PASSPHRASE = 'seven quiet lamps at noon';

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice', { prepare: withoutFilePicker });
const bob = await story.person('Bob', { prepare: withoutFilePicker });
const locksOf = (person: Person) => createLocks(() => person.page);

let invitation = '';
let rootHash = '';
let words = '';
let backup: Buffer;
let ofBob: Buffer;

/** Nobody is there to say where a file goes: it becomes a download. */
function withoutFilePicker(): void {
	delete (window as { showSaveFilePicker?: unknown }).showSaveFilePicker;
}

const databases = (person: Person) =>
	person.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));

it('[BK5] writes a backup that holds nothing readable', async () => {
	invitation = await found(alice, relay, HARBOUR);
	await join(bob, invitation, HARBOUR);
	await alice.chat.send('the pump is in the shed');
	await bob.chat.has('the pump is in the shed', 'Alice');
	await bob.chat.send('then I bring the hose');
	await alice.chat.has('then I bring the hose', 'Bob');
	rootHash = await alice.rootHash();
	words = (await locksOf(alice).phrase()).join(' ');
	backup = await readFile(await saveBackup(alice));
	ofBob = await readFile(await saveBackup(bob));
	expect(backup.length).toBeGreaterThan(1000);
	for (const text of ['pump', 'Harbour', 'Alice']) expect(backup.includes(text)).toBe(false);
	await locksOf(alice).closeSettings();
	await locksOf(bob).closeSettings();
});

it('[BK6] says in the settings what is wrong with a file, and changes nothing', async () => {
	const before = await openedRows(alice.page);
	const settings = await locksOf(alice).settings();
	const input = settings.locator('input[type=file]');
	const damaged = Buffer.from(backup);
	damaged[damaged.length - 40]! ^= 1;
	for (const [file, problem] of [
		[Buffer.from('a shopping list'), m.backup_error_not()],
		[ofBob, m.backup_error_phrase()],
		[damaged, m.backup_error_damaged()],
		[backup.subarray(0, backup.length - 100), m.backup_error_damaged()],
	] as const) {
		await giveFile(input, file);
		await settings.getByRole('alert').filter({ hasText: problem }).waitFor();
	}
	expect(await openedRows(alice.page)).toEqual(before);
	await giveFile(input, backup);
	await settings.getByText(m.backup_restored({ count: 1 })).waitFor();
});

it('[BK6] stops in the middle when told to, and says so of a file that has gone', async () => {
	const before = await openedRows(alice.page);
	const settings = await locksOf(alice).settings();
	const input = settings.locator('input[type=file]');
	const goOn = await holdFiles(alice, 'slow');
	await giveFile(input, backup);
	await settings.getByRole('progressbar', { name: m.backup_progress() }).waitFor();
	await settings.getByRole('button', { name: m.cancel(), exact: true }).click();
	await goOn();
	await settings.getByRole('alert').filter({ hasText: m.backup_error_cancelled() }).waitFor();
	const giveBack = await holdFiles(alice, 'unreadable');
	await giveFile(input, backup);
	await settings.getByRole('alert').filter({ hasText: m.backup_error_unreadable() }).waitFor();
	await giveBack();
	expect(await openedRows(alice.page)).toEqual(before);
});

it('[BK6] makes nobody of a file that is no good on the first screen', async () => {
	await wipe(alice);
	for (const [file, problem] of [
		[ofBob, m.backup_error_phrase()],
		[backup.subarray(0, backup.length - 100), m.backup_error_damaged()],
	] as const) {
		await bringBack(alice, words, file);
		await alice.page.getByRole('alert').filter({ hasText: problem }).waitFor();
		expect(await databases(alice)).not.toContain('aegis');
		await alice.page.reload();
		await alice.page.getByLabel(m.name_label()).waitFor();
	}
});

it('[BK6] leaves everything as it was when it is stopped on the first screen', async () => {
	const { page } = alice;
	const goOn = await holdFiles(alice, 'slow');
	await bringBack(alice, words, backup);
	await page.getByRole('progressbar', { name: m.backup_progress() }).waitFor();
	await page.getByRole('button', { name: m.cancel(), exact: true }).click();
	await goOn();
	await page.getByRole('button', { name: m.back(), exact: true }).waitFor();
	expect(await databases(alice)).not.toContain('aegis');
	expect(await page.getByLabel(m.restore_words()).inputValue()).toBe(words);
	await page.reload();
	await page.getByLabel(m.name_label()).waitFor();
});

it('[BK3] [ID9] has the history back from phrase and file, with nobody there to ask', async () => {
	await bob.leave();
	await bringBack(alice, words, backup);
	await alice.spaces.open(HARBOUR);
	await alice.chat.has('the pump is in the shed');
	await alice.chat.has('then I bring the hose', 'Bob');
	await alice.page.getByText(m.no_writing_history()).waitFor();
	expect(await alice.rootHash()).toBe(rootHash);
});

it('[RT3] lets her go on in the same space once somebody is there', async () => {
	await bob.visit(relay.origin);
	await bob.spaces.open(HARBOUR);
	await alice.spaces.ready(HARBOUR);
	await alice.chat.send('back with a new disk');
	await bob.chat.has('back with a new disk', 'Alice');
	await bob.chat.send('good to have you');
	await alice.chat.has('good to have you', 'Bob');
	expect((await alice.chat.text()).split('the pump is in the shed')).toHaveLength(2);
});

it('[EV1] [RT2] says that everything was deleted, makes nobody else, and finds spaces by the phrase alone', async () => {
	await evict(alice, relay.origin, ['aegis', 'aegis-keys']);
	await alice.page.getByText(m.lost_title()).waitFor();
	await alice.page.getByText(m.lost_everything()).waitFor();
	for (const way of [m.restore_link(), m.link_this_link()]) {
		expect(await alice.page.getByRole('button', { name: way, exact: true }).isVisible()).toBe(true);
	}
	expect(await databases(alice)).not.toContain('aegis');
	await bringBack(alice, words);
	await alice.page.getByText(m.coming_back_relay()).waitFor();
	await alice.peers.addRelay(`ws://${relay.address}`);
	await alice.page.getByText(m.coming_back_found({ count: 1 })).waitFor();
	expect(await alice.rootHash()).toBe(rootHash);
	await alice.spaces.open(HARBOUR);
	await alice.spaces.ready(HARBOUR);
	await alice.chat.send('by 24 words');
	await bob.chat.has('by 24 words', 'Alice');
	await bob.chat.send('welcome again');
	await alice.chat.has('welcome again', 'Bob');
	expect(holds(await openedRows(alice.page), 'welcome again')).toBe(true);
});

it('[EV3] shows the phrase for the passphrase alone, where there is one', async () => {
	const locks = locksOf(alice);
	await locks.setPassphrase(PASSPHRASE);
	await alice.page.getByText(m.security_asked()).waitFor();
	const settings = await locks.settings();
	await settings.getByRole('button', { name: m.security_phrase_show(), exact: true }).click();
	const dialog = alice.page.getByRole('dialog', { name: m.security_phrase() });
	expect(await dialog.getByRole('button', { name: m.phrase_show() }).count()).toBe(0);
	const field = dialog.getByLabel(m.passphrase_current(), { exact: true });
	const show = dialog.getByRole('button', { name: m.security_phrase_show(), exact: true });
	await field.fill('another one');
	await show.click();
	await dialog.getByText(m.security_error_wrong()).waitFor();
	expect(await dialog.getByRole('listitem').count()).toBe(0);
	await field.fill(PASSPHRASE);
	await show.click();
	const shown = dialog.getByRole('listitem');
	await shown.nth(23).waitFor();
	const texts = await shown.allTextContents();
	expect(texts.map((text) => text.replace(/^\d+/, '')).join(' ')).toBe(words);
	await dialog.getByRole('button', { name: m.close(), exact: true }).click();
	await locks.closeSettings();
});

it('[EV2] goes on by keys that were left, behind their passphrase as before', async () => {
	const { page } = alice;
	const locks = locksOf(alice);
	await evict(alice, relay.origin, ['aegis']);
	await locks.locked();
	await locks.tryPassphrase(PASSPHRASE);
	await page.getByText(m.lost_all_but_keys()).waitFor();
	await page.getByLabel(m.name_label()).fill(alice.name);
	await page.getByRole('button', { name: m.lost_go_on(), exact: true }).click();
	await alice.peers.addRelay(`ws://${relay.address}`);
	await alice.spaces.open(HARBOUR);
	await alice.spaces.ready(HARBOUR);
	await alice.chat.send('third disk this year');
	await bob.chat.has('third disk this year', 'Alice');
	expect(await alice.rootHash()).toBe(rootHash);
	await page.reload();
	await locks.locked();
	await locks.tryPassphrase(PASSPHRASE);
	await alice.chat.has('third disk this year');
});

it('[EV2] goes on by a passkey, which is asked for once', async () => {
	const { page } = alice;
	const locks = locksOf(alice);
	await virtualAuthenticator(page);
	const settings = await locks.settings();
	await settings.getByRole('button', { name: m.security_passkey_add(), exact: true }).click();
	await settings.getByText(m.security_passkeys({ count: 1 })).waitFor();
	await locks.closeSettings();
	await evict(alice, relay.origin, ['aegis']);
	await locks.locked();
	const asked = await countAsking(page);
	await page.getByRole('button', { name: m.unlock_passkey(), exact: true }).click();
	await page.getByText(m.lost_all_but_keys()).waitFor();
	await page.getByLabel(m.name_label()).fill(alice.name);
	await page.getByRole('button', { name: m.lost_go_on(), exact: true }).click();
	await alice.peers.addRelay(`ws://${relay.address}`);
	await alice.spaces.open(HARBOUR);
	await alice.spaces.ready(HARBOUR);
	expect(await asked()).toBe(1);
	expect(await alice.rootHash()).toBe(rootHash);
});

it('[AT14] makes a damaged log anew', async () => {
	const { page } = bob;
	await spoilRows(page, 'log');
	await spoilRows(page, 'segment');
	await page.reload();
	await bob.spaces.open(HARBOUR);
	await bob.chat.has('third disk this year', 'Alice');
	await page.reload();
	await bob.spaces.open(HARBOUR);
	await bob.chat.has('third disk this year', 'Alice');
});

it('[EP10] keeps a space shut whose keys can’t be read, until its person takes it off the device', async () => {
	const { page } = bob;
	await spoilRows(page, 'key');
	await page.reload();
	await bob.spaces.open(m.space_unreadable_name());
	await page.getByText(m.space_unreadable_text()).waitFor();
	expect(Object.keys(await openedRows(page))).toContain('entry');
	const remove = page.getByRole('button', { name: m.space_unreadable_remove(), exact: true });
	await remove.click();
	await page.getByRole('button', { name: m.cancel(), exact: true }).click();
	await remove.click();
	const sure = page.getByRole('button', { name: m.space_unreadable_sure_action(), exact: true });
	await sure.click();
	await bob.spaces.has([]);
	expect(Object.keys(await openedRows(page))).not.toContain('entry');
	await page.reload();
	await bob.spaces.has([]);
	await bob.spaces.paste(await alice.spaces.invite());
	await bob.spaces.accept(HARBOUR);
	await bob.spaces.ready(HARBOUR);
	await bob.chat.send('with new keys');
	await alice.chat.has('with new keys', 'Bob');
});
