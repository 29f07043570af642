// A phone that comes late, and gets what was written before.
import { mkdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { link } from './support/linking.ts';
import { found, join } from './support/newcomer.ts';
import type { Person } from './support/person.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const story = tellStory();
const relay = await story.relay();
const laptop = await story.person('Alice');
const phone = await story.person('Alice');
const bob = await story.person('Bob');
const HARBOUR = 'Harbour';
const MESSAGES = 24;
/** So long that they take several records. */
const filling = ' and so on'.repeat(600);

const shots = process.env['AEGIS_SHOTS'];
async function photograph({ page }: Person, name: string): Promise<void> {
	if (shots === undefined) return;
	await mkdir(shots, { recursive: true });
	await page.screenshot({ path: `${shots}/${name}.png` });
}

it('[HC1] [HC4] copies to a linked device what was written before it came', async () => {
	const invitation = await found(laptop, relay, HARBOUR);
	await join(bob, invitation, HARBOUR);
	for (let n = 1; n <= MESSAGES; n++) {
		const writer = n % 2 === 0 ? bob : laptop;
		await writer.chat.send(`Word ${n}${n < MESSAGES - 2 ? filling : ''}`);
	}
	await laptop.chat.has(`Word ${MESSAGES}`, 'Bob');
	await link(laptop, phone, relay.origin);
	const taking = phone.page.getByRole('complementary', {
		name: new RegExp(`^${m.copy_taking_title({ device: '' })}`),
	});
	const giving = laptop.page.getByRole('complementary', {
		name: new RegExp(`^${m.copy_giving_title({ device: '' })}`),
	});
	await taking.waitFor();
	await photograph(phone, 'copy-begins');
	const done = m.copy_done({ count: MESSAGES });
	await taking.getByText(done).waitFor();
	await giving.getByText(done).waitFor();
	await photograph(phone, 'copy-done-phone');
	await photograph(laptop, 'copy-done-laptop');
	await taking.getByRole('button', { name: m.copy_dismiss(), exact: true }).click();
	await taking.waitFor({ state: 'detached' });
	await giving.getByRole('button', { name: m.copy_dismiss(), exact: true }).click();
	await phone.spaces.open(HARBOUR);
	await phone.chat.has(`Word ${MESSAGES}`, 'Bob');
	await phone.chat.has(`Word ${MESSAGES - 1}`);
	await photograph(phone, 'copy-read');
});

it('[HC4] keeps it, and begins nothing anew after a start', async () => {
	await phone.page.reload();
	await phone.chat.has(`Word ${MESSAGES}`, 'Bob');
	await bob.chat.send('And one more');
	await phone.chat.has('And one more', 'Bob');
	const asides = phone.page.getByRole('complementary');
	expect(await asides.filter({ hasText: m.copy_copying() }).count()).toBe(0);
});
