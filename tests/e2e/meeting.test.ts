// People connect with no relay anywhere: by two QR codes, by two pasted texts, and by one link and one answer.
import { afterAll, expect, it } from 'vitest';
import { createFakeCamera } from './support/camera.ts';
import {
	answerCode,
	connectedWith,
	copied,
	dialogOf,
	offerCode,
	paste,
	scan,
	showCode,
} from './support/meeting.ts';
import { NO_HOST } from './support/complaints.ts';
import { camera, keptProfile } from './support/profile.ts';
import { serveApp } from './support/static-app.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const story = tellStory();
const app = await serveApp();
const [aliceSees, bobSees] = [await createFakeCamera(), await createFakeCamera()];
afterAll(async () => {
	await app.close();
	await aliceSees.remove();
	await bobSees.remove();
});
story.allowHost(new URL(app.origin).host);

const alice = await story.person('Alice', { profile: keptProfile(camera(aliceSees.path, true)) });
const bob = await story.person('Bob', { profile: keptProfile(camera(bobSees.path, true)) });
const carol = await story.person('Carol');
// Whoever serves the app is no relay.
for (const person of [alice, bob, carol]) person.expectComplaint(NO_HOST);

it('[MT1] [MT3] [MT4] [DL19] two people scan each other’s code, and talk', async () => {
	for (const person of [alice, bob]) {
		await person.visit(app.origin);
		await person.start();
	}
	const hers = await showCode(alice);
	await showCode(bob);
	await scan(bob, bobSees, hers);
	await scan(alice, aliceSees, await answerCode(bob));
	await connectedWith(alice, 'Bob');
	await connectedWith(bob, 'Alice');
	await alice.chat.send('Hello without a server');
	await bob.chat.has('Hello without a server', 'Alice');
	await bob.chat.send('And back');
	await alice.chat.has('And back', 'Bob');
	await alice.chat.delivery('Hello without a server', m.delivery_all());
	await alice.peers.reaches('Bob', m.route_direct());
	expect([...alice.socketsTo(), ...bob.socketsTo()]).toEqual([]);
});

it('[MT2] is told what is wrong with a code', async () => {
	const own = await showCode(alice).then(() => copied(alice, m.meet_copy()));
	for (const [code, problem] of [
		['no code', m.meet_code_not()],
		[own, m.meet_code_own()],
		[`${own.slice(0, -5)}${own.slice(-4)}`, m.meet_code_mistyped()],
	] as const) {
		await paste(alice, code);
		await dialogOf(alice).getByText(problem).waitFor();
	}
	await alice.page.keyboard.press('Escape');
	await dialogOf(alice).waitFor({ state: 'detached' });
	// It leads back to where it was opened from.
	await alice.page.getByRole('dialog', { name: m.peers_title() }).waitFor();
	await alice.page.keyboard.press('Escape');
	await alice.page.getByRole('dialog').waitFor({ state: 'detached' });
});

it('[MT3] after a reload two pasted texts link them again, in the same chat', async () => {
	await bob.page.reload();
	await bob.page.getByRole('button', { name: /Peer/ }).filter({ visible: true }).first().waitFor();
	await showCode(bob);
	const his = await copied(bob, m.meet_copy());
	await showCode(alice);
	await paste(alice, his);
	await answerCode(alice);
	await paste(bob, await copied(alice, m.meet_answer_copy()));
	await connectedWith(bob, 'Alice');
	await connectedWith(alice, 'Bob');
	await bob.chat.has('Hello without a server', 'Alice');
	await bob.chat.send('Here again');
	await alice.chat.has('Here again', 'Bob');
	expect(await bob.page.getByRole('heading', { name: 'Alice & Bob', level: 1 }).count()).toBe(1);
});

it('[MT1] somebody new opens a link that they were sent, and sends one answer back', async () => {
	await showCode(alice);
	const link = await copied(alice, m.meet_copy());
	expect(link).toMatch(new RegExp(`^${app.origin}/#/meet/[\\w-]+$`));
	const page = await carol.visit(link);
	await page.getByLabel(m.name_label()).fill('Carol');
	await page.getByRole('button', { name: m.start(), exact: true }).click();
	await answerCode(carol);
	expect(page.url()).not.toContain('meet');
	await offerCode(alice);
	await paste(alice, await copied(carol, m.meet_answer_copy()));
	await connectedWith(alice, 'Carol');
	await connectedWith(carol, 'Alice');
	await carol.chat.send('Hello Alice');
	await alice.chat.has('Hello Alice', 'Carol');
});
