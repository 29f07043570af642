// Browsers that lack something, and a second tab.
import { it } from 'vitest';
import { NO_HOST, NO_RELAY } from './support/complaints.ts';
import { found, join } from './support/newcomer.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice');
const STUDIO = 'Studio';
let link = '';

it('offers to move to a second tab, and moves', async () => {
	link = await found(alice, relay, STUDIO);
	await alice.chat.send('From the first tab');
	const first = alice.page;
	const second = await alice.visit(relay.origin);
	await second.getByRole('heading', { name: m.other_tab_title() }).waitFor();
	await second.getByRole('button', { name: m.other_tab_action() }).click();
	await alice.spaces.ready(STUDIO);
	await alice.chat.has('From the first tab');
	await first.getByRole('heading', { name: m.moved_title() }).waitFor();
	await alice.peers.relayIs(m.relay_connected());
	await alice.chat.send('From the second tab');
	await first.getByRole('button', { name: m.moved_action() }).click();
	await first.getByRole('button', { name: m.other_tab_action() }).click();
	await first.getByText('From the second tab').first().waitFor();
	await second.getByRole('heading', { name: m.moved_title() }).waitFor();
	await second.close();
	alice.use(first);
});

it('goes through the relay where there is no WebRTC', async () => {
	const bob = await story.person('Bob', {
		prepare: () => {
			Reflect.deleteProperty(globalThis, 'RTCPeerConnection');
		},
	});
	await join(bob, link, STUDIO);
	await bob.peers.shows(m.net_no_webrtc());
	await bob.peers.reaches('Alice', m.route_relay({ relay: relay.address }));
	await alice.chat.send('Can you read this?');
	await bob.chat.has('Can you read this?', 'Alice');
	await bob.chat.send('Over the relay, yes');
	await alice.chat.has('Over the relay, yes', 'Bob');
	await alice.chat.delivery('Can you read this?', m.delivery_all());

	// Without the relay, which served the page too, the page opens, nothing goes, and nothing is lost.
	alice.expectComplaint(NO_RELAY);
	bob.expectComplaint(NO_RELAY);
	bob.expectComplaint(NO_HOST);
	await bob.installed();
	await relay.kill();
	await bob.page.reload();
	await bob.chat.has('Can you read this?', 'Alice');
	await bob.peers.count(0);
	await bob.chat.send('Written into the silence');
	await bob.chat.delivery('Written into the silence', m.delivery_queued());
	await relay.restart();
	await alice.chat.has('Written into the silence', 'Bob');
	await bob.chat.delivery('Written into the silence', m.delivery_all());
	await bob.leave();
});

it('says so where the browser has no storage', async () => {
	const carol = await story.person('Carol', {
		prepare: () => {
			Object.defineProperty(globalThis, 'indexedDB', { value: undefined });
		},
	});
	const page = await carol.visit(relay.origin);
	await page.getByRole('heading', { name: m.unsupported_title() }).waitFor();
	await page.getByText(m.unsupported_indexed_db()).waitFor();
});

it('says so where the browser refuses storage', async () => {
	const dave = await story.person('Dave', {
		prepare: () => {
			IDBFactory.prototype.open = () => {
				throw new DOMException('denied', 'SecurityError');
			};
		},
	});
	const page = await dave.visit(relay.origin);
	await page.getByRole('heading', { name: m.unsupported_title() }).waitFor();
	await page.getByText(m.unsupported_indexed_db()).waitFor();
});

it('says so where the page came over an address that is not secure', async () => {
	const erin = await story.person('Erin', {
		prepare: () => {
			Object.defineProperty(globalThis, 'isSecureContext', { value: false });
		},
	});
	const page = await erin.visit(relay.origin);
	await page.getByText(m.unsupported_secure_context()).waitFor();
});
