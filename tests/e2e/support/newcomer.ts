// Coming in by an invitation link, as somebody new.
import type { Person } from './person.ts';
import { m } from './words.ts';

/** Opens the link, gives the name and says yes. Whether somebody lets them in is another matter. */
export async function knock(person: Person, link: string, space: string): Promise<void> {
	const page = await person.visit(link);
	await page.getByLabel(m.name_label()).fill(person.name);
	await person.spaces.accept(space);
}

/** The same, up to the open conversation. */
export async function join(person: Person, link: string, space: string): Promise<void> {
	await knock(person, link, space);
	await person.spaces.ready(space);
}

/** Somebody new with a community that can be reached through a relay; returns an invitation. */
export async function found(
	person: Person,
	relay: { readonly origin: string; readonly address: string },
	space: string,
): Promise<string> {
	await person.visit(relay.origin);
	await person.start();
	await person.spaces.create('community', space);
	await person.peers.addRelay(`ws://${relay.address}`);
	return person.spaces.invite();
}
