// Connections that no server helps with: on a LAN without internet, across routers by codes that take their time, and
// through members when every relay is dead.
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import {
	answerCode,
	connectedWith,
	copied,
	dialogOf,
	openMeeting,
	paste,
	showCode,
} from '../e2e/support/meeting.ts';
import { join } from '../e2e/support/newcomer.ts';
import type { Person } from '../e2e/support/person.ts';
import { m } from '../e2e/support/words.ts';
import { isShort, lab } from './support/lab.ts';
import { bothDirect, expectSame, meet, talk, timed } from './support/meeting.ts';
import { ORIGIN, useNetwork } from './support/network.ts';
import { allowCamera, inTheCabin } from './support/offline.ts';
import { sees, shown } from './support/screen.ts';

const network = useNetwork();

afterEach(() => {
	lab('move', 'off1', 'cabin', '192.168.9.10');
	lab('move', 'off2', 'cabin', '192.168.9.11');
});

/** The second takes the first one's code, and the first the answer, `later` ms after that. */
async function byCodes(first: Person, second: Person, later = 0): Promise<void> {
	const offer = await copied(first, m.meet_copy());
	await paste(second, offer);
	await answerCode(second);
	const answer = await copied(second, m.meet_answer_copy());
	await pause(later);
	await paste(first, answer);
	await timed(`${first.name}–${second.name}: connected after the answer was taken`, () =>
		Promise.all([connectedWith(first, second.name), connectedWith(second, first.name)]),
	);
}

it('[MT1] [MT3] offline LAN: two people with the app on their devices meet by codes', async () => {
	const one = await inTheCabin(network, 'off1');
	const other = await inTheCabin(network, 'off2');
	await network.relay.kill();
	// Without internet the browser tells of no network, until the page may use the camera.
	for (const person of [one, other]) {
		await openMeeting(person);
		await dialogOf(person).getByText(m.meet_problem_no_address()).waitFor();
		await allowCamera(person);
		await dialogOf(person).getByRole('button', { name: m.meet_camera() }).click();
		await dialogOf(person).getByRole('img', { name: m.meet_qr() }).waitFor();
	}
	await byCodes(one, other);
	await bothDirect(one, other);
	await talk(one, other, 'without internet');
	const said = [one, other].map(({ name }) => `${name}, without internet`);
	await expectSame(one, other, said);
});

it.skipIf(isShort)(
	'[SM2] [OB3] from a LAN without internet nobody else is reached, and what was written goes out when it is left',
	async () => {
		lab('move', 'off1', 'home2', '192.168.2.50');
		const [alice, away] = await meet(network, 'alice', 'off1');
		await away.installed();
		await bothDirect(alice, away);
		lab('move', 'off1', 'cabin', '192.168.9.10');
		await away.peers.shows(m.net_no_relay());
		await alice.peers.shows(m.net_alone());
		for (const person of [alice, away]) await person.chat.send(`${person.name}, apart`);
		expect(await shown(alice.page)).toEqual(['Alice, apart']);
		expect(await shown(away.page)).toEqual(['Off1, apart']);
		lab('move', 'off1', 'home2', '192.168.2.50');
		await timed('home again: both have both messages', () =>
			Promise.all([alice, away].map(({ page }) => sees(page, ['Alice, apart', 'Off1, apart']))),
		);
		await timed('home again: direct after another', () => bothDirect(alice, away));
		await expectSame(alice, away, ['Alice, apart', 'Off1, apart']);
	},
);

it.skipIf(isShort)(
	'[DL19] two people behind routers meet by texts that take 75 seconds',
	async () => {
		const [alice, bob] = [await network.person('alice'), await network.person('bob')];
		for (const person of [alice, bob]) {
			await person.visit(ORIGIN);
			await person.start();
			await person.peers.acceptOffered();
			await showCode(person);
		}
		await byCodes(alice, bob, 75_000);
		await network.relay.kill();
		await bothDirect(alice, bob);
		await talk(alice, bob, 'by codes');
		expect(alice.requestsElsewhere([new URL(ORIGIN).host, `${new URL(ORIGIN).host}:443`])).toEqual(
			[],
		);
	},
);

it.skipIf(isShort)(
	'[CA1] [LM7] with every relay dead a third one is linked through a member',
	async () => {
		lab('move', 'off1', 'home1', '192.168.1.50');
		const [alice, anna, third] = await Promise.all([
			network.person('alice'),
			network.person('anna'),
			network.person('off1'),
		]);
		await alice.visit(ORIGIN);
		await alice.start();
		await alice.peers.acceptOffered();
		await alice.spaces.create('community', 'Stairwell');
		const link = await alice.spaces.invite();
		await join(anna, link, 'Stairwell');
		await join(third, link, 'Stairwell');
		await bothDirect(alice, anna);
		await third.installed();
		await third.leave();
		await network.relay.kill();
		await third.visit(ORIGIN);
		await third.spaces.ready('Stairwell');
		await showCode(anna);
		await showCode(third);
		await byCodes(anna, third);
		await timed('Alice–Off1: linked through Anna', () => bothDirect(alice, third));
		await third.chat.send('Three of us, and no relay');
		await alice.chat.has('Three of us, and no relay', 'Off1');
	},
);
