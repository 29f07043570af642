// A relay that has neither a name nor a certificate that browsers know: a page reaches it by WebRTC.
import { expect, it } from 'vitest';
import { join } from './support/newcomer.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const story = tellStory();
const host = await story.relay();
const bare = await story.relay('--webrtc-port', '0');
const alice = await story.person('Alice');
const bob = await story.person('Bob');

it('[DL18] [RV16] is added by its address, and its invitation takes others there', async () => {
	expect(bare.bareAddress).toMatch(/^\/ip4\/127\.0\.0\.1\/udp\/\d+\/webrtc-direct\/certhash\/u/);
	await alice.visit(host.origin);
	await alice.start();
	await alice.spaces.create('community', 'Attic');
	await alice.peers.addRelay(bare.bareAddress);
	await join(bob, await alice.spaces.invite(), 'Attic');
	await alice.chat.send('Mind the beam');
	await bob.chat.has('Mind the beam', 'Alice');
	await bob.chat.send('Too late');
	await alice.chat.has('Too late', 'Bob');
	for (const person of [alice, bob]) expect(person.socketsTo()).toEqual([]);
});

it('[DL18] [RV16] keeps what is sent to somebody who is away', async () => {
	await bob.page.goto('about:blank');
	await alice.peers.count(0);
	await alice.chat.send('I put a cushion on it');
	await expect.poll(async () => (await bare.disk()).blocks.length).toBeGreaterThan(0);
	await bob.visit(host.origin);
	await bob.chat.has('I put a cushion on it', 'Alice');
	await expect.poll(async () => (await bare.disk()).blocks.length).toBe(0);
});

it('[RV16] is the same address after a restart', async () => {
	await bare.kill();
	await alice.peers.relayIs(m.relay_waiting_soon());
	await bare.restart();
	await alice.peers.relayIs(m.relay_connected());
});
