// Keys behind a passphrase, a passkey and 24 words, in a real browser: what opens them, what doesn't, what lies there.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { wordsIn, seedOf } from '#lib/crypto/recovery-phrase.ts';
import { toBase64Url, toHex } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import { virtualAuthenticator } from './support/authenticator.ts';
import { rawBytes } from './support/device-data.ts';
import { createLocks, type Locks } from './support/locks.ts';
import { createPerson, type Person } from './support/person.ts';
import { closeSharedBrowser, keptProfile, sharedProfile } from './support/profile.ts';
import { startRelay } from './support/relay.ts';
import { m } from './support/words.ts';

const PASSPHRASE = 'seven quiet lamps at noon';
const OTHER = 'nine loud bells by night';

let relay: Awaited<ReturnType<typeof startRelay>>;
const endings: (() => Promise<void>)[] = [];
beforeAll(async () => {
	relay = await startRelay();
});
afterEach(async () => {
	for (const end of endings.splice(0).reverse()) await end();
});
afterAll(async () => {
	await closeSharedBrowser();
	await relay.remove();
});

interface Owner extends Person {
	readonly locks: Locks;
}

async function owner(name: string, profile = sharedProfile()): Promise<Owner> {
	const person = await createPerson(name, profile);
	endings.push(() => person.remove());
	return Object.assign(person, { locks: createLocks(() => person.page) });
}

/** Somebody new, past the first screen. */
async function started(name: string, profile = sharedProfile()): Promise<Owner> {
	const person = await owner(name, profile);
	await person.visit(relay.origin);
	await person.start();
	return person;
}

const inside = ({ page, name }: Owner): Promise<void> =>
	page
		.getByRole('heading', { name: m.home_title({ name }) })
		.filter({ visible: true })
		.waitFor();

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

it('[AT7] asks for the passphrase at the next start, and opens with it and nothing else', async () => {
	const alice = await started('Alice');
	const before = await alice.rootHash();
	await alice.locks.setPassphrase(PASSPHRASE);
	await alice.page.getByText(m.security_asked()).waitFor();
	await alice.page.reload();
	await alice.locks.locked();

	await alice.locks.tryPassphrase(OTHER);
	await alice.page.getByText(m.unlock_wrong()).waitFor();
	await button(alice.page, m.unlock_action()).and(alice.page.locator(':enabled')).waitFor();

	await alice.page.getByLabel(m.unlock_passphrase(), { exact: true }).fill(PASSPHRASE);
	const took = await alice.page.evaluate(async (label) => {
		const action = [...document.querySelectorAll('button')].find(
			({ textContent }) => textContent?.trim() === label,
		);
		const begun = performance.now();
		action?.click();
		while (document.querySelector('input[type=password]') !== null) {
			await new Promise(requestAnimationFrame);
		}
		return performance.now() - begun;
	}, m.unlock_action());
	await inside(alice);
	console.log(`unlocked in ${took.toFixed(0)} ms`);
	expect(await alice.rootHash()).toBe(before);
	expect(alice.newComplaints()).toEqual([]);
});

it('[AT11] makes wrong passphrases wait, twice as long each time, over a reload', async () => {
	const alice = await started('Alice');
	await alice.locks.setPassphrase(PASSPHRASE);
	await alice.page.getByText(m.security_asked()).waitFor();
	await alice.page.clock.install();
	await alice.page.reload();
	await alice.locks.locked();
	for (const [n, seconds] of [1, 2, 4].entries()) {
		await alice.page.clock.fastForward(n === 0 ? 0 : 5000);
		await button(alice.page, m.unlock_action()).and(alice.page.locator(':enabled')).waitFor();
		await alice.page.clock.pauseAt(new Date(Date.now() + (n + 1) * 3_600_000));
		await alice.locks.tryPassphrase(OTHER);
		const wait = m.unlock_wait({ time: m.unlock_seconds({ count: seconds }) });
		await alice.page.getByText(wait).waitFor();
	}
	await alice.page.reload();
	await alice.locks.locked();
	expect(await button(alice.page, m.unlock_action()).isDisabled()).toBe(true);
	await alice.page.clock.runFor(5000);
	await alice.locks.tryPassphrase(PASSPHRASE);
	await inside(alice);
});

