// A community that gives newcomers everything: what is said of it before, and what somebody who comes late reads.
import { expect, it } from 'vitest';
import { join } from './support/newcomer.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice');
const bob = await story.person('Bob');
const carol = await story.person('Carol');
const ARCHIVE = 'Town archive';
const LINES = Array.from({ length: 12 }, (_, n) => `Line ${n + 101}`);
let link = '';

it('[HP1] is made so by a choice, and the link says it', async () => {
	await alice.visit(relay.origin);
	await alice.start();
	await alice.spaces.create('community', ARCHIVE, true);
	await alice.peers.addRelay(`ws://${relay.address}`);
	link = await alice.spaces.invite();
	await bob.visit(link);
	await bob.page.getByText(m.join_everything()).waitFor();
	await bob.page.getByLabel(m.name_label()).fill(bob.name);
	await bob.spaces.accept(ARCHIVE);
	await bob.spaces.ready(ARCHIVE);
});

it('[HP2] gives whoever comes late all that was written, by a member who was there', async () => {
	for (const [n, line] of LINES.entries()) {
		const [by, other] = n % 2 === 0 ? [alice, bob] : [bob, alice];
		await by.chat.send(line);
		await other.chat.has(line, by.name);
	}
	await alice.leave();
	await join(carol, link, ARCHIVE);
	for (const [n, line] of LINES.entries()) {
		await carol.chat.has(line, n % 2 === 0 ? 'Alice' : 'Bob');
	}
	const text = await carol.chat.text();
	const places = LINES.map((line) => text.search(new RegExp(`${line}\\b`)));
	expect(places).toEqual([...places].sort((a, b) => a - b));
	expect(text).not.toContain(m.message_late_short());
});
