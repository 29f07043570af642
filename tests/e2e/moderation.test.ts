// Four people: one becomes a Powernode's problem after the other, and every browser does what the ledger says.
import { expect, it, vi } from 'vitest';
import { holds, openedRows, rawBytes } from './support/device-data.ts';
import { TRIES_TLS_FIRST } from './support/complaints.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice');
const bob = await story.person('Bob');
const carol = await story.person('Carol');
const dora = await story.person('Dora');
const HARBOUR = 'Harbour';
const PATIENT = { timeout: 30_000, interval: 100 };
/** A word that nothing else on a device would hold. */
const CANARY = 'canary-7f3c1e9a5b';

/** Waits until none of these devices can read the text any longer, nor anything of it lies there in plain. */
async function nobodyHolds(text: string, people: readonly (typeof alice)[]): Promise<void> {
	for (const { page } of people) {
		await vi.waitFor(async () => {
			expect(holds(await openedRows(page), text)).toBe(false);
		}, PATIENT);
		expect(await rawBytes(page)).not.toContain(text);
	}
}

it('four people meet', async () => {
	await alice.visit(relay.origin);
	await alice.start();
	await alice.spaces.create('community', HARBOUR);
	alice.expectComplaint(TRIES_TLS_FIRST);
	await alice.peers.addRelay(relay.address);
	const link = await alice.spaces.invite();
	for (const person of [bob, carol, dora]) {
		await person.visit(link);
		await person.page.getByLabel(m.name_label()).fill(person.name);
		await person.spaces.accept(HARBOUR);
		await person.spaces.ready(HARBOUR);
	}
	await Promise.all([alice, bob, carol, dora].map((person) => person.peers.count(3)));
	await alice.chat.send('Welcome, all of you');
	for (const person of [bob, carol, dora]) await person.chat.has('Welcome, all of you', 'Alice');
});

it('[AU9] the founder makes a Powernode, and everybody sees it', async () => {
	await alice.moderating.member('Bob', m.menu_grant(), m.act_grant());
	await carol.moderating.logged(m.log_grant({ by: 'Alice', target: 'Bob' }));
	await dora.moderating.logged(m.log_grant({ by: 'Alice', target: 'Bob' }));
});

it('[TB1] a purged message is gone from every device, and from the relay', async () => {
	await dora.chat.send(`Look at this: ${CANARY}`);
	for (const person of [alice, bob, carol]) await person.chat.has(CANARY, 'Dora');
	expect(holds(await openedRows(carol.page), CANARY)).toBe(true);
	await bob.moderating.message(CANARY, 'Dora', m.menu_purge(), m.act_purge(), 'Not here');
	for (const person of [alice, bob, carol, dora]) {
		await person.page.getByRole('log').getByText(m.gone_purged()).waitFor();
		expect(await person.chat.text()).not.toContain(CANARY);
	}
	await nobodyHolds(CANARY, [alice, bob, carol, dora]);
	expect((await relay.disk()).bytes.includes(CANARY)).toBe(false);
});

it('[TB1] who deletes their own words leaves none of them anywhere', async () => {
	await carol.chat.send(`Never mind ${CANARY}`);
	for (const person of [alice, bob, dora]) await person.chat.has(CANARY, 'Carol');
	await carol.moderating.message(CANARY, undefined, m.menu_delete(), m.act_delete());
	for (const person of [alice, bob, carol, dora]) {
		await person.page.getByRole('log').getByText(m.gone_deleted()).waitFor();
	}
	await nobodyHolds(CANARY, [alice, bob, carol, dora]);
});

it('[SH5] who is shadow-banned goes on as before, and nobody else sees or keeps a word', async () => {
	await bob.moderating.member(
		'Dora',
		m.menu_shadow({ name: 'Dora' }),
		m.act_shadow(),
		'Advertises',
	);
	await alice.moderating.logged(m.log_shadow_ban({ by: 'Bob', target: 'Dora' }));
	await carol.moderating.logged(m.log_shadow_ban({ by: 'Bob', target: 'Dora' }));
	await dora.chat.send(`Buy one, get ${CANARY}`);
	await dora.chat.delivery(CANARY, m.delivery_all());
	await carol.chat.send('Anybody there?');
	for (const person of [alice, bob, dora]) await person.chat.has('Anybody there?', 'Carol');
	for (const person of [alice, bob, carol]) {
		expect(await person.chat.text()).not.toContain(CANARY);
		expect(holds(await openedRows(person.page), CANARY)).toBe(false);
	}
	// Nothing on her own device says so.
	await dora.page.reload();
	await dora.spaces.ready(HARBOUR);
	await dora.chat.has(CANARY);
	const hers = await openedRows(dora.page);
	expect(holds(hers, 'Advertises')).toBe(false);
	const log = await dora.moderating.log();
	expect(log).toContain(m.log_grant({ by: 'Alice', target: 'Bob' }));
	expect(log).not.toContain('hadow');
});

it('[BN1] [BN3] who is banned is locked out at once, and what is removed is really gone', async () => {
	await alice.moderating.member(
		'Carol',
		m.menu_ban({ name: 'Carol' }),
		m.act_ban(),
		'Three warnings',
	);
	await carol.moderating.locked(HARBOUR, 'Alice', 'Three warnings');
	await bob.moderating.logged(m.log_ban({ by: 'Alice', target: 'Carol' }));
	await alice.chat.send('Now that she is gone');
	await bob.chat.has('Now that she is gone', 'Alice');
	await carol.page.reload();
	await carol.moderating.locked(HARBOUR, 'Alice', 'Three warnings');
	expect(holds(await openedRows(carol.page), 'Now that she is gone')).toBe(false);
	expect(holds(await openedRows(carol.page), 'Welcome, all of you')).toBe(true);
	await carol.page.getByRole('button', { name: m.banned_remove(), exact: true }).click();
	await vi.waitFor(async () => {
		const rows = await openedRows(carol.page);
		expect(holds(rows, 'Welcome, all of you')).toBe(false);
		for (const table of ['entry', 'control', 'feed', 'key', 'segment', 'log', 'outbox']) {
			expect(rows[table] ?? []).toEqual([]);
		}
	}, PATIENT);
});
