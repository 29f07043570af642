// Somebody who hides their address: no connection but to relays is ever made in their page, and both sides say so.
import { expect, it } from 'vitest';
import { join } from './support/newcomer.ts';
import type { Person } from './support/person.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

declare global {
	interface Window {
		/** Connections that the page has made. */
		made?: RTCPeerConnection[];
	}
}

const story = tellStory();
const relay = await story.relay();
const prepare = (): void => {
	window.made = [];
	globalThis.RTCPeerConnection = class extends RTCPeerConnection {
		constructor(configuration?: RTCConfiguration) {
			super(configuration);
			window.made?.push(this);
		}
	};
};
const alice = await story.person('Alice', { prepare });
const bob = await story.person('Bob', { prepare });
const SPACE = 'Quiet corner';

const connections = ({ page }: Person): Promise<string[]> =>
	page.evaluate(() => window.made!.map(({ connectionState }) => connectionState));

async function hide({ page }: Person, wanted: boolean): Promise<void> {
	await page.getByRole('button', { name: m.settings(), exact: true }).click();
	const settings = page.getByRole('dialog', { name: m.settings() });
	await settings.getByRole('checkbox', { name: m.hide_everywhere() }).setChecked(wanted);
	await settings.getByRole('button', { name: m.close() }).click();
}

it('[HI1] makes no connection, and both are told why relays carry everything', async () => {
	await alice.visit(relay.origin);
	await alice.start();
	await hide(alice, true);
	await alice.spaces.create('community', SPACE);
	await alice.peers.addRelay(`ws://${relay.address}`);
	await join(bob, await alice.spaces.invite(), SPACE);
	await alice.chat.send('Hello through the relay');
	await bob.chat.has('Hello through the relay', 'Alice');
	await bob.chat.send('And back');
	await alice.chat.has('And back', 'Bob');
	await alice.peers.reaches('Bob', m.route_hidden_here());
	expect(await connections(alice)).toEqual([]);
	expect((await connections(bob)).includes('connected')).toBe(false);
});

it('[HI1] [HI2] is linked once it is no longer wanted, and parted when it is again', async () => {
	await hide(alice, false);
	await alice.peers.reaches('Bob', m.route_direct());
	await bob.peers.reaches('Alice', m.route_direct());
	await alice.page.getByRole('button', { name: m.show_members(), exact: true }).click();
	const inSpace = alice.page.getByRole('checkbox', { name: m.hide_space() });
	await inSpace.check();
	await alice.page.waitForFunction(() =>
		window.made!.every(({ connectionState }) => connectionState === 'closed'),
	);
	const before = (await connections(alice)).length;
	await alice.chat.send('Through the relay again');
	await bob.chat.has('Through the relay again', 'Alice');
	await alice.peers.reaches('Bob', m.route_hidden_here());
	expect(await connections(alice)).toHaveLength(before);
});
