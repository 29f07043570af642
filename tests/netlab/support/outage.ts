// People who write through an outage, and what comes of it once that is over.
import { setTimeout as pause } from 'node:timers/promises';
import type { Person } from '../../e2e/support/person.ts';
import { lab } from './lab.ts';
import { bothDirect, expectSame, meet, timed } from './meeting.ts';
import type { Network } from './network.ts';
import { allDelivered, sees } from './screen.ts';

const MESSAGES = 12;

/** Two people behind home routers with a direct link. */
export async function linked(network: Network): Promise<readonly [Person, Person]> {
	const [alice, bob] = await meet(network, 'alice', 'bob');
	await bothDirect(alice, bob);
	return [alice, bob];
}

/** Those who are awake write numbered messages, spread over the whole outage; what was written. */
export async function writeThrough(
	ms: number,
	...people: readonly Person[]
): Promise<readonly string[]> {
	const said: string[] = [];
	for (let number = 1; number <= MESSAGES; number++) {
		const turn = pause(ms / MESSAGES);
		for (const person of people) {
			const text = `${person.name} ${String(number).padStart(2, '0')}`;
			await person.chat.send(text);
			said.push(text);
		}
		await turn;
	}
	return said;
}

/** The network is whole: everything comes through, once and in one order, and the direct link stands again. */
export async function recover(
	outage: string,
	one: Person,
	other: Person,
	said: readonly string[],
	mend: () => void = () => lab('heal'),
): Promise<void> {
	mend();
	await timed(`${outage} over: all messages on both sides`, () =>
		Promise.all([sees(one.page, said), sees(other.page, said)]),
	);
	await timed(`${outage} over: all marked as delivered after another`, () =>
		Promise.all([allDelivered(one.page), allDelivered(other.page)]),
	);
	await timed(`${outage} over: direct again after another`, () => bothDirect(one, other));
	await expectSame(one, other, said);
	console.log(`${outage}: lost 0, duplicated 0`);
}
