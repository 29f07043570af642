// Two people make sure that nobody stands between them: by their cameras, by a picture, and what they see when somebody
// does.
import type { Locator } from 'playwright-core';
import { afterAll, expect, it } from 'vitest';
import { createFakeCamera } from './support/camera.ts';
import { join } from './support/newcomer.ts';
import type { Person } from './support/person.ts';
import { camera, keptProfile } from './support/profile.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

declare global {
	interface Window {
		/** Everything that the page has got from the camera. */
		filmed?: MediaStreamTrack[];
	}
}

const story = tellStory();
const relay = await story.relay();
const seen = await createFakeCamera();
afterAll(() => seen.remove());

/** Notes what the camera gave, so that the story can tell whether it is off. */
const prepare = (): void => {
	window.filmed = [];
	if (!('MediaDevices' in window)) return;
	const ask = MediaDevices.prototype.getUserMedia;
	MediaDevices.prototype.getUserMedia = async function (how) {
		const stream = await ask.call(this, how);
		window.filmed?.push(...stream.getTracks());
		return stream;
	};
};
const alice = await story.person('Alice', { profile: keptProfile(camera(seen.path, false)) });
const bob = await story.person('Bob', { profile: keptProfile(camera(seen.path, true)), prepare });
const mallory = await story.person('Mallory');
const SPACE = 'Two of us';

const dialog = (person: Person, name: string): Locator =>
	person.page.getByRole('dialog', { name: m.verify_title({ name }) });
const press = (inside: Locator, name: string): Promise<void> =>
	inside.getByRole('button', { name, exact: true }).first().click();
const code = (person: Person, name: string): Locator =>
	dialog(person, name).getByRole('img', { name: m.verify_code({ name }) });
const cameraIsOff = (): Promise<boolean> =>
	bob.page.evaluate(() => window.filmed!.every(({ readyState }) => readyState === 'ended'));

async function openFromHeader(person: Person, name: string): Promise<Locator> {
	await person.page.getByRole('button', { name: m.verify(), exact: true }).click();
	await code(person, name).waitFor();
	return dialog(person, name);
}

it('[SN1] both see one number', async () => {
	await alice.visit(relay.origin);
	await alice.start();
	await alice.peers.addRelay(`ws://${relay.address}`);
	await alice.spaces.create('direct', SPACE);
	await join(bob, await alice.spaces.invite(), SPACE);
	await alice.chat.send('Shall we?');
	await bob.chat.has('Shall we?', 'Alice');
	const numbers = await Promise.all(
		(
			[
				[alice, 'Bob'],
				[bob, 'Alice'],
			] as const
		).map(async ([person, name]) => {
			const box = await openFromHeader(person, name);
			return box.getByRole('group', { name: m.verify_number({ name }) }).innerText();
		}),
	);
	expect(numbers[0]?.replaceAll(/\s/g, '')).toMatch(/^\d{60}$/);
	expect(numbers[0]).toBe(numbers[1]);
});

it('[SN2] one scans the other’s code: verified, and the camera is off again', async () => {
	await seen.show(code(alice, 'Bob'));
	const box = dialog(bob, 'Alice');
	await press(box, m.verify_scan({ name: 'Alice' }));
	await box.getByText(m.verify_match({ name: 'Alice' })).waitFor();
	expect(await bob.page.evaluate(() => window.filmed!.length)).toBe(1);
	expect(await cameraIsOff()).toBe(true);
	await press(box, m.close());
	await bob.page.getByRole('button', { name: m.verified(), exact: false }).first().waitFor();
});

it('[SN2] one may not use the camera, is told so, and reads a picture instead', async () => {
	await bob.page.getByRole('button', { name: m.verified_by_you() }).click();
	const picture = await code(bob, 'Alice').screenshot();
	await press(dialog(bob, 'Alice'), m.close());
	const box = dialog(alice, 'Bob');
	await press(box, m.verify_scan({ name: 'Bob' }));
	await box.getByText(m.scan_denied()).waitFor();
	await box
		.locator('input[type=file]')
		.setInputFiles({ name: 'code.png', mimeType: 'image/png', buffer: picture });
	await box.getByText(m.verify_match({ name: 'Bob' })).waitFor();
	await press(box, m.close());
});

it('[SN2] a stranger’s code is none of theirs, and says so loudly', async () => {
	await alice.spaces.create('direct', 'Elsewhere');
	await join(mallory, await alice.spaces.invite(), 'Elsewhere');
	await alice.spaces.open('Elsewhere');
	await openFromHeader(mallory, 'Alice');
	await seen.show(code(mallory, 'Alice'));
	await bob.page.getByRole('button', { name: m.verified_by_you() }).click();
	const box = dialog(bob, 'Alice');
	await press(box, m.verify_scan({ name: 'Alice' }));
	await box.getByText(m.verify_somebody_else_title({ name: 'Alice' })).waitFor();
	expect(await cameraIsOff()).toBe(false);
	await press(box, m.close());
	await expect.poll(cameraIsOff).toBe(true);
});

it('[SN3] is undone as easily', async () => {
	await bob.page.getByRole('button', { name: m.verified_by_you() }).click();
	await press(dialog(bob, 'Alice'), m.verify_undo());
	await press(dialog(bob, 'Alice'), m.close());
	await bob.page.getByRole('button', { name: m.verify(), exact: true }).waitFor();
});
