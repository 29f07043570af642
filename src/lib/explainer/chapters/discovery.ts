// One is there, then two, then five; each tells the others whom it reaches, until all know all.
import { recordNameHex } from '#lib/protocol/peer-record.ts';
import { toHex } from '#lib/util/bytes.ts';
import { areLinked, type Chapter } from '../chapter.ts';
import type { Packet } from '../recording.ts';
import type { Stage } from '../stage.ts';

const RELAY = 'Harbor';
const EVERYBODY = ['Alice', 'Bob', 'Carol', 'Dave', 'Erin'] as const;

/** What somebody's own view of the mesh says: everybody else who is there. */
const knows = (stage: Stage, who: string): string[] =>
	stage
		.person(who)
		.messenger.mesh(stage.space)
		.devices.filter(({ own }) => !own)
		.map(({ name }) => name)
		.sort();
const areKnown = (stage: Stage, people: readonly string[]): boolean =>
	people.every(
		(who) =>
			knows(stage, who).join() ===
			people
				.filter((each) => each !== who)
				.sort()
				.join(),
	);
/** By what Alice was told, and not by what she sees: a link between two others. */
const hasHeardOf = (stage: Stage, who: string, a: string, b: string): boolean => {
	const nameOf = (name: string): string =>
		recordNameHex(toHex(stage.person(name).self.device.publicKey));
	const pair = [nameOf(a), nameOf(b)];
	return stage
		.person(who)
		.messenger.mesh(stage.space)
		.links.some((link) => [link.a, link.b].every((device) => pair.includes(recordNameHex(device))));
};
const tells = ({ readings }: Packet): boolean =>
	readings.some(({ lines }) => lines.some(({ value }) => value === 'records'));

export const discovery: Chapter = {
	id: 'discovery',
	seed: 71,
	places: {
		Alice: [15, 34],
		Bob: [27, 78],
		Carol: [85, 34],
		Dave: [73, 78],
		Erin: [50, 48],
		[RELAY]: [50, 13],
	},
	async prepare(stage) {
		await stage.addRelay(RELAY);
		await stage.addPerson('Alice', { router: { kind: 'cone' } });
	},
	steps: [
		{
			id: 'alone',
			focus: ['Alice'],
			async act(stage) {
				await stage.useRelay('Alice', RELAY);
				await stage.found('Alice');
			},
			holds: (stage) => knows(stage, 'Alice').length === 0,
		},
		{
			id: 'bob',
			focus: ['Alice', 'Bob'],
			async act(stage) {
				await stage.addPerson('Bob', { router: { kind: 'open' } });
				await stage.bringIn('Alice', 'Bob');
				const linked = (): boolean =>
					areLinked(stage, 'Alice', 'Bob') && areKnown(stage, ['Alice', 'Bob']);
				await stage.until(linked, 30_000, 'a link');
			},
			holds: (stage) => areKnown(stage, ['Alice', 'Bob']),
		},
		{
			id: 'carol',
			focus: ['Bob', 'Carol'],
			async act(stage) {
				await stage.addPerson('Carol', { router: { kind: 'symmetric' } });
				await stage.bringIn('Bob', 'Carol');
				await stage.until(() => areLinked(stage, 'Bob', 'Carol'), 30_000, 'a link to Bob');
			},
			holds: (stage) => areLinked(stage, 'Bob', 'Carol') && !areLinked(stage, 'Alice', 'Carol'),
		},
		{
			id: 'gossip',
			focus: ['Alice', 'Bob', 'Carol'],
			act: (stage) =>
				stage.until(() => hasHeardOf(stage, 'Alice', 'Bob', 'Carol'), 20_000, 'Alice has heard'),
			holds: (stage) => hasHeardOf(stage, 'Alice', 'Bob', 'Carol'),
			opens: { as: 'Alice', fits: (packet) => packet.to === 'Alice' && tells(packet) },
		},
		{
			id: 'others',
			focus: ['Dave', 'Erin'],
			async act(stage) {
				await stage.addPerson('Dave', { router: { kind: 'cone' } });
				await stage.bringIn('Carol', 'Dave');
				await stage.addPerson('Erin', { router: { kind: 'cone' } });
				await stage.bringIn('Alice', 'Erin');
				const linked = (): boolean =>
					areLinked(stage, 'Bob', 'Dave') && areLinked(stage, 'Bob', 'Erin');
				await stage.until(linked, 60_000, 'links to Bob');
			},
			holds: (stage) => areLinked(stage, 'Bob', 'Dave') && areLinked(stage, 'Bob', 'Erin'),
		},
		{
			id: 'relay-gone',
			focus: [RELAY],
			async act(stage) {
				stage.stopRelay(RELAY);
				await stage.until(() => areKnown(stage, EVERYBODY), 60_000, 'all know all');
				await stage.run(3000);
			},
			holds: (stage) => !stage.isRunning(RELAY),
			opens: { as: 'Carol', fits: (packet) => packet.to === 'Carol' && tells(packet) },
		},
		{
			id: 'all',
			focus: EVERYBODY,
			act: (stage) => stage.until(() => areKnown(stage, EVERYBODY), 60_000, 'all know all'),
			holds: (stage) => areKnown(stage, EVERYBODY),
		},
	],
};
