// Somebody writes, and the other one sees it: in the conversation, in the list, and no longer than it lasts. And so with
// their being there.
import { expect, it } from 'vitest';
import { join } from './support/newcomer.ts';
import type { Person } from './support/person.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice');
const bob = await story.person('Bob');
const SPACE = 'Writing desk';
const isWriting = m.typing_one({ name: 'Bob' });

const type = ({ page }: Person, text: string): Promise<void> =>
	page
		.getByRole('textbox', { name: m.composer_label(), exact: true })
		.pressSequentially(text, { delay: 20 });
const sees = ({ page }: Person, state: 'visible' | 'hidden'): Promise<void> =>
	page.getByRole('status').filter({ hasText: isWriting }).waitFor({ state });

/** Whether the page has ever said that somebody writes, from now on. */
async function watchFor({ page }: Person, name: string): Promise<() => Promise<boolean>> {
	await page.evaluate((words) => {
		const look = (): void => {
			if (document.body.innerText.includes(words)) document.body.dataset['seen'] = 'yes';
		};
		new MutationObserver(look).observe(document.body, {
			...{ subtree: true, childList: true, characterData: true },
		});
	}, m.typing_one({ name }));
	return () => page.evaluate(() => document.body.dataset['seen'] === 'yes');
}

it('[TY1] [TY2] is seen while it lasts, and nothing of it is stored', async () => {
	await alice.visit(relay.origin);
	await alice.start();
	await alice.spaces.create('community', SPACE);
	await alice.peers.addRelay(`ws://${relay.address}`);
	await join(bob, await alice.spaces.invite(), SPACE);
	await alice.chat.send('Anybody there?');
	await bob.chat.has('Anybody there?', 'Alice');
	await type(bob, 'Yes');
	await sees(alice, 'visible');
	await alice.page.getByRole('button', { name: SPACE }).filter({ hasText: isWriting }).waitFor();
	await sees(alice, 'hidden');
	await type(bob, ', here');
	await sees(alice, 'visible');
	await bob.page.keyboard.press('Enter');
	await alice.chat.has('Yes, here', 'Bob');
	await sees(alice, 'hidden');
});

it('[TY4] is not seen by who does not want it, on either side', async () => {
	const { page } = alice;
	await page.getByRole('button', { name: m.settings(), exact: true }).click();
	const settings = page.getByRole('dialog', { name: m.settings() });
	await settings.getByRole('checkbox', { name: m.typing_setting() }).setChecked(false);
	await settings.getByRole('button', { name: m.close() }).click();
	const [seenByAlice, seenByBob] = [await watchFor(alice, 'Bob'), await watchFor(bob, 'Alice')];
	await type(bob, 'Unseen');
	await bob.page.keyboard.press('Enter');
	await alice.chat.has('Unseen', 'Bob');
	await type(alice, 'Unseen too');
	await page.keyboard.press('Enter');
	await bob.chat.has('Unseen too', 'Alice');
	expect([await seenByAlice(), await seenByBob()]).toEqual([false, false]);
});

it('[ON1] [ON2] being there is shown, and not of nor to who does not want it', async () => {
	const open = ({ page }: Person): Promise<void> =>
		page.getByRole('button', { name: m.show_members(), exact: true }).click();
	const lists = ({ page }: Person, title: string, count: number): Promise<void> =>
		page.getByRole('heading', { name: `${title} · ${count}`, exact: true }).waitFor();
	await open(bob);
	await lists(bob, m.members_online(), 2);
	const { page } = alice;
	await page.getByRole('button', { name: m.settings(), exact: true }).click();
	const settings = page.getByRole('dialog', { name: m.settings() });
	await settings.getByRole('checkbox', { name: m.presence_setting() }).setChecked(false);
	await settings.getByRole('button', { name: m.close() }).click();
	await lists(bob, m.members_offline(), 1);
	await open(alice);
	await lists(alice, m.members_offline(), 1);
});
