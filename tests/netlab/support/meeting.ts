// What most stories begin with: two people in one space, and words that go both ways.
import { expect } from 'vitest';
import type { Node } from './lab.ts';
import type { Network } from './network.ts';
import type { Person } from './person.ts';

/** Does it, and prints how long it took. */
export async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
	const since = performance.now();
	const result = await work();
	console.log(`${what}: ${((performance.now() - since) / 1000).toFixed(1)} s`);
	return result;
}

/** The first founds a space through the relay, the second joins it by invitation. */
export async function meet(
	network: Network,
	first: Node,
	second: Node,
): Promise<readonly [Person, Person]> {
	const [host, guest] = await Promise.all([network.person(first), network.person(second)]);
	await host.begin();
	const link = await host.found('Rendezvous');
	await timed(`${first}–${second} joined`, () => guest.join(link));
	return [host, guest];
}

/** A message each way: both arrive, and are marked as delivered. */
export async function talk(one: Person, other: Person, about: string): Promise<void> {
	await timed(`${one.name}–${other.name} a message each way, ${about}`, async () => {
		await one.say(`${one.name}, ${about}`);
		await other.sees([`${one.name}, ${about}`]);
		await other.say(`${other.name}, ${about}`);
		await one.sees([`${other.name}, ${about}`]);
	});
	await Promise.all([one.allDelivered(), other.allDelivered()]);
}

/** Everything that was said is there once on both screens, in the same order. */
export async function expectSame(
	one: Person,
	other: Person,
	said: readonly string[],
): Promise<void> {
	const [here, there] = await Promise.all([one.seen(), other.seen()]);
	expect([...here].sort()).toEqual([...said].sort());
	expect(there).toEqual(here);
}
