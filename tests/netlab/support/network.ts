// What a story takes place in: a relay on the simulated internet and people in the nodes, made anew for each story.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, inject } from 'vitest';
import { lab, start, type Node, type Program } from './lab.ts';
import { openPerson, type Person } from './person.ts';

const MAIN = fileURLToPath(new URL('../../../relay-server/main.ts', import.meta.url));

export interface Network {
	/** The relay and host of the app: `https://relay.test`, and STUN on UDP 443. */
	relay: { kill(): Promise<void>; start(): Promise<void> };
	/** Somebody who opens the app on this node for the first time. */
	person(node: Node): Promise<Person>;
}

/** Call it once, where stories are declared. */
export function useNetwork(): Network {
	let data = '';
	let relay: Program | undefined;
	let people: Person[] = [];

	async function startRelay(): Promise<void> {
		relay = await start('relay', /STUN: {3}UDP port 443[^]*Link:/, [
			process.execPath,
			MAIN,
			...['--port', '443', '--tls-self-signed', '--public-url', 'https://relay.test'],
			...['--serve', inject('app'), '--data', data],
		]);
	}

	beforeEach(async () => {
		data = await mkdtemp(join(tmpdir(), 'aegis-netlab-relay-'));
		await startRelay();
	});

	afterEach(async (context) => {
		if (context.task.result?.state === 'fail') {
			for (const person of people) await person.describe().then(console.log, console.error);
		}
		lab('heal');
		await Promise.all(people.map((person) => person.close()));
		people = [];
		await relay?.kill();
		await rm(data, { recursive: true, force: true });
	});

	return {
		relay: {
			start: startRelay,
			kill: async () => {
				await relay?.kill();
			},
		},
		async person(node) {
			const person = await openPerson(node, 'https://relay.test/');
			people.push(person);
			return person;
		},
	};
}