it('[AT7] opens with a changed passphrase and no longer with the one before', async () => {
	const alice = await started('Alice');
	await alice.locks.setPassphrase(PASSPHRASE);
	await alice.page.getByText(m.security_asked()).waitFor();
	await alice.locks.setPassphrase(OTHER, { current: 'not the present one' });
	await alice.page.getByText(m.security_error_wrong()).waitFor();
	const dialog = alice.page.getByRole('dialog', { name: m.security_change() });
	await dialog.getByLabel(m.passphrase_current()).fill(PASSPHRASE);
	await dialog.getByRole('button', { name: m.passphrase_save() }).click();
	await dialog.waitFor({ state: 'detached' });
	await alice.page.reload();
	await alice.locks.locked();
	await alice.locks.tryPassphrase(PASSPHRASE);
	await alice.page.getByText(m.unlock_wrong()).waitFor();
	await button(alice.page, m.unlock_action()).and(alice.page.locator(':enabled')).waitFor();
	await alice.locks.tryPassphrase(OTHER);
	await inside(alice);
});

it('[AT10] opens by itself again once the passphrase is removed, and says no weak one is enough', async () => {
	const alice = await started('Alice');
	await (await alice.locks.settings()).getByRole('button', { name: m.security_set() }).click();
	const dialog = alice.page.getByRole('dialog', { name: m.security_set() });
	const save = dialog.getByRole('button', { name: m.passphrase_save() });
	for (const weak of ['short', 'password1', 'Alice1990']) {
		await dialog.getByLabel(m.passphrase_new()).fill(weak);
		await dialog.getByRole('meter').waitFor();
		expect(await save.isDisabled(), weak).toBe(true);
	}
	await dialog.getByRole('button', { name: m.cancel() }).click();
	await alice.locks.setPassphrase(PASSPHRASE);
	await alice.page.getByText(m.security_asked()).waitFor();
	await button(alice.page, m.security_remove()).click();
	const settings = await alice.locks.settings();
	await settings.getByLabel(m.passphrase_current(), { exact: true }).fill('another one');
	await settings.getByRole('button', { name: m.security_remove_now() }).click();
	await settings.getByText(m.security_error_wrong()).waitFor();
	await settings.getByLabel(m.passphrase_current(), { exact: true }).fill(PASSPHRASE);
	await settings.getByRole('button', { name: m.security_remove_now() }).click();
	await alice.page.getByText(m.security_open()).waitFor();
	await alice.page.reload();
	await inside(alice);
});

it('[AT9] opens with a passkey, which is never the only way in', async () => {
	const alice = await started('Alice');
	await virtualAuthenticator(alice.page);
	const settings = await alice.locks.settings();
	await settings.getByRole('button', { name: m.security_set() }).waitFor();
	expect(await settings.getByRole('button', { name: m.security_passkey_add() }).count()).toBe(0);
	await alice.locks.setPassphrase(PASSPHRASE);
	await settings.getByText(m.security_asked()).waitFor();
	await settings.getByRole('button', { name: m.security_passkey_add() }).click();
	await settings.getByText(m.security_passkeys({ count: 1 })).waitFor();
	await alice.page.reload();
	await alice.locks.locked();
	await button(alice.page, m.unlock_passkey()).click();
	await inside(alice);
	await alice.locks.settings();
	await button(alice.page, m.security_passkey_remove()).click();
	await alice.page.getByText(m.security_passkeys({ count: 1 })).waitFor({ state: 'detached' });
	await alice.page.reload();
	await alice.locks.locked();
	expect(await button(alice.page, m.unlock_passkey()).count()).toBe(0);
	expect(alice.newComplaints()).toEqual([]);
});

it('[AT12] locks now, by button and by keys, and only once it would ask', async () => {
	const alice = await started('Alice');
	const settings = await alice.locks.settings();
	const lock = settings.getByRole('button', { name: m.security_lock_now() });
	expect(await lock.isDisabled()).toBe(true);
	await settings.getByText(m.security_lock_why()).waitFor();
	await alice.locks.setPassphrase(PASSPHRASE, { askAtStart: false });
	await settings.getByText(m.security_optional()).waitFor();
	expect(await lock.isDisabled()).toBe(true);
	await settings.getByLabel(m.security_ask()).check();
	await settings.getByText(m.security_asked()).waitFor();
	await lock.click();
	await alice.locks.locked();
	await alice.locks.tryPassphrase(PASSPHRASE);
	await inside(alice);
	// Still a messenger that works.
	await alice.spaces.create('community', 'Harbour');
	await alice.page.keyboard.press('Control+Shift+L');
	await alice.locks.locked();
	expect(await alice.page.content()).not.toContain('Harbour');
	await alice.locks.tryPassphrase(PASSPHRASE);
	await alice.spaces.open('Harbour');
	expect(alice.newComplaints()).toEqual([]);
});

it('[AT12] locks after a while without a touch', async () => {
	const alice = await started('Alice');
	await alice.page.clock.install();
	await alice.page.reload();
	await inside(alice);
	await alice.locks.setPassphrase(PASSPHRASE);
	await alice.page.getByText(m.security_asked()).waitFor();
	await alice.page.getByLabel(m.security_lock_after()).selectOption(m.security_lock_5m());
	await alice.locks.closeSettings();
	await alice.page.clock.runFor(4 * 60_000);
	await alice.page.keyboard.press('Shift');
	await alice.page.clock.runFor(4 * 60_000);
	await inside(alice);
	await alice.page.clock.runFor(61_000);
	await alice.locks.locked();
	await alice.page.reload();
	await alice.locks.locked();
});

