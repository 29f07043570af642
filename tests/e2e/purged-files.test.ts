// A purge takes everything of a message with files: its words, the files themselves, their names and small pictures, and
// what had come of them so far. Nothing of it lies anywhere afterwards.
import { expect, it, vi } from 'vitest';
import { chunkNames, chunkSamples } from './support/content-rows.ts';
import { holds, openedRows, rawBytes, type Rows } from './support/device-data.ts';
import { found, join } from './support/newcomer.ts';
import type { Person } from './support/person.ts';
import { png } from './support/pictures.ts';
import { sendAtMost, slowChannels } from './support/slow-channels.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const HARBOUR = 'Harbour';
const PATIENT = { timeout: 40_000, interval: 200 };
const WORDS = 'canary-words-7c1f';
const NAME = 'canary-name-7c1f';

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice');
const bob = await story.person('Bob', { prepare: slowChannels });
const both = [alice, bob];

/** The key of a message opens its words and files: it is none of those that were there before. */
const keysOf = async ({ page }: Person): Promise<readonly string[]> =>
	(await openedRows(page))['message-key'] ?? [];

/** What the message says of the picture's looks: some of its small picture, and of its few colours that stand before that. */
function looksIn(rows: Rows): readonly string[] {
	const row = Object.values(rows)
		.flat()
		.find((each) => each.includes(`${NAME}.png`) && each.includes('RIFF'));
	const at = row?.indexOf('RIFF') ?? -1;
	// A string of bytes longer than 255 (RFC 8949 §3.1): the head is of three bytes.
	if (row === undefined || row.charCodeAt(at - 3) !== 0x59) throw new Error('no small picture');
	return [row.slice(at + 60, at + 120), row.slice(at - 33, at - 3)];
}

async function send(files: { name: string; mimeType: string; buffer: Buffer }[]): Promise<void> {
	const { page } = bob;
	await page.getByLabel(m.attach_files()).setInputFiles(files);
	await page.getByLabel(m.composer_label(), { exact: true }).fill(WORDS);
	await page.getByRole('button', { name: m.composer_send(), exact: true }).click();
}

it('[TB1] [FL2] leaves nothing of them on any device or relay, whole or on its way', async () => {
	await join(bob, await found(alice, relay, HARBOUR), HARBOUR);
	await bob.peers.reaches('Alice', m.route_direct());
	await alice.chat.send('This one stays');
	await bob.chat.has('This one stays', 'Alice');
	const before = await Promise.all(both.map(keysOf));
	await sendAtMost(bob.page, 400_000);
	await send([
		{ name: `${NAME}.png`, mimeType: 'image/png', buffer: png(1300, 1200, true) },
		{
			name: `${NAME}.txt`,
			mimeType: 'text/plain',
			buffer: Buffer.alloc(200_000, `${NAME} inside `),
		},
	]);
	await alice.chat.has(WORDS, 'Bob');
	await alice.page
		.getByRole('button', { name: m.file_fetch({ name: `${NAME}.png` }), exact: true })
		.click();
	await vi.waitFor(async () => {
		expect((await chunkNames(alice.page)).length).toBeGreaterThan(0);
	}, PATIENT);
	await sendAtMost(bob.page, 20_000);

	// What there is to be found, is found.
	const keys: string[] = [];
	const pieces: string[] = [];
	const looks = looksIn(await openedRows(bob.page));
	for (const [n, person] of both.entries()) {
		const rows = await openedRows(person.page);
		for (const trace of [WORDS, `${NAME}.png`, ...looks]) expect(holds(rows, trace)).toBe(true);
		expect(await person.page.content()).toContain(NAME);
		keys.push(...(await keysOf(person)).filter((key) => !before[n]?.includes(key)));
		const chunks = await chunkSamples(person.page);
		pieces.push(...chunks);
		expect(await rawBytes(person.page)).toContain(chunks[0]);
	}
	expect(keys.length).toBeGreaterThan(1);
	// Half of it is on its way.
	expect((await chunkNames(alice.page)).length).toBeLessThan((await chunkNames(bob.page)).length);

	await alice.moderating.message(WORDS, 'Bob', m.menu_purge(), m.act_purge(), 'Private');
	for (const person of both) {
		await person.page.getByRole('log').getByText(m.gone_purged()).waitFor();
		await vi.waitFor(async () => {
			expect(await chunkNames(person.page)).toEqual([]);
			const rows = await openedRows(person.page);
			for (const trace of [WORDS, NAME, ...keys, ...looks]) expect(holds(rows, trace)).toBe(false);
			const raw = await rawBytes(person.page);
			for (const trace of [WORDS, NAME, ...pieces, ...looks])
				expect(raw.includes(trace)).toBe(false);
		}, PATIENT);
		expect(await person.page.content()).not.toContain(NAME);
	}
	const disk = (await relay.disk()).bytes.toString('latin1');
	for (const trace of [WORDS, NAME, ...pieces, ...looks]) expect(disk.includes(trace)).toBe(false);
});

it('[FL2] nor after both have been started anew, and nothing more of it comes', async () => {
	await sendAtMost(bob.page, Infinity);
	for (const { page } of both) await page.reload();
	for (const person of both) {
		await person.spaces.ready(HARBOUR);
		await person.page.getByRole('log').getByText(m.gone_purged()).waitFor();
	}
	await bob.peers.reaches('Alice', m.route_direct());
	await bob.chat.send('And on it goes');
	await alice.chat.has('And on it goes', 'Bob');
	for (const person of both) {
		expect(await chunkNames(person.page)).toEqual([]);
		const rows = await openedRows(person.page);
		for (const trace of [WORDS, NAME]) expect(holds(rows, trace)).toBe(false);
	}
});
