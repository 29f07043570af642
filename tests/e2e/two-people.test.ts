// Two people with a browser each, from the first screen to a message that waited for its reader.
import { expect, it, vi } from 'vitest';
import { keptProfile } from './support/profile.ts';
import { NO_RELAY, TRIES_TLS_FIRST } from './support/complaints.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice', { profile: keptProfile() });
const bob = await story.person('Bob', { profile: keptProfile() });
const HARBOUR = 'Harbour';
/** For what takes its time: a relay noticed, a connection tried again. */
const PATIENT = { timeout: 30_000, interval: 100 };
let link = '';
let sealed: Buffer | undefined;

const bothOnline = async (): Promise<void> => {
	await Promise.all([alice.peers.count(1), bob.peers.count(1)]);
};
const nothingStored = (): Promise<void> =>
	vi.waitFor(async () => {
		expect((await relay.disk()).blocks.length).toBe(0);
	}, PATIENT);

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

it('connects the two directly', async () => {
	await alice.peers.reaches('Bob', m.route_direct());
	await bob.peers.reaches('Alice', m.route_direct());
});

it('stores nothing anywhere while both are there', async () => {
	await nothingStored();
	const { everStored } = await relay.disk();
	for (const n of [1, 2, 3]) {
		await alice.chat.send(`From me ${String(n)}`);
		await bob.chat.has(`From me ${String(n)}`, 'Alice');
		await bob.chat.send(`And back ${String(n)}`);
		await alice.chat.has(`And back ${String(n)}`, 'Bob');
	}
	await alice.chat.delivery('From me 3', m.delivery_all());
	await bob.chat.delivery('And back 3', m.delivery_all());
	expect((await relay.disk()).everStored).toBe(everStored);
});

it('keeps everything over a reload', async () => {
	await Promise.all([alice.page.reload(), bob.page.reload()]);
	await alice.chat.has('Glad to be here', 'Bob');
	await bob.chat.has('Welcome to the pier', 'Alice');
	await bothOnline();
	await alice.peers.reaches('Bob', m.route_direct());
});

it('goes on when the relay dies', async () => {
	alice.expectComplaint(NO_RELAY);
	bob.expectComplaint(NO_RELAY);
	await relay.kill();
	await alice.chat.send('Is the relay gone?');
	await bob.chat.has('Is the relay gone?', 'Alice');
	await bob.chat.send('It is, and I hear you');
	await alice.chat.has('It is, and I hear you', 'Bob');
	await alice.chat.delivery('Is the relay gone?', m.delivery_all());
});

it('finds the relay again by itself', async () => {
	await relay.restart();
	await alice.peers.relayIs(m.relay_connected());
	await bob.peers.relayIs(m.relay_connected());
});

it('leaves a message at the relay, sealed, for who is away', async () => {
	await bob.leave();
	await alice.peers.count(0);
	const before = await relay.disk();
	await alice.chat.send('The tide turns at nine');
	await alice.chat.delivery('The tide turns at nine', m.delivery_stored());
	expect(await alice.chat.explain('The tide turns at nine')).toContain(relay.address);
	const { blocks, bytes, everStored } = await relay.disk();
	expect(blocks).toHaveLength(1);
	expect(everStored).toBe(before.everStored + 1);
	[sealed] = blocks;
	expect(bytes.includes(sealed!)).toBe(true);
	for (const text of ['The tide turns at nine', 'tide', HARBOUR, 'Alice', 'Bob']) {
		expect(bytes.includes(text), `"${text}" on the relay's disk`).toBe(false);
		expect(bytes.includes(Buffer.from(text, 'utf16le'))).toBe(false);
	}
});

it('hands it over when the sender is away as well, and forgets it', async () => {
	await alice.leave();
	await bob.visit(relay.origin);
	await bob.chat.has('The tide turns at nine', 'Alice');
	await vi.waitFor(async () => {
		const { blocks } = await relay.disk();
		expect(blocks.some((block) => block.equals(sealed!))).toBe(false);
		// What waits now is Bob's word that he has it.
		expect(blocks.length).toBe(1);
	}, PATIENT);
});

it('tells the sender who returns', async () => {
	await alice.visit(relay.origin);
	await alice.chat.delivery('The tide turns at nine', m.delivery_all());
	await bothOnline();
	await nothingStored();
});

it('keeps everything over a restart of the browser', async () => {
	await alice.restartBrowser();
	await alice.visit(relay.origin);
	await alice.chat.has('Glad to be here', 'Bob');
	await alice.chat.has('The tide turns at nine');
	await bothOnline();
	await alice.chat.send('Back with a new window');
	await bob.chat.has('Back with a new window', 'Alice');
});
