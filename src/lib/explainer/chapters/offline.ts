// Somebody is away: what is written meanwhile waits on two relays out of three, and is gone from both once it is read.
import { toHex } from '#lib/util/bytes.ts';
import { look, type Chapter } from '../chapter.ts';
import type { Packet } from '../recording.ts';
import type { Stage } from '../stage.ts';

const RELAYS = ['Harbor', 'Meadow', 'Summit'] as const;
const CAPTION = 'And this is where it stands.';
/** Bytes. */
const PHOTO = 40_000;
const TEXT = 'The key is under the blue pot.';

/** Packets that Alice has left, by the hex of their names. */
const left = new WeakMap<Stage, ReadonlySet<string>>();
const packetsOn = (stage: Stage, relay: string): string[] =>
	stage
		.relay(relay)
		.store.held()
		.map(({ packet }) => toHex(packet));
/** Relays where any of what Alice has left still lies. */
const holding = (stage: Stage): string[] =>
	RELAYS.filter((name) => packetsOn(stage, name).some((packet) => left.get(stage)?.has(packet)));
/** Of the photo, on all relays together. */
const copies = (stage: Stage): number =>
	RELAYS.reduce((sum, name) => sum + stage.filesHeldBy(name), 0);
const isEmpty = (stage: Stage): boolean =>
	RELAYS.every((name) => packetsOn(stage, name).length === 0);
const isHeld = (stage: Stage): boolean =>
	stage.messages('Alice').at(-1)?.delivery?.state === 'stored';

export const offline: Chapter = {
	id: 'offline',
	seed: 21,
	places: {
		Alice: [16, 68],
		Bob: [84, 68],
		Harbor: [25, 22],
		Meadow: [50, 14],
		Summit: [75, 22],
	},
	async prepare(stage) {
		for (const name of RELAYS) await stage.addRelay(name);
		await stage.addPerson('Alice', { router: { kind: 'symmetric' } });
		await stage.addPerson('Bob', { router: { kind: 'symmetric' } });
		for (const name of RELAYS) await stage.useRelay('Alice', name);
		await stage.found('Alice');
		await stage.bringIn('Alice', 'Bob');
		await stage.run(4000);
	},
	steps: [
		{
			id: 'leaves',
			focus: ['Bob'],
			async act(stage) {
				await stage.person('Bob').stop();
				await stage.run(1500);
			},
			holds: (stage) => !stage.isRunning('Bob'),
		},
		{
			id: 'written',
			focus: ['Alice', ...RELAYS],
			async act(stage) {
				await stage.say('Alice', TEXT);
				await stage.until(() => isHeld(stage), 10_000, 'it is stored');
				left.set(stage, new Set(RELAYS.flatMap((name) => packetsOn(stage, name))));
			},
			holds: (stage) => holding(stage).length === 2,
			opens: {
				as: 'Alice',
				fits: (packet) => packet.kind === 'message' && packet.from === 'Alice',
			},
		},
		{
			id: 'waits',
			focus: [...RELAYS],
			act: look,
			holds: (stage) => holding(stage).length === 2,
			opens: {
				as: 'relay',
				fits: (packet) => packet.kind === 'message' && packet.from === 'Alice',
			},
		},
		{
			id: 'photo',
			focus: ['Alice', ...RELAYS],
			async act(stage) {
				await stage.sendFile('Alice', CAPTION, 'garden.jpg', PHOTO);
				await stage.until(() => isHeld(stage) && copies(stage) === 2, 20_000, 'it is left');
				await stage.run(500);
			},
			holds: (stage) => copies(stage) === 2,
			opens: { as: 'relay', fits: ({ kind, from }) => kind === 'file' && from === 'Alice' },
		},
		{
			id: 'alice-goes',
			focus: ['Alice'],
			async act(stage) {
				await stage.person('Alice').stop();
				await stage.run(1500);
			},
			holds: (stage) =>
				holding(stage).length === 2 && copies(stage) === 2 && !stage.isRunning('Alice'),
		},
		{
			id: 'returns',
			focus: ['Bob', ...RELAYS],
			async act(stage) {
				await stage.person('Bob').start();
				const read = (): boolean => stage.shows('Bob', TEXT) && stage.shows('Bob', CAPTION);
				await stage.until(read, 20_000, 'Bob reads it');
				const comes = (packet: Packet): boolean => packet.kind === 'file' && packet.to === 'Bob';
				await stage.until(() => stage.seen(comes), 20_000, 'Bob has the photo');
			},
			holds: async (stage) => stage.shows('Bob', TEXT) && (await stage.filesOn('Bob')) === 1,
			opens: { as: 'Bob', fits: ({ kind, to }) => kind === 'message' && to === 'Bob' },
		},
		{
			id: 'deleted',
			focus: [...RELAYS],
			act: (stage) =>
				stage.until(
					() => holding(stage).length === 0 && copies(stage) === 0,
					30_000,
					'all copies are deleted',
				),
			holds: (stage) => holding(stage).length === 0 && copies(stage) === 0,
			opens: { as: 'relay', fits: ({ kind, from }) => kind === 'receipt' && from === 'Bob' },
		},
		{
			id: 'alice-learns',
			focus: ['Alice', 'Bob'],
			async act(stage) {
				await stage.person('Alice').start();
				await stage.until(
					() => stage.messages('Alice').at(-1)?.delivery?.state === 'delivered',
					30_000,
					'Alice knows',
				);
				await stage.until(() => isEmpty(stage), 30_000, 'nothing is left');
			},
			holds: (stage) =>
				stage.messages('Alice').at(-1)?.delivery?.state === 'delivered' && isEmpty(stage),
			opens: { as: 'Alice', fits: ({ kind, to }) => kind === 'word' && to === 'Alice' },
		},
	],
};
