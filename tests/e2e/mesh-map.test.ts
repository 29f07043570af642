// The live map in a real browser: along the line that a message comes by, beads run, and then it is still again.
import { expect, it } from 'vitest';
import { found, join } from './support/newcomer.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const story = tellStory();
const relay = await story.relay();
const [alice, bob] = [await story.person('Alice'), await story.person('Bob')];
const SPACE = 'Signal box';

it('shows a message that comes over a direct link move along that line, towards oneself', async () => {
	await join(bob, await found(alice, relay, SPACE), SPACE);
	await Promise.all([
		alice.peers.reaches('Bob', m.route_direct()),
		bob.peers.reaches('Alice', m.route_direct()),
	]);
	const { page } = alice;
	await page.emulateMedia({ reducedMotion: 'no-preference' });
	await page.getByRole('button', { name: /Peer/ }).filter({ visible: true }).first().click();
	const map = page.getByRole('dialog', { name: m.peers_title() }).locator('.graph');
	const line = map.locator('path.line.direct');
	const moving = map.locator('path.moving');
	await line.waitFor();
	await moving.first().waitFor({ state: 'detached' });

	const beads = map.locator('path.moving.back.direct');
	const seen = beads.evaluate((path) => ({
		way: path.getAttribute('d'),
		runs: path.getAnimations().map(({ playState }) => playState),
		isDrawn: path.getBoundingClientRect().width + path.getBoundingClientRect().height > 20,
	}));
	await bob.chat.send('Line clear');
	expect(await seen).toEqual({
		way: await line.getAttribute('d'),
		runs: ['running'],
		isDrawn: true,
	});
	await moving.first().waitFor({ state: 'detached' });
	await page.getByRole('button', { name: m.close() }).click();
	await alice.chat.has('Line clear', 'Bob');
});
