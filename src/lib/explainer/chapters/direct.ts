// Two people in one house, then one behind an open router: their devices connect directly, and nobody is in between.
import { areLinked, isReceived, look, sent, type Chapter } from '../chapter.ts';

const RELAY = 'Harbor';

export const direct: Chapter = {
	id: 'direct',
	seed: 31,
	places: { Alice: [16, 66], Bob: [46, 72], Carol: [84, 55], [RELAY]: [50, 18] },
	async prepare(stage) {
		await stage.addRelay(RELAY);
		await stage.addPerson('Alice', { router: { kind: 'cone', lan: 'home' } });
		await stage.addPerson('Bob', { router: { kind: 'cone', lan: 'home' } });
		await stage.addPerson('Carol', { router: { kind: 'open' } });
		await stage.useRelay('Alice', RELAY);
		await stage.found('Alice');
	},
	steps: [
		{
			id: 'meet',
			focus: ['Alice', 'Bob', RELAY],
			act: (stage) => stage.bringIn('Alice', 'Bob'),
			holds: (stage) => stage.person('Bob').messenger.spaces.get()[0]?.state === 'ready',
		},
		{
			id: 'same-house',
			focus: ['Alice', 'Bob'],
			async act(stage) {
				await stage.until(() => areLinked(stage, 'Alice', 'Bob'), 30_000, 'a link');
				await stage.run(500);
			},
			holds: (stage) => areLinked(stage, 'Alice', 'Bob'),
			opens: { as: '', fits: ({ kind, dropped }) => kind === 'check' && !dropped },
		},
		{
			id: 'message',
			focus: ['Alice', 'Bob'],
			async act(stage) {
				await stage.say('Alice', 'Are you upstairs?');
				await stage.until(() => stage.shows('Bob', 'Are you upstairs?'), 5000, 'Bob reads it');
				await stage.until(() => isReceived(stage, 'Alice'), 10_000, 'the answer');
			},
			holds: (stage) => stage.shows('Bob', 'Are you upstairs?'),
			opens: { as: 'Bob', fits: sent('message', 'Alice', 'Bob') },
		},
		{
			id: 'nobody-between',
			focus: [RELAY],
			act: look,
			holds: (stage) => stage.relay(RELAY).store.held().length === 0,
			opens: { as: '', fits: sent('message', 'Alice', 'Bob') },
		},
		{
			id: 'open-router',
			focus: ['Alice', 'Bob', 'Carol'],
			async act(stage) {
				await stage.bringIn('Alice', 'Carol');
				const linked = (): boolean =>
					areLinked(stage, 'Alice', 'Carol') && areLinked(stage, 'Bob', 'Carol');
				await stage.until(linked, 30_000, 'links to Carol');
				await stage.run(500);
			},
			holds: (stage) => areLinked(stage, 'Alice', 'Carol') && areLinked(stage, 'Bob', 'Carol'),
			opens: { as: '', fits: ({ kind, to }) => kind === 'check' && to === 'Carol' },
		},
		{
			id: 'all-direct',
			focus: ['Alice', 'Bob', 'Carol'],
			async act(stage) {
				await stage.say('Carol', 'Hello, you two.');
				const read = (): boolean =>
					['Alice', 'Bob'].every((name) => stage.shows(name, 'Hello, you two.'));
				await stage.until(read, 5000, 'both read it');
				await stage.until(() => isReceived(stage, 'Carol'), 10_000, 'the answer');
			},
			holds: (stage) => ['Alice', 'Bob'].every((name) => stage.shows(name, 'Hello, you two.')),
			opens: { as: 'Bob', fits: sent('message', 'Carol', 'Bob') },
		},
	],
};
