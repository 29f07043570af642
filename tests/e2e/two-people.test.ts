// Two people with a browser each, from the first screen to a message that waited for its reader.
import { expect, it } from 'vitest';
import { keptProfile } from './support/profile.ts';
import { TRIES_TLS_FIRST } from './support/complaints.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice', { profile: keptProfile() });
const bob = await story.person('Bob', { profile: keptProfile() });
const HARBOUR = 'Harbour';
let link = '';

const bothOnline = async (): Promise<void> => {
	await Promise.all([alice.peers.count(1), bob.peers.count(1)]);
};

it('starts with a name, and knows nobody', async () => {
	await alice.visit(relay.origin);
	await alice.start();
	await alice.spaces.create('community', HARBOUR);
	await alice.peers.count(0);
	await alice.peers.shows(m.relays_none());
});

it('reaches a relay by Manual Override', async () => {
	alice.expectComplaint(TRIES_TLS_FIRST);
	await alice.peers.addRelay(relay.address);
	link = await alice.spaces.invite();
	expect(link).toMatch(new RegExp(`^${relay.origin}/#/join/[\\w-]+$`));
});

it('[IN1] shows an invitation, and takes its secret out of the address', async () => {
	const page = await bob.visit(link);
	await page.getByRole('heading', { level: 1, name: HARBOUR }).waitFor();
	expect(page.url()).toBe(`${relay.origin}/`);
	expect(await page.evaluate(() => location.href)).toBe(`${relay.origin}/`);
	await page.getByText(m.join_invited_by({ name: 'Alice' })).waitFor();
	await page.getByText(m.join_relays({ hosts: relay.address })).waitFor();
	const mark = page.getByRole('group', { name: m.join_inviter_mark({ name: 'Alice' }) });
	const shown = (await mark.textContent())?.replaceAll(/\s/g, '') ?? '';
	expect(shown).toMatch(/^[0-9a-f]{32}$/);
	expect(await alice.rootHash()).toMatch(new RegExp(`^${shown}`));
});

it('lets in who accepts, and messages go both ways', async () => {
	await bob.page.getByLabel(m.name_label()).fill('Bob');
	await bob.spaces.accept(HARBOUR);
	await bob.spaces.ready(HARBOUR);
	await bothOnline();
	await alice.chat.send('Welcome to the pier');
	await bob.chat.has('Welcome to the pier', 'Alice');
	await bob.chat.send('Glad to be here');
	await alice.chat.has('Glad to be here', 'Bob');
	await alice.chat.delivery('Welcome to the pier', m.delivery_all());
	await bob.chat.delivery('Glad to be here', m.delivery_all());
});
