// More than two, not all there at once: whoever asks while nobody is online, a third person, and a space for two.
import { expect, it, vi } from 'vitest';
import { found, knock } from './support/newcomer.ts';
import type { Person } from './support/person.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice');
const bob = await story.person('Bob');
const carol = await story.person('Carol');
const ORCHARD = 'Orchard';
let link = '';

/** Each says something, and the others read it. */
async function talk(people: readonly Person[], topic: string): Promise<void> {
	for (const speaker of people) {
		const text = `${topic}, says ${speaker.name}`;
		await speaker.chat.send(text);
		await Promise.all(
			people
				.filter((other) => other !== speaker)
				.map((other) => other.chat.has(text, speaker.name)),
		);
	}
}

it('[IN7] waits at the door while nobody is home, also over a reload', async () => {
	link = await found(alice, relay, ORCHARD);
	await alice.leave();
	await knock(bob, link, ORCHARD);
	await bob.spaces.waiting(ORCHARD);
	await bob.page.reload();
	await bob.spaces.waiting(ORCHARD);
});

it('[IN4] is let in as soon as somebody comes home', async () => {
	await alice.visit(relay.origin);
	await bob.spaces.ready(ORCHARD);
	await talk([alice, bob], 'Apples');
});

it('is let in when both have been away in turn', async () => {
	await Promise.all([alice.leave(), bob.leave()]);
	await knock(carol, link, ORCHARD);
	await carol.spaces.waiting(ORCHARD);
	await vi.waitFor(async () => {
		expect((await relay.disk()).blocks.length).toBe(1);
	});
	await carol.leave();
	await bob.visit(relay.origin);
	await bob.page.getByText(m.members_count({ count: 3 })).waitFor();
	await bob.leave();
	await carol.visit(relay.origin);
	await carol.spaces.ready(ORCHARD);
});

it('carries what three say to all three', async () => {
	await Promise.all([alice.visit(relay.origin), bob.visit(relay.origin)]);
	await Promise.all([alice, bob, carol].map((person) => person.peers.count(2)));
	await talk([alice, bob, carol], 'Pears');
	await alice.chat.delivery('Pears, says Alice', m.delivery_all());
});

it('needs no founder', async () => {
	await alice.leave();
	await Promise.all([bob, carol].map((person) => person.peers.count(1)));
	await talk([bob, carol], 'Plums');
	await alice.visit(relay.origin);
	await alice.chat.has('Plums, says Bob', 'Bob');
	await alice.chat.has('Plums, says Carol', 'Carol');
});

it('keeps a space for two to the two', async () => {
	await alice.spaces.create('direct', 'Alice and Bob');
	const invitation = await alice.spaces.invite();
	await bob.spaces.paste(invitation);
	await bob.spaces.accept('Alice and Bob');
	await bob.spaces.ready('Alice and Bob');
	await talk([alice, bob], 'A secret');
	await carol.chat.send('Are you two still there?');
	await alice.spaces.open(ORCHARD);
	await alice.chat.has('Are you two still there?', 'Carol');
	await carol.spaces.has([ORCHARD]);
	await bob.spaces.has([ORCHARD, 'Alice and Bob']);
});

it('takes a link that opens the page of somebody who is inside already', async () => {
	await bob.leave();
	await bob.visit(link);
	await bob.page.getByText(m.join_known()).waitFor();
	await bob.page.getByRole('button', { name: m.join_open({ name: ORCHARD }) }).click();
	await bob.spaces.ready(ORCHARD);
	await talk([alice, bob, carol], 'Cherries');
});
