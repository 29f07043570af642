// What every story has: people and relays that are gone when it is over, and two rules that are checked after each
// chapter: nobody's page complained, and nothing left it for anywhere but its origin and the story's relays.
import { afterAll, afterEach, beforeEach, expect } from 'vitest';
import { createPerson, type Person } from './person.ts';
import { closeSharedBrowser, sharedProfile, type Profile } from './profile.ts';
import { startRelay, type Relay } from './relay.ts';

export interface Story {
	relay(...args: readonly string[]): Promise<Relay>;
	/** `prepare` runs in each of their pages before its own scripts. */
	person(
		name: string,
		options?: { readonly profile?: Profile; readonly prepare?: () => void },
	): Promise<Person>;
	/** Hosts that somebody names by mistake, and that are asked therefore. */
	allowHost(host: string): void;
}

/** Called once in a file: its tests are chapters, and none is told after one that went wrong. */
export function tellStory(): Story {
	const people: Person[] = [];
	const relays: Relay[] = [];
	const hosts: string[] = [];
	let wentWrong = false;

	beforeEach(({ skip }) => {
		skip(wentWrong, 'an earlier chapter went wrong');
	});
	afterEach(async ({ task }) => {
		if (task.result?.state === 'fail') {
			wentWrong = true;
			for (const person of people) await person.photograph(`${task.name} ${person.name}`);
		}
		for (const person of people) {
			expect.soft(person.newComplaints(), `complaints of ${person.name}'s pages`).toEqual([]);
			expect.soft(person.requestsElsewhere(hosts), `requests of ${person.name}`).toEqual([]);
		}
	});
	afterAll(async () => {
		for (const person of people) await person.remove();
		await closeSharedBrowser();
		for (const relay of relays) await relay.remove();
	});

	return {
		relay: async (...args) => {
			const relay = await startRelay(...args);
			relays.push(relay);
			hosts.push(relay.address, new URL(relay.origin).host);
			return relay;
		},
		person: async (name, { profile = sharedProfile(), prepare } = {}) => {
			const person = await createPerson(name, profile, prepare);
			people.push(person);
			return person;
		},
		allowHost: (host) => hosts.push(host),
	};
}
