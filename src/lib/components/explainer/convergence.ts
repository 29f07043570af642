// How far everybody who is in and there has what anybody has written, as their screens show it, and sees the same members.
import type { Scene } from '#lib/explainer/recording.ts';

export interface Convergence {
	/** Who is in, and there. */
	readonly people: number;
	/** Messages that any of them shows, of the last ones. */
	readonly messages: number;
	/** How many show so many of them, fewest first. */
	readonly have: readonly { readonly count: number; readonly people: number }[];
	readonly whole: number;
	/** All see the same members. */
	readonly agree: boolean;
}

export function convergenceOf({ people }: Scene): Convergence {
	const inside = people.filter(
		({ running, modified, space }) => running && !modified && space === 'ready',
	);
	const all = new Set(inside.flatMap(({ messages }) => messages.map(({ id }) => id)));
	const counts = new Map<number, number>();
	for (const { messages } of inside) {
		counts.set(messages.length, (counts.get(messages.length) ?? 0) + 1);
	}
	return {
		people: inside.length,
		messages: all.size,
		have: [...counts]
			.map(([count, who]) => ({ count, people: who }))
			.sort((a, b) => a.count - b.count),
		whole: inside.filter(({ messages }) => messages.length >= all.size).length,
		agree: new Set(inside.map(({ members }) => [...members].sort().join('\n'))).size <= 1,
	};
}
