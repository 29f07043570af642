// What happens to messages when the network breaks under people who are talking.
import { setTimeout as pause } from 'node:timers/promises';
import { it } from 'vitest';
import { lab } from './support/lab.ts';
import { expectSame, meet, talk, timed } from './support/meeting.ts';
import { useNetwork } from './support/network.ts';
import { RELAY_DOWN, RELAY_UP, type Person } from './support/person.ts';

const network = useNetwork();

const OUTAGE = 30_000;
const MESSAGES = 12;

const bothDirect = (one: Person, other: Person): Promise<unknown> =>
	Promise.all([one.reaches(other, 'direct', 60_000), other.reaches(one, 'direct', 60_000)]);

/** Both write numbered messages, spread over the whole outage. */
async function writeThrough(people: readonly Person[], duration: number): Promise<string[]> {
	const said: string[] = [];
	for (let number = 1; number <= MESSAGES; number++) {
		const step = pause(duration / MESSAGES);
		for (const person of people) {
			const text = `${person.name} ${String(number).padStart(2, '0')}`;
			await person.say(text);
			said.push(text);
		}
		await step;
	}
	return said;
}

/** After the network is back: everything comes through, once and in one order, and the direct link stands again. */
async function recovers(what: string, one: Person, other: Person, said: string[]): Promise<void> {
	lab('heal');
	await timed(`${what}: all messages on both sides after it`, () =>
		Promise.all([one.sees(said, 60_000), other.sees(said, 60_000)]),
	);
	await timed(`${what}: all marked as delivered`, () =>
		Promise.all([one.allDelivered(60_000), other.allDelivered(60_000)]),
	);
	await timed(`${what}: direct again`, () => bothDirect(one, other));
	await expectSame(one, other, said);
}

it('[SY1] a partition of 30 s loses nothing and doubles nothing', async () => {
	const [alice, bob] = await meet(network, 'alice', 'bob');
	await bothDirect(alice, bob);
	lab('fault', 'alice', 'block=relay');
	lab('fault', 'alice', 'block=bob');
	const said = await writeThrough([alice, bob], OUTAGE);
	await recovers('partition', alice, bob, said);
});

it('[SY1] a router whose uplink swallows everything for 30 s loses nothing and doubles nothing', async () => {
	const [alice, bob] = await meet(network, 'alice', 'bob');
	await bothDirect(alice, bob);
	lab('fault', 'home1', 'blackhole');
	const said = await writeThrough([alice, bob], OUTAGE);
	await recovers('blackhole', alice, bob, said);
});

it('[DV4] when only the direct path breaks, messages go on through the relay', async () => {
	const [alice, bob] = await meet(network, 'alice', 'bob');
	await bothDirect(alice, bob);
	lab('fault', 'alice', 'block=bob');
	await talk(alice, bob, 'right after the path broke');
	await timed('path broken: noticed', () => alice.reaches(bob, 'through relay.test', 60_000));
	await talk(alice, bob, 'through the relay');
	lab('heal');
	await timed('path broken: direct again', () => bothDirect(alice, bob));
	await talk(alice, bob, 'direct again');
});

it('[LK2] people who are linked go on when the relay dies, and it takes part again when it is back', async () => {
	const [alice, bob] = await meet(network, 'alice', 'bob');
	await bothDirect(alice, bob);
	await network.relay.kill();
	await talk(alice, bob, 'right after the relay died');
	await Promise.all([alice.relayIs(RELAY_DOWN), bob.relayIs(RELAY_DOWN)]);
	await bothDirect(alice, bob);
	await talk(alice, bob, 'without a relay');
	await network.relay.start();
	await timed('relay back: connected', () =>
		Promise.all([alice.relayIs(RELAY_UP, 60_000), bob.relayIs(RELAY_UP, 60_000)]),
	);
	await bothDirect(alice, bob);
	await talk(alice, bob, 'with the relay back');
	const topics = ['right after the relay died', 'without a relay', 'with the relay back'];
	await expectSame(
		alice,
		bob,
		topics.flatMap((topic) => [`Alice, ${topic}`, `Bob, ${topic}`]),
	);
});
