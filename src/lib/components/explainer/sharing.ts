// From one scene to the next little changes: what says the same as before becomes the same value, so that what is drawn
// of it is left alone.
import type { Scene } from '#lib/explainer/recording.ts';

function same<T>(now: T, before: T | undefined): T {
	return before !== undefined && JSON.stringify(now) === JSON.stringify(before) ? before : now;
}

function sameByName<T extends { readonly name: string }>(
	now: readonly T[],
	before: readonly T[] | undefined,
): readonly T[] {
	const known = new Map(before?.map((each) => [each.name, each]));
	const shared = now.map((each) => same(each, known.get(each.name)));
	const isAll = before?.length === shared.length && shared.every((each, n) => each === before[n]);
	return isAll ? before : shared;
}

/** The scenes of a step, and the last one before it. */
export function shareUnchanged(
	scenes: readonly Scene[],
	last: Scene | undefined,
): readonly Scene[] {
	let before = last;
	return scenes.map(({ time, people, relays, links }) => {
		before = {
			time,
			people: sameByName(people, before?.people),
			relays: sameByName(relays, before?.relays),
			links: same(links, before?.links),
		};
		return before;
	});
}