it('[ID8] reminds of the recovery phrase until three of its words were given back', async () => {
	const alice = await started('Alice');
	await alice.spaces.create('community', 'Harbour');
	const nudge = alice.page.getByRole('complementary', { name: m.phrase_nudge_title() });
	await nudge.getByRole('button', { name: m.phrase_nudge_later() }).click();
	await nudge.waitFor({ state: 'detached' });
	const words = await alice.locks.phrase();
	expect(words).toHaveLength(24);
	await button(alice.page, m.security_phrase_show()).click();
	const dialog = alice.page.getByRole('dialog', { name: m.security_phrase() });
	await dialog.getByRole('button', { name: m.phrase_written() }).click();
	const fields = dialog.getByRole('textbox');
	expect(await fields.count()).toBe(3);
	const labels = await dialog.locator('label').allTextContents();
	const right = labels.map((text) => words[Number(/\d+/.exec(text)?.[0]) - 1] ?? '');
	for (const [n, word] of right.entries()) await fields.nth(n).fill(n === 1 ? 'zoo' : word);
	await dialog.getByRole('button', { name: m.phrase_quiz_check() }).click();
	await dialog.getByRole('alert').filter({ hasText: /\d/ }).waitFor();
	await fields.nth(1).fill(right[1] ?? '');
	await dialog.getByRole('button', { name: m.phrase_quiz_check() }).click();
	await dialog.getByText(m.phrase_done()).waitFor();
	await alice.page.reload();
	await alice.locks.settings();
	await alice.page.getByText(m.security_phrase_kept()).waitFor();
});

it('[ID9] gives the same Root Hash to a fresh browser, with new keys', async () => {
	const alice = await started('Alice');
	const rootHash = await alice.rootHash();
	const words = await alice.locks.phrase();
	const elsewhere = await owner('Alice');
	await elsewhere.visit(relay.origin);
	const swapped = [words[1], words[0], ...words.slice(2)];
	await elsewhere.locks.restore('Alice', `${words.slice(0, 23).join(' ')} aardwolf`);
	await elsewhere.page.getByText('aardwolf', { exact: false }).last().waitFor();
	// A word that was begun is completed with a press.
	const field = elsewhere.page.getByLabel(m.restore_words());
	await field.fill('abandon zo');
	const offered = elsewhere.page.getByRole('group', { name: m.restore_suggestions() });
	await offered.getByRole('button', { name: 'zone', exact: true }).waitFor();
	await offered.getByRole('button', { name: 'zoo', exact: true }).click();
	expect(await field.inputValue()).toBe('abandon zoo ');
	await elsewhere.page.getByLabel(m.restore_words()).fill(swapped.join(' '));
	await button(elsewhere.page, m.restore_action()).click();
	await elsewhere.page.getByText(m.restore_error_checksum()).waitFor();
	const numbered = words.map((word, n) => `${String(n + 1)}. ${word.toUpperCase()}`).join('\n');
	await elsewhere.page.getByLabel(m.restore_words()).fill(numbered);
	await button(elsewhere.page, m.restore_action()).click();
	await inside(elsewhere);
	expect(await elsewhere.rootHash()).toBe(rootHash);
	await elsewhere.locks.settings();
	await elsewhere.page.getByText(m.security_phrase_kept()).waitFor();
});

it('[ID9] comes back into a space when somebody inside invites the restored person', async () => {
	const alice = await started('Alice');
	await alice.peers.addRelay(relay.address);
	await alice.spaces.create('community', 'Harbour');
	const bob = await owner('Bob');
	await bob.visit(await alice.spaces.invite());
	await bob.page.getByLabel(m.name_label()).fill('Bob');
	await bob.spaces.accept('Harbour');
	await bob.spaces.ready('Harbour');
	const words = await bob.locks.phrase();
	await bob.leave();

	const again = await owner('Bob');
	await again.visit(await alice.spaces.invite());
	await again.locks.restore('Bob', words.join(' '));
	await again.spaces.accept('Harbour');
	await again.spaces.ready('Harbour');
	await again.chat.send('it is me');
	await alice.chat.has('it is me', 'Bob');
});

