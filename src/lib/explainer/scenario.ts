// Free play as data: what somebody did, in order. Small enough for a link, and the same again wherever it is opened.
//
// scenario [1, seed, [[action, person or relay (by number), other (by number)] …≤80]]
import { decode, encode, list, literal, map, tuple, uint } from '#lib/protocol/cbor.ts';
import { fromBase64Url, toBase64Url } from '#lib/util/bytes.ts';
import { ROUTERS } from './cast.ts';

export const MAX_ACTIONS = 80;
const MAX_BYTES = 2048;
const MAX_SEED = 2 ** 32 - 1;
const MAX_NUMBER = 63;

/**
 * What can be done, with whom (numbers of the cast). join: somebody comes, behind a router of the second number. leave,
 * return: switched off and on. relay: stops or starts. cut: between two, or no longer; relays follow after the people. say:
 * a message. ban, shadow-ban, purge: by the founder; purge takes what somebody said last. slow: frames take so many
 * hundreds of milliseconds. router: from here on behind one of the second number. remove: gone for good. wait: so many
 * seconds pass.
 */
export const ACTIONS = [
	'join',
	'leave',
	'return',
	'relay',
	'cut',
	'say',
	'ban',
	'shadow-ban',
	'purge',
	'slow',
	'router',
	'remove',
	'wait',
] as const;
export type ActionName = (typeof ACTIONS)[number];

export interface Action {
	readonly name: ActionName;
	readonly who: number;
	readonly other: number;
}

export interface Scenario {
	readonly seed: number;
	readonly actions: readonly Action[];
}

const shape = map(
	tuple(
		literal(1),
		uint(MAX_SEED),
		list(tuple(uint(ACTIONS.length - 1), uint(MAX_NUMBER), uint(MAX_NUMBER)), MAX_ACTIONS),
	),
	([, seed, actions]): Scenario => ({
		seed,
		actions: actions.map(([name, who, other]) => ({ name: ACTIONS[name] ?? 'say', who, other })),
	}),
);

export const encodeScenario = ({ seed, actions }: Scenario): string =>
	toBase64Url(
		encode([
			1,
			seed,
			actions
				.slice(0, MAX_ACTIONS)
				.map(({ name, who, other }) => [ACTIONS.indexOf(name), who, other]),
		]),
	);

/** Undefined for whatever is no scenario. */
export function decodeScenario(text: string): Scenario | undefined {
	if (text.length > 2 * MAX_BYTES) return undefined;
	const bytes = fromBase64Url(text);
	const decoded = bytes && decode(shape, bytes, MAX_BYTES);
	return decoded?.ok ? decoded.value : undefined;
}

/** One thing more is done. Waiting for longer is one wait. */
export function followedBy(actions: readonly Action[], action: Action): readonly Action[] {
	const last = actions.at(-1);
	const seconds = (last?.who ?? 0) + action.who;
	return action.name === 'wait' && last?.name === 'wait' && seconds <= MAX_NUMBER
		? [...actions.slice(0, -1), { ...last, who: seconds }]
		: [...actions, action];
}

export const routerOf = (action: Action) => ROUTERS[action.other % ROUTERS.length] ?? 'cone';
