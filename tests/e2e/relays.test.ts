// Which relays are asked: those that the person added, and no other, not even the one that served the page.
import { expect, it } from 'vitest';
import { join } from './support/newcomer.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const story = tellStory();
const [host, relay] = await Promise.all([story.relay(), story.relay()]);
const alice = await story.person('Alice');
const bob = await story.person('Bob');
const carol = await story.person('Carol');
const dora = await story.person('Dora');
const erin = await story.person('Erin');
const pageOnly = new URL(host.origin).host;

it('offers the relay that served the page, and does not use it', async () => {
	await alice.visit(host.origin);
	await alice.start();
	await alice.peers.shows(m.relay_offered_title({ host: pageOnly }));
	expect(alice.socketsTo()).toEqual([]);
});

it('uses the one that was added, which an invitation takes along', async () => {
	await alice.spaces.create('community', 'Library');
	await alice.peers.addRelay(`ws://${relay.address}`);
	await join(bob, await alice.spaces.invite(), 'Library');
	await alice.chat.send('Quiet, please');
	await bob.chat.has('Quiet, please', 'Alice');
	for (const person of [alice, bob]) {
		expect(new Set(person.socketsTo())).toEqual(new Set([relay.address]));
		expect(person.requestsElsewhere([pageOnly, relay.address])).toEqual([]);
	}
});

it('adds the offered one on request, by one press', async () => {
	await alice.peers.acceptOffered();
	expect(new Set(alice.socketsTo())).toEqual(new Set([relay.address, pageOnly]));
});

it('adds a relay by its link, which opens the app', async () => {
	const link = await alice.peers.relayLink(relay.address);
	const page = await carol.visit(link);
	await page.getByText(m.relay_link_waits()).waitFor();
	expect(await page.evaluate(() => location.href)).toBe(`${host.origin}/`);
	await carol.start();
	const panel = page.getByRole('dialog', { name: m.peers_title() });
	await panel.getByRole('button', { name: m.override_action(), exact: true }).click();
	await panel.getByText(m.relay_added()).waitFor();
	await panel.getByRole('button', { name: m.close() }).click();
	expect(new Set(carol.socketsTo())).toEqual(new Set([relay.address]));
});

it('invites nobody to nowhere, and adds the offered relay where it is missed', async () => {
	await dora.visit(host.origin);
	await dora.start();
	await dora.spaces.create('community', 'Shed');
	await dora.page.getByRole('button', { name: m.invite(), exact: true }).first().click();
	const dialog = dora.page.getByRole('dialog', { name: m.invite_title({ name: 'Shed' }) });
	await dialog.getByText(m.invite_nowhere()).waitFor();
	expect(await dialog.getByLabel(m.invite_link()).count()).toBe(0);
	await dialog.getByRole('button', { name: m.add(), exact: true }).click();
	const link = dialog.getByLabel(m.invite_link(), { exact: true });
	await link.waitFor();
	await dialog.getByText(m.invite_unreachable_title()).waitFor({ state: 'detached' });
	await join(erin, await link.inputValue(), 'Shed');
});

it('lets go of a relay that is removed', async () => {
	await carol.peers.removeRelay(relay.address);
	const before = carol.socketsTo().length;
	await carol.page.reload();
	await carol.peers.shows(m.relays_none());
	expect(carol.socketsTo()).toHaveLength(before);
});
