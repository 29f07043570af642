// What most stories are made of: two people meet in a space, are linked or not, and say something both ways.
import { expect } from 'vitest';
import { join } from '../../e2e/support/newcomer.ts';
import type { Person } from '../../e2e/support/person.ts';
import { m } from '../../e2e/support/words.ts';
import type { Node } from './lab.ts';
import { ORIGIN, type Network } from './network.ts';
import { allDelivered, sees, shown } from './screen.ts';

const SPACE = 'Rendezvous';

/** Does it, and prints how long it took. */
export async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
	const since = performance.now();
	const result = await work();
	console.log(`${what}: ${((performance.now() - since) / 1000).toFixed(1)} s`);
	return result;
}

/** The first founds a space and uses the relay the app came from; the second joins by invitation. */
export async function meet(
	network: Network,
	first: Node,
	second: Node,
): Promise<readonly [Person, Person]> {
	const [host, guest] = await Promise.all([network.person(first), network.person(second)]);
	await host.visit(ORIGIN);
	await host.start();
	await host.peers.acceptOffered();
	await host.spaces.create('direct', SPACE);
	const link = await host.spaces.invite();
	await timed(`${first}–${second}: link opened, name written, let in`, () =>
		join(guest, link, SPACE),
	);
	return [host, guest];
}

const bothReach = (one: Person, other: Person, route: string): Promise<unknown> =>
	Promise.all([one.peers.reaches(other.name, route), other.peers.reaches(one.name, route)]);

export const bothDirect = (one: Person, other: Person): Promise<unknown> =>
	bothReach(one, other, m.route_direct());

export const bothThrough = (relay: string, one: Person, other: Person): Promise<unknown> =>
	bothReach(one, other, m.route_relay({ relay }));

/** Both say this; both arrive, and are marked as delivered. */
export async function talk(one: Person, other: Person, words: string): Promise<void> {
	await timed(`${one.name}–${other.name}: a message each way, ${words}`, async () => {
		await one.chat.send(`${one.name}, ${words}`);
		await sees(other.page, [`${one.name}, ${words}`]);
		await other.chat.send(`${other.name}, ${words}`);
		await sees(one.page, [`${other.name}, ${words}`]);
	});
	await Promise.all([allDelivered(one.page), allDelivered(other.page)]);
}

/** Everything that was said is on both screens, once and in the same order. */
export async function expectSame(
	one: Person,
	other: Person,
	said: readonly string[],
): Promise<void> {
	const [here, there] = await Promise.all([shown(one.page), shown(other.page)]);
	expect(here.toSorted()).toEqual(said.toSorted());
	expect(there).toEqual(here);
}
