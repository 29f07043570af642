// What a story takes place in: a relay on the simulated internet and people in the nodes, made anew for each story.
// After each, whatever broke is mended, and nobody's page may have asked anything of anyone but the relay.
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, inject } from 'vitest';
import { createPerson, type Person } from '../../e2e/support/person.ts';
import { watchConnections } from './connections.ts';
import { lab, start, type Node, type Program } from './lab.ts';
import { nodeProfile } from './node-profile.ts';

const MAIN = fileURLToPath(new URL('../../../relay-server/main.ts', import.meta.url));

/** Serves the app, too; STUN is on its UDP port 443. */
export const ORIGIN = 'https://relay.test';
export const RELAY = 'relay.test';
const SECOND = 'stun.test';

export interface Network {
	readonly relay: {
		/** Without a chance to say goodbye. */
		kill(): Promise<void>;
		start(): Promise<void>;
	};
	/** Starts another relay, on a host of its own. */
	secondRelay(): Promise<{ readonly address: string }>;
	/** Somebody with a new browser on this node, named like it. */
	person(node: Node): Promise<Person>;
}

/** Call it once, where stories are declared. */
export function useNetwork(): Network {
	let data = '';
	let relay: Program | undefined;
	let second: Program | undefined;
	let people: Person[] = [];

	const startOn = (node: Node, folder: string, ...settings: readonly string[]): Promise<Program> =>
		start(node, /STUN: {3}UDP port 443[^]*Link:/, [
			process.execPath,
			MAIN,
			...['--port', '443', '--tls-self-signed', '--public-url', `https://${node}.test`],
			...['--data', folder, ...settings],
		]);

	async function startRelay(): Promise<void> {
		relay = await startOn('relay', data, '--serve', inject('app'));
	}

	beforeEach(async () => {
		data = await mkdtemp(join(inject('labFolder'), 'relay-'));
		await startRelay();
	});

	afterEach(async ({ task }) => {
		lab('heal');
		const hosts = second === undefined ? [RELAY] : [RELAY, SECOND];
		const allowed = hosts.flatMap((host) => [host, `${host}:443`]);
		for (const person of people) {
			if (task.result?.state === 'fail') await person.photograph(`${task.name} ${person.name}`);
			expect.soft(person.requestsElsewhere(allowed)).toEqual([]);
			await person.remove();
		}
		people = [];
		await relay?.kill();
		await second?.kill();
		second = undefined;
	});

	return {
		relay: {
			start: startRelay,
			kill: async () => {
				await relay?.kill();
			},
		},
		async secondRelay() {
			second = await startOn('stun', await mkdtemp(join(inject('labFolder'), 'relay-')));
			return { address: `wss://${SECOND}` };
		},
		async person(node) {
			const name = `${node[0]?.toUpperCase() ?? ''}${node.slice(1)}`;
			const person = await createPerson(name, nodeProfile(node), watchConnections);
			people.push(person);
			return person;
		},
	};
}
