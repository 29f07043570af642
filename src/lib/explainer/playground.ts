// Free play: a chapter that whoever looks on writes. Each action is run until its consequences have settled a little, and
// recorded as a step like any other.
import type { RecordedStep } from './recording.ts';
import { nameOf, PEOPLE, RELAYS } from './cast.ts';
import { routerOf, type Action } from './scenario.ts';
import { createStage, type Stage, type StageParts } from './stage.ts';

export interface Playground {
	/** Alice and a relay are there. */
	begin(): Promise<RecordedStep>;
	/** What can't be done now, such as banning who has left, changes nothing. */
	act(action: Action): Promise<RecordedStep>;
}

/** How long one looks on after each action, simulated milliseconds. */
const SETTLES = 4000;
const TRIES = 8000;
const FOUNDER = 'Alice';

export function createPlayground(seed: number, parts: StageParts): Playground {
	const stage = createStage(seed, parts);
	/** Nobody comes a second time. */
	const seen = new Set([FOUNDER]);
	let said = 0;

	const isThere = (name: string): boolean => stage.people.has(name);
	const isIn = (name: string): boolean =>
		isThere(name) &&
		stage.isRunning(name) &&
		stage
			.person(name)
			.messenger.spaces.get()
			.some(({ id, state }) => id === stage.space && state === 'ready');

	async function step(id: string, focus: readonly string[], act: () => Promise<void>) {
		const begin = stage.now;
		await act();
		return { id, begin, focus, end: stage.now, ...stage.take(), opened: null };
	}

	async function perform({ name: what, ...action }: Action): Promise<void> {
		const who = PEOPLE[action.who] ?? '';
		const moderation = () => stage.person(FOUNDER).messenger.moderation(stage.space);
		switch (what) {
			case 'join':
				if (seen.has(who) || who === '') return;
				seen.add(who);
				await stage.addPerson(who, { router: { kind: routerOf({ name: what, ...action }) } });
				if (isIn(FOUNDER)) await joined(stage, who);
				return;
			case 'leave':
				if (isThere(who) && stage.isRunning(who)) await stage.finish(stage.person(who).stop());
				return;
			case 'return':
				if (isThere(who) && !stage.isRunning(who)) await stage.finish(stage.person(who).start());
				return;
			case 'relay': {
				const relay = RELAYS[action.who] ?? '';
				if (!stage.relays.has(relay)) return;
				if (stage.isRunning(relay)) stage.stopRelay(relay);
				else stage.startRelay(relay);
				return;
			}
			case 'cut': {
				const [from, to] = [nameOf(action.who), nameOf(action.other)];
				const exist = [from, to].every((name) => isThere(name) || stage.relays.has(name));
				if (exist && from !== to) stage.cut(from, to);
				return;
			}
			case 'say':
				if (isIn(who)) await stage.say(who, `${who}, ${++said}`);
				return;
			case 'ban':
			case 'shadow-ban': {
				if (!isIn(FOUNDER) || !isThere(who) || who === FOUNDER) return;
				const root = stage.rootOf(who);
				await stage.finish(
					what === 'ban'
						? moderation().ban(root, { reason: 'Free play', voidInvites: true })
						: moderation().shadowBan(root, 'Free play'),
				);
				return;
			}
			case 'purge': {
				if (!isIn(FOUNDER)) return;
				const last = stage
					.messages(FOUNDER)
					.findLast(({ authorName, gone }) => authorName === who && gone === null);
				if (last) await stage.finish(moderation().purge([last.id], 'Free play'));
				return;
			}
			case 'slow':
				stage.slow(action.who);
				return;
			case 'router':
				if (isThere(who)) stage.move(who, { kind: routerOf({ name: what, ...action }) });
				return;
			case 'remove':
				if (isThere(who) && who !== FOUNDER) await stage.remove(who);
				return;
			case 'wait':
				await stage.run(1000 * action.who);
		}
	}

	return {
		begin: () =>
			step('begin', [FOUNDER], async () => {
				for (const relay of RELAYS) await stage.addRelay(relay);
				await stage.addPerson(FOUNDER, { router: { kind: 'cone' } });
				for (const relay of RELAYS) await stage.useRelay(FOUNDER, relay);
				await stage.found(FOUNDER);
			}),
		act: (action) =>
			step(action.name, focusOf(action), async () => {
				await perform(action);
				if (action.name !== 'wait') await stage.run(SETTLES);
			}),
	};
}

function focusOf({ name, who, other }: Action): readonly string[] {
	if (name === 'wait' || name === 'slow') return [];
	if (name === 'relay') return [RELAYS[who] ?? ''];
	return name === 'cut' ? [nameOf(who), nameOf(other)] : [nameOf(who)];
}

/** Asks to be let in, and waits a while: with no relay there it may take for ever. */
async function joined(stage: Stage, who: string): Promise<void> {
	const invited = await stage.finish(stage.person('Alice').messenger.invite(stage.space));
	if (!invited.ok) return;
	const { messenger } = stage.person(who);
	await stage.finish(messenger.join(invited.value.link));
	const isIn = (): boolean => messenger.spaces.get().some(({ state }) => state === 'ready');
	for (let ms = 0; ms < TRIES && !isIn(); ms += 250) await stage.run(250);
}