it('[AT13] wipes the device, locked or not, after a typed word', async () => {
	const alice = await started('Alice');
	await alice.installed();
	const wipe = async (): Promise<void> => {
		const dialog = alice.page.getByRole('dialog', { name: m.security_wipe() });
		const action = dialog.getByRole('button', { name: m.security_wipe_action() });
		expect(await action.isDisabled()).toBe(true);
		await dialog.getByRole('textbox').fill(m.security_wipe_word());
		// The new page must not put anything back before it is looked at.
		await alice.page.route('**/service-worker.js', (route) => route.abort());
		await action.click();
		await button(alice.page, m.start()).waitFor();
	};
	const left = () =>
		alice.page.evaluate(async () => ({
			databases: (await indexedDB.databases()).map(({ name }) => name),
			files: await Array.fromAsync((await navigator.storage.getDirectory()).keys()),
			caches: await caches.keys(),
			workers: (await navigator.serviceWorker.getRegistrations()).length,
			small: Object.keys(localStorage).filter((key) => key.startsWith('aegis')),
		}));
	expect((await left()).files).toEqual(['aegis-content']);
	await (await alice.locks.settings()).getByRole('button', { name: m.security_wipe() }).click();
	await wipe();
	const after = await left();
	expect(after.databases).not.toContain('aegis');
	expect(await rawBytes(alice.page)).not.toContain('Alice');
	expect(after).toMatchObject({ files: [], caches: [], small: [] });

	await alice.start();
	await alice.locks.setPassphrase(PASSPHRASE);
	await alice.page.getByText(m.security_asked()).waitFor();
	await alice.page.reload();
	await alice.locks.locked();
	await button(alice.page, m.unlock_forgotten()).click();
	await button(alice.page, m.security_wipe()).click();
	await wipe();
	expect((await left()).databases).not.toContain('aegis');
});

it('[AT3] [AT4] leaves nothing readable on the device, also when the page dies while writing', async () => {
	const alice = await started('Alice Quagganame');
	await alice.peers.addRelay(relay.address);
	await alice.spaces.create('community', 'Harbour Quaggaspace');
	const link = await alice.spaces.invite();
	const bob = await owner('Bob Quaggacontact', keptProfile());
	await bob.visit(link);
	await bob.page.getByLabel(m.name_label()).fill(bob.name);
	await bob.spaces.accept('Harbour Quaggaspace');
	await bob.spaces.ready('Harbour Quaggaspace');
	await bob.chat.send('canarytext one');
	await alice.chat.has('canarytext one', bob.name);
	await alice.chat.send('canarytext two');
	await bob.chat.has('canarytext two', alice.name);
	const hash = await alice.rootHash();
	const seed = unwrap(seedOf(wordsIn((await bob.locks.phrase()).join(' '))));
	await bob.locks.closeSettings();

	const canaries = (): readonly string[] => {
		const asText = (bytes: Iterable<number>): string =>
			Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
		const hashBytes = (hash.match(/../g) ?? []).map((byte) => parseInt(byte, 16));
		return [
			...['Quagga', 'canarytext', hash, asText(hashBytes)],
			...[toHex(seed), toBase64Url(seed), btoa(asText(seed)), asText(seed)],
			...[PASSPHRASE, toHex(seed).toUpperCase()],
		];
	};
	const found = async (page: Page): Promise<readonly string[]> => {
		const raw = await rawBytes(page);
		expect(raw.length).toBeGreaterThan(1000);
		return canaries().filter((canary) => raw.includes(canary));
	};
	expect(hash).toMatch(/^[0-9a-f]{64}$/);
	expect(await found(bob.page)).toEqual([]);
	// What is there is found: a search that finds nothing must be able to find something.
	await bob.page.evaluate(async (bytes) => {
		const opening = indexedDB.open('control', 1);
		opening.onupgradeneeded = () => opening.result.createObjectStore('rows');
		await new Promise((done) => (opening.onsuccess = done));
		const change = opening.result.transaction('rows', 'readwrite');
		change.objectStore('rows').put({ inner: new Uint8Array(bytes) }, 1);
		await new Promise((done) => (change.oncomplete = done));
		opening.result.close();
	}, Array.from(seed));
	expect(await found(bob.page)).toHaveLength(1);
	await bob.page.evaluate(
		() => new Promise((done) => (indexedDB.deleteDatabase('control').onsuccess = done)),
	);

	await bob.locks.setPassphrase(PASSPHRASE);
	await bob.page.getByText(m.security_asked()).waitFor();
	await bob.locks.closeSettings();
	for (let n = 0; n < 20; n++) await bob.chat.send(`canarytext burst ${String(n)}`);
	const context = bob.page.context();
	const crashed = bob.page.waitForEvent('crash');
	const session = await context.newCDPSession(bob.page);
	// Nobody is left to answer.
	session.send('Page.crash').catch(() => undefined);
	await crashed;
	const looking = await context.newPage();
	await looking.goto(`${relay.origin}/relay.json`);
	expect(await found(looking)).toEqual([]);
});
