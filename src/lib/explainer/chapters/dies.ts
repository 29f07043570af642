// The relay is gone for good: the mesh keeps talking, a friend introduces a new one, and two codes bring in somebody else.
// Fetched when the first meeting is due, which would take time that no clock here knows.
import '#lib/messenger/meeting/places.ts';
import type { MeetingView } from '#lib/messenger/meeting-api.ts';
import { areLinked, isReceived, sent, type Chapter } from '../chapter.ts';
import type { Stage } from '../stage.ts';

const RELAY = 'Harbor';
const ASKS = 'Are you still there?';
const ANSWERS = 'Here, as ever.';
const NEW = 'It works!';

/** Both show and read the other one's code, as people do with two phones. */
async function meet(stage: Stage, first: string, second: string): Promise<void> {
	const [hers, theirs] = [
		await stage.finish(stage.person(first).messenger.meet()),
		await stage.finish(stage.person(second).messenger.meet()),
	];
	const shows = (view: MeetingView): string | null =>
		view.state === 'offering' || view.state === 'answering' ? view.code : null;
	const isAt = (state: MeetingView['state'], of: typeof hers) => (): boolean =>
		of.view.get().state === state;
	await stage.until(isAt('offering', hers), 10_000, 'the first code');
	theirs.take(shows(hers.view.get()) ?? '');
	await stage.until(isAt('answering', theirs), 10_000, 'the second code');
	hers.take(shows(theirs.view.get()) ?? '');
	await stage.until(isAt('done', hers), 20_000, 'they are connected');
	await stage.until(isAt('done', theirs), 20_000, 'on both sides');
	const view = hers.view.get();
	if (view.state !== 'done' || view.space === null) throw new Error('nothing is shared');
	stage.goTo(view.space, [first, second]);
}

export const dies: Chapter = {
	id: 'dies',
	seed: 81,
	places: { Alice: [15, 36], Bob: [50, 66], Carol: [85, 36], Dora: [85, 76], [RELAY]: [50, 16] },
	async prepare(stage) {
		await stage.addRelay(RELAY);
		await stage.addPerson('Alice', { router: { kind: 'cone' } });
		await stage.addPerson('Bob', { router: { kind: 'open' } });
		await stage.useRelay('Alice', RELAY);
		await stage.found('Alice');
		await stage.bringIn('Alice', 'Bob');
	},
	steps: [
		{
			id: 'before',
			focus: ['Alice', 'Bob', 'Carol'],
			async act(stage) {
				await stage.addPerson('Carol', { router: { kind: 'symmetric' } });
				await stage.bringIn('Bob', 'Carol');
				const linked = (): boolean =>
					areLinked(stage, 'Alice', 'Bob') && areLinked(stage, 'Bob', 'Carol');
				await stage.until(linked, 30_000, 'both are linked with Bob');
				await stage.run(2000);
			},
			holds: (stage) => !areLinked(stage, 'Alice', 'Carol') && areLinked(stage, 'Alice', 'Bob'),
		},
		{
			id: 'dies',
			focus: [RELAY],
			async act(stage) {
				stage.stopRelay(RELAY);
				await stage.run(3000);
			},
			holds: (stage) => areLinked(stage, 'Alice', 'Bob') && areLinked(stage, 'Bob', 'Carol'),
		},
		{
			id: 'talks',
			focus: ['Alice', 'Bob', 'Carol'],
			async act(stage) {
				await stage.say('Alice', ASKS);
				await stage.until(() => stage.shows('Carol', ASKS), 20_000, 'Carol reads it');
			},
			holds: (stage) => stage.shows('Carol', ASKS) && !areLinked(stage, 'Alice', 'Carol'),
			opens: { as: 'Carol', fits: sent('message', 'Bob', 'Carol') },
		},
		{
			id: 'introduced',
			focus: ['Alice', 'Carol'],
			async act(stage) {
				// Her connections end one by one, as they do when a phone finds the Wi-Fi: Bob is still there to introduce her.
				stage.world.network.routers.set('Carol', { kind: 'cone' });
				for (const name of ['Alice', 'Carol']) stage.person(name).messenger.reconnect();
				await stage.until(() => areLinked(stage, 'Alice', 'Carol'), 120_000, 'they are linked');
			},
			holds: (stage) => areLinked(stage, 'Alice', 'Carol') && !stage.isRunning(RELAY),
			opens: { as: 'Bob', fits: ({ kind, to }) => kind === 'signal' && to === 'Bob' },
		},
		{
			id: 'without-bob',
			focus: ['Alice', 'Carol'],
			async act(stage) {
				await stage.person('Bob').stop();
				await stage.run(1000);
				await stage.say('Carol', ANSWERS);
				await stage.until(() => stage.shows('Alice', ANSWERS), 10_000, 'Alice reads it');
				await stage.until(() => isReceived(stage, 'Carol'), 10_000, 'the answer');
			},
			holds: (stage) => stage.shows('Alice', ANSWERS) && !stage.isRunning('Bob'),
			opens: { as: 'Alice', fits: sent('message', 'Carol', 'Alice') },
		},
		{
			id: 'two-codes',
			focus: ['Carol', 'Dora'],
			async act(stage) {
				await stage.addPerson('Dora', { router: { kind: 'cone' } });
				await meet(stage, 'Dora', 'Carol');
			},
			holds: (stage) =>
				areLinked(stage, 'Dora', 'Carol') &&
				!stage.isRunning(RELAY) &&
				stage.person('Dora').messenger.network.get().relays.length === 0,
			opens: {
				as: '',
				fits: ({ kind, to }) => kind === 'check' && (to === 'Carol' || to === 'Dora'),
			},
		},
		{
			id: 'talks-too',
			focus: ['Carol', 'Dora'],
			async act(stage) {
				await stage.say('Dora', NEW);
				await stage.until(() => stage.shows('Carol', NEW), 10_000, 'Carol reads it');
				await stage.until(() => isReceived(stage, 'Dora'), 10_000, 'the answer');
			},
			holds: (stage) => stage.shows('Carol', NEW),
			opens: { as: 'Carol', fits: sent('message', 'Dora', 'Carol') },
		},
	],
};
