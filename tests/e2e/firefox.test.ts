// Firefox joins and talks with Chromium directly, and through the relay where it has no WebRTC.
import { existsSync } from 'node:fs';
import { afterAll, it } from 'vitest';
import { openFirefox, type BidiBrowser, type BidiPage } from './support/bidi.ts';
import { NO_RELAY } from './support/complaints.ts';
import { found } from './support/newcomer.ts';
import { joinBy, say, until } from './support/hands.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const FIREFOX = process.env['AEGIS_FIREFOX'] ?? '/usr/bin/firefox-esr';
const SPACE = 'Two engines';

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice');
const browsers: BidiBrowser[] = [];
afterAll(async () => {
	for (const browser of browsers) await browser.close();
});
let link = '';

async function joinWith(
	name: string,
	preferences: Readonly<Record<string, boolean>>,
): Promise<BidiPage> {
	const browser = await openFirefox(FIREFOX, preferences);
	browsers.push(browser);
	const page = await browser.page();
	await joinBy(page, link, SPACE, name);
	return page;
}

const firefox = it.skipIf(!existsSync(FIREFOX));

firefox('[DL1] [DV3] Firefox joins by a link and talks with Chromium directly', async () => {
	link = await found(alice, relay, SPACE);
	// Host addresses by mDNS need a network that carries multicast, which test machines may not have.
	const page = await joinWith('Fox', {
		'media.peerconnection.ice.obfuscate_host_addresses': false,
	});
	await alice.chat.send('Hello Firefox');
	await until(page, `hands.shows('Hello Firefox')`);
	await say(page, 'Hello Chromium');
	await alice.chat.has('Hello Chromium', 'Fox');
	await alice.peers.reaches('Fox', m.route_direct());
	alice.expectComplaint(NO_RELAY);
	await relay.kill();
	await alice.chat.send('Without the relay');
	await until(page, `hands.shows('Without the relay')`);
	await say(page, 'Without it here, too');
	await alice.chat.has('Without it here, too', 'Fox');
	await relay.restart();
	await browsers.pop()?.close();
});

firefox('[DV3] Firefox without WebRTC talks through the relay', async () => {
	const page = await joinWith('Vixen', { 'media.peerconnection.enabled': false });
	await alice.chat.send('Hello through the relay');
	await until(page, `hands.shows('Hello through the relay')`);
	await say(page, 'Hello back');
	await alice.chat.has('Hello back', 'Vixen');
	await alice.peers.reaches('Vixen', m.route_relay({ relay: relay.address }));
});
