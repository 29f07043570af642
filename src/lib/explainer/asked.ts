// How things will stand once everything that was asked for is done: for buttons that are there and back. The stage lags
// behind what was asked for, and one may be looking at an earlier step.
import type { Action } from './scenario.ts';

const isOdd = (actions: readonly unknown[]): boolean => actions.length % 2 === 1;

/** Nothing passes between these two, by their numbers in the cast. */
export function willBeCut(actions: readonly Action[], a: number, b: number): boolean {
	return isOdd(
		actions.filter(
			({ name, who, other }) =>
				name === 'cut' && ((who === a && other === b) || (who === b && other === a)),
		),
	);
}

/** This person's device is switched off. */
export const willBeOff = (actions: readonly Action[], person: number): boolean =>
	actions.findLast(
		({ name, who }) => who === person && (name === 'leave' || name === 'return' || name === 'join'),
	)?.name === 'leave';

/** This relay, by its own number, is stopped. */
export const willBeStopped = (actions: readonly Action[], relay: number): boolean =>
	isOdd(actions.filter(({ name, who }) => name === 'relay' && who === relay));
