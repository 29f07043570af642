// Two routers that let in nothing but answers, each from another address for everybody: every probe is dropped, and
// without a relay the two are alone.
import { look, sent, type Chapter } from '../chapter.ts';
import type { Stage } from '../stage.ts';

const RELAY = 'Harbor';
const TEXT = 'Can you hear me?';

const isQueued = (stage: Stage): boolean =>
	stage.messages('Alice').at(-1)?.delivery?.state === 'queued';

export const strict: Chapter = {
	id: 'strict',
	seed: 41,
	places: { Alice: [18, 62], Bob: [82, 62], [RELAY]: [50, 20] },
	async prepare(stage) {
		await stage.addRelay(RELAY);
		await stage.addPerson('Alice', { router: { kind: 'symmetric' } });
		await stage.addPerson('Bob', { router: { kind: 'symmetric' } });
		await stage.useRelay('Alice', RELAY);
		await stage.found('Alice');
	},
	steps: [
		{
			id: 'met',
			focus: ['Alice', 'Bob', RELAY],
			act: (stage) => stage.bringIn('Alice', 'Bob'),
			holds: (stage) => stage.person('Bob').messenger.spaces.get()[0]?.state === 'ready',
		},
		{
			id: 'dropped',
			focus: ['Alice', 'Bob'],
			act: (stage) => stage.run(3000),
			holds: ({ world }) => world.network.connections().every(({ over }) => over === 'relay'),
			opens: { as: '', fits: ({ kind, dropped }) => kind === 'check' && dropped },
		},
		{
			id: 'why',
			focus: ['Alice', 'Bob'],
			act: look,
			holds: ({ world }) => world.network.connections().every(({ over }) => over === 'relay'),
			opens: { as: '', fits: ({ kind, dropped }) => kind === 'check' && dropped },
		},
		{
			id: 'alone',
			focus: ['Alice', 'Bob'],
			async act(stage) {
				stage.stopRelay(RELAY);
				await stage.run(4000);
			},
			holds: ({ world }) => world.network.connections().length === 0,
		},
		{
			id: 'queued',
			focus: ['Alice'],
			async act(stage) {
				await stage.say('Alice', TEXT);
				await stage.run(6000);
			},
			holds: (stage) => isQueued(stage) && !stage.shows('Bob', TEXT),
		},
		{
			id: 'relay-again',
			focus: ['Alice', 'Bob', RELAY],
			async act(stage) {
				stage.startRelay(RELAY);
				for (const name of ['Alice', 'Bob']) stage.person(name).messenger.reconnect();
				await stage.until(() => stage.shows('Bob', TEXT), 60_000, 'Bob reads it');
			},
			holds: (stage) => stage.shows('Bob', TEXT),
			opens: { as: RELAY, fits: sent('message', 'Alice', RELAY) },
		},
	],
};
