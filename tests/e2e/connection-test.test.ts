// What the connection test says where all is well, without a relay, with a dead one, and without WebRTC; whom it asks.
import { expect, it } from 'vitest';
import { NO_RELAY } from './support/complaints.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const story = tellStory();
const [host, relay] = await Promise.all([story.relay(), story.relay()]);
const alice = await story.person('Alice');
const name = relay.address;

it('[NT1] asks nobody where no relay was added, and says so', async () => {
	await alice.visit(host.origin);
	await alice.start();
	expect(await alice.peers.test(m.test_no_relay())).toContain(m.test_channel_works());
	expect(alice.socketsTo()).toEqual([]);
	expect(alice.requestsElsewhere([new URL(host.origin).host])).toEqual([]);
});

it('[NT1] [NT2] says what works where everything does', async () => {
	await alice.peers.addRelay(`ws://${name}`);
	const said = await alice.peers.test(m.test_all_works());
	expect(said).toContain(m.test_stun_answers({ relay: name }));
	expect(said).toContain(m.test_channel_works());
	expect(new Set(alice.socketsTo())).toEqual(new Set([name]));
});

it('[NT3] goes through relays, and says so, where the browser has no WebRTC', async () => {
	const bob = await story.person('Bob', {
		prepare: () => {
			Reflect.deleteProperty(globalThis, 'RTCPeerConnection');
		},
	});
	await bob.visit(host.origin);
	await bob.start();
	await bob.peers.addRelay(`ws://${name}`);
	const said = await bob.peers.test(m.test_no_webrtc());
	expect(said).toContain(m.test_channel_missing());
	await bob.leave();
});

it('[NT3] says so where no relay answers', async () => {
	alice.expectComplaint(NO_RELAY);
	await relay.kill();
	const said = await alice.peers.test(m.test_silent());
	expect(said).toContain(m.test_relay_unreachable({ relay: name }));
});
