// Two people whose routers let nothing in meet by a relay, and one message is followed all the way.
import { look, sent, type Chapter } from '../chapter.ts';

const RELAY = 'Harbor';
const TEXT = 'Dinner at eight?';

export const relay: Chapter = {
	id: 'relay',
	seed: 11,
	places: { Alice: [18, 62], Bob: [82, 62], [RELAY]: [50, 22] },
	async prepare(stage) {
		await stage.addRelay(RELAY);
		await stage.addPerson('Alice', { router: { kind: 'symmetric' } });
		await stage.addPerson('Bob', { router: { kind: 'symmetric' } });
	},
	steps: [
		{
			id: 'reach-out',
			focus: ['Alice', RELAY],
			async act(stage) {
				await stage.useRelay('Alice', RELAY);
				await stage.found('Alice');
			},
			holds: ({ world }) =>
				world.network.connections().some(({ a, over }) => a === 'Alice' && over === 'relay'),
			opens: { as: RELAY, fits: (packet) => packet.kind === 'setup' && packet.from === 'Alice' },
		},
		{
			id: 'introduce',
			focus: ['Alice', 'Bob', RELAY],
			act: (stage) => stage.bringIn('Alice', 'Bob'),
			holds: (stage) => stage.person('Bob').messenger.spaces.get()[0]?.state === 'ready',
		},
		{
			id: 'no-way',
			focus: ['Alice', 'Bob'],
			async act(stage) {
				await stage.run(4000);
			},
			holds: ({ world }) => world.network.connections().every(({ over }) => over === 'relay'),
			opens: { as: '', fits: ({ kind, dropped }) => kind === 'check' && dropped },
		},
		{
			id: 'leaves',
			focus: ['Alice'],
			async act(stage) {
				await stage.say('Alice', TEXT);
				await stage.until(() => stage.seen(sent('message', 'Alice', RELAY)), 1000, 'it is there');
			},
			holds: (stage) => stage.shows('Alice', TEXT),
			opens: { as: 'Alice', fits: sent('message', 'Alice', RELAY) },
		},
		{
			id: 'at-the-relay',
			focus: [RELAY],
			act: look,
			holds: () => true,
			opens: { as: RELAY, fits: sent('message', 'Alice', RELAY) },
		},
		{
			id: 'on-the-way',
			focus: [RELAY, 'Bob'],
			act: (stage) => stage.until(() => stage.shows('Bob', TEXT), 5000, 'Bob reads it'),
			holds: (stage) => stage.shows('Bob', TEXT),
			opens: { as: '', fits: sent('message', RELAY, 'Bob') },
		},
		{
			id: 'at-bob',
			focus: ['Bob'],
			act: look,
			holds: (stage) => stage.shows('Bob', TEXT),
			opens: { as: 'Bob', fits: sent('message', RELAY, 'Bob') },
		},
		{
			id: 'delivered',
			focus: ['Alice', 'Bob'],
			act: (stage) =>
				stage.until(
					() => stage.messages('Alice').at(-1)?.delivery?.state === 'delivered',
					10_000,
					'Alice knows',
				),
			holds: (stage) => stage.relay(RELAY).store.held().length === 0,
			opens: { as: 'Alice', fits: sent('word', RELAY, 'Alice') },
		},
	],
};
