// What happens to messages when the network breaks under people who are talking.
import { setTimeout as pause } from 'node:timers/promises';
import { it } from 'vitest';
import type { Person } from '../e2e/support/person.ts';
import { m } from '../e2e/support/words.ts';
import { lab } from './support/lab.ts';
import { bothDirect, bothThrough, expectSame, meet, talk, timed } from './support/meeting.ts';
import { RELAY, useNetwork } from './support/network.ts';
import { allDelivered, sees } from './support/screen.ts';

const network = useNetwork();

const OUTAGE = 30_000;
const MESSAGES = 12;

async function linked(): Promise<readonly [Person, Person]> {
	const [alice, bob] = await meet(network, 'alice', 'bob');
	await bothDirect(alice, bob);
	return [alice, bob];
}

/** Both write numbered messages, spread over the whole outage; what was written. */
async function writeThrough(one: Person, other: Person): Promise<string[]> {
	const said: string[] = [];
	for (let number = 1; number <= MESSAGES; number++) {
		const turn = pause(OUTAGE / MESSAGES);
		for (const person of [one, other]) {
			const text = `${person.name} ${String(number).padStart(2, '0')}`;
			await person.chat.send(text);
			said.push(text);
		}
		await turn;
	}
	return said;
}

/** The network is back: everything comes through, once and in one order, and the direct link stands again. */
async function recover(
	outage: string,
	one: Person,
	other: Person,
	said: readonly string[],
): Promise<void> {
	lab('heal');
	await timed(`${outage} over: all messages on both sides`, () =>
		Promise.all([sees(one.page, said), sees(other.page, said)]),
	);
	await timed(`${outage} over: all marked as delivered after another`, () =>
		Promise.all([allDelivered(one.page), allDelivered(other.page)]),
	);
	await timed(`${outage} over: direct again after another`, () => bothDirect(one, other));
	await expectSame(one, other, said);
}

it('[SM2] a partition of 30 s loses nothing and doubles nothing', async () => {
	const [alice, bob] = await linked();
	lab('fault', 'alice', 'block=relay');
	lab('fault', 'alice', 'block=bob');
	await recover('partition', alice, bob, await writeThrough(alice, bob));
});

it('[SM2] a router that swallows everything for 30 s loses nothing and doubles nothing', async () => {
	const [alice, bob] = await linked();
	lab('fault', 'home1', 'blackhole');
	await recover('blackhole', alice, bob, await writeThrough(alice, bob));
});

it('[LK3] [OB2] when only the direct path breaks, messages go on through the relay', async () => {
	const [alice, bob] = await linked();
	lab('fault', 'alice', 'block=bob');
	await talk(alice, bob, 'right after the path broke');
	await timed('path broken: noticed after another', () => bothThrough(RELAY, alice, bob));
	await talk(alice, bob, 'through the relay');
	lab('heal');
	await timed('path mended: direct again', () => bothDirect(alice, bob));
	await talk(alice, bob, 'direct again');
});

it('[DV3] [RP2] people who are linked go on when the relay dies, and use it again when it is back', async () => {
	const [alice, bob] = await linked();
	await network.relay.kill();
	await talk(alice, bob, 'right after the relay died');
	for (const { peers } of [alice, bob]) await peers.relayIs(m.relay_waiting_soon());
	await bothDirect(alice, bob);
	await talk(alice, bob, 'without a relay');
	await network.relay.start();
	await timed('relay back: connected', () =>
		Promise.all([alice, bob].map(({ peers }) => peers.relayIs(m.relay_connected()))),
	);
	await bothDirect(alice, bob);
	await talk(alice, bob, 'with the relay back');
	const topics = ['right after the relay died', 'without a relay', 'with the relay back'];
	const said = topics.flatMap((topic) => [`Alice, ${topic}`, `Bob, ${topic}`]);
	await expectSame(alice, bob, said);
});
