// WebKitGTK, which has no WebRTC as Debian builds it, joins and talks through the relay. Runs where its driver and a display are.
import { existsSync } from 'node:fs';
import { afterAll, it } from 'vitest';
import { joinBy, say, until } from './support/hands.ts';
import { found } from './support/newcomer.ts';
import { tellStory } from './support/story.ts';
import { openWebKit, type WebKitBrowser } from './support/webkit.ts';
import { m } from './support/words.ts';

const DRIVER = process.env['AEGIS_WEBKIT_DRIVER'] ?? '/usr/bin/WebKitWebDriver';
const BROWSER =
	process.env['AEGIS_WEBKIT'] ?? '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';
const SPACE = 'Two engines';

const story = tellStory();
let browser: WebKitBrowser | undefined;
afterAll(() => browser?.close());

const isThere = existsSync(DRIVER) && existsSync(BROWSER) && process.env['DISPLAY'] !== undefined;

it.skipIf(!isThere)('[DV3] WebKit joins by a link and talks through the relay', async () => {
	// Made here: where all is skipped, nothing would end them.
	const relay = await story.relay();
	const alice = await story.person('Alice');
	const link = await found(alice, relay, SPACE);
	browser = await openWebKit(DRIVER, BROWSER);
	const { page } = browser;
	await joinBy(page, link, SPACE, 'Wren');
	await alice.chat.send('Hello WebKit');
	await until(page, `hands.shows('Hello WebKit')`);
	await say(page, 'Hello Chromium');
	await alice.chat.has('Hello Chromium', 'Wren');
	await alice.peers.reaches('Wren', m.route_relay({ relay: relay.address }));
});
