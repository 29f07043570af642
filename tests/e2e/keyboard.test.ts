// Somebody without a mouse starts, makes a space, invites, writes, and moderates.
import { expect, it } from 'vitest';
import { TRIES_TLS_FIRST } from './support/complaints.ts';
import { createKeyboard } from './support/keyboard.ts';
import { join } from './support/newcomer.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const HARBOUR = 'Harbour';
const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice');
const bob = await story.person('Bob');
const keys = createKeyboard(() => alice.page);

const button = (name: string | RegExp) =>
	alice.page
		.getByRole('button', { name, exact: typeof name === 'string' })
		.filter({ visible: true })
		.first();
const inDialog = (title: string | RegExp) => alice.page.getByRole('dialog', { name: title });
const composer = () => alice.page.getByRole('textbox', { name: m.composer_label(), exact: true });

it('[KB1] starts and makes a space', async () => {
	await alice.visit(relay.origin);
	await keys.isAt(alice.page.getByLabel(m.name_label()));
	await keys.type('Alice');
	await keys.press('Enter');
	await keys.enter(button(m.create_community()));
	await keys.isAt(inDialog(m.create_title()).getByLabel(m.create_name_label(), { exact: true }));
	await keys.type(HARBOUR);
	await keys.press('Enter');
	await alice.page.getByRole('heading', { level: 1, name: HARBOUR }).waitFor();
});

it('[KB1] adds a relay, and comes back to where it was', async () => {
	alice.expectComplaint(TRIES_TLS_FIRST);
	const peers = button(/Peer/);
	await keys.enter(peers);
	await keys.reach(inDialog(m.peers_title()).getByLabel(m.override_label()));
	await keys.type(relay.address);
	await keys.press('Enter');
	await alice.page.getByText(m.relay_added()).waitFor();
	await keys.press('Escape');
	await keys.isAt(peers);
});

it('[KB1] invites, and writes to who came', async () => {
	await keys.enter(button(m.show_members()));
	await keys.enter(button(m.invite()));
	const field = alice.page.getByLabel(m.invite_link(), { exact: true });
	const link = await field.inputValue();
	await keys.press('Escape');
	await keys.isAt(button(m.invite()));
	await join(bob, link, HARBOUR);
	await keys.reach(composer());
	await keys.type('Hello from the keys');
	await keys.press('Enter');
	await bob.chat.has('Hello from the keys', 'Alice');
	await bob.chat.send('Hello back');
	await alice.chat.has('Hello back', 'Bob');
});

it('[KB1] purges what somebody wrote, and bans them', async () => {
	await keys.reach(alice.page.getByRole('log'));
	await keys.press('ArrowUp');
	const message = alice.page.getByRole('article').filter({ hasText: 'Hello back' });
	await keys.isAt(message);
	await keys.enter(message.getByRole('button', { name: m.more_actions() }));
	const purge = alice.page.getByRole('menuitem', { name: m.menu_purge(), exact: true });
	await purge.waitFor();
	while (!(await purge.evaluate((item) => item === document.activeElement))) {
		await keys.press('ArrowDown');
	}
	await keys.press('Enter');
	const dialog = alice.page.getByRole('dialog').filter({ visible: true });
	await keys.enter(dialog.getByRole('button', { name: m.act_purge(), exact: true }));
	await bob.page.getByRole('log').getByText(m.gone_purged()).waitFor();
	await dialog.waitFor({ state: 'detached' });
	// Nobody is left without a place to be.
	expect(await alice.page.evaluate(() => document.activeElement !== document.body)).toBe(true);

	await keys.enter(button(m.member_actions({ name: 'Bob' })));
	await keys.press('End', 'Enter');
	await keys.enter(dialog.getByRole('button', { name: m.act_ban(), exact: true }));
	await bob.page.getByRole('heading', { name: m.banned_title({ name: HARBOUR }) }).waitFor();
});
