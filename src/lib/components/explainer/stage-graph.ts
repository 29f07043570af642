// A scene as a picture of the same kind as the live map: who stands where, in which state, connected how.
import type { Place, Scene, ShownLink, ShownPerson, ShownRelay } from '#lib/explainer/recording.ts';
import type { GraphEdge, GraphNode, Positions, Size } from '../graph/graph.ts';
import { routerText } from './words.ts';

export interface StageGraph {
	readonly nodes: readonly GraphNode[];
	readonly edges: readonly GraphEdge[];
}

/** What is drawn of something is made once for as long as it stays the same. */
function kept<K extends object, T>(make: (of: K) => T): (of: K) => T {
	const made = new WeakMap<K, T>();
	return (of) => {
		const found = made.get(of) ?? make(of);
		made.set(of, found);
		return found;
	};
}
const inBoth = <K extends object>(make: (of: K, lit: boolean) => GraphNode) => ({
	lit: kept((of: K) => make(of, true)),
	plain: kept((of: K) => make(of, false)),
});

const relayNodes = inBoth(({ name, running, held }: ShownRelay, lit): GraphNode => ({
	...{ id: name, label: name, kind: 'relay', state: running ? 'on' : 'off' },
	...{ lit, held: held.length },
}));
const personNodes = inBoth(
	({ name, hash, running, router, space, modified }: ShownPerson, lit): GraphNode => ({
		...{ id: name, label: name, kind: 'person', state: running ? 'on' : 'off', hash },
		...{ lit, ring: router, note: routerText[router]() },
		badge: modified ? 'modified' : space === 'banned' ? 'locked' : null,
	}),
);
/** Two may have several channels of one kind. */
const edgesOf = kept((links: readonly ShownLink[]): readonly GraphEdge[] => [
	...new Map(
		links.map(({ a, b, over }) => [
			`${a} ${b}`,
			{ from: a, to: b, kind: over, activity: 'still' } as const,
		]),
	).values(),
]);

export function stageGraph({ people, relays, links }: Scene, focus: readonly string[]): StageGraph {
	const how = ({ name }: { name: string }) => (focus.includes(name) ? 'lit' : 'plain');
	return {
		nodes: [
			...relays.map((relay) => relayNodes[how(relay)](relay)),
			...people.map((person) => personNodes[how(person)](person)),
		],
		edges: edgesOf(links),
	};
}

/** Room for half a node, and for its words below, in pixels. */
const MARGIN = { side: 40, top: 36, bottom: 60 } as const;
/** Narrower than this, in pixels, the outermost stand at the edges. */
const NARROW = 560;

/** Places are told from 0 to 100, whatever of that a chapter uses: its highest and lowest stand at the edges. */
export function stageLayout(places: Readonly<Record<string, Place>>) {
	const all = Object.values(places);
	const [xs, ys] = [all.map(([x]) => x), all.map(([, y]) => y)];
	const within = (value: number, values: readonly number[]): number => {
		const [low, high] = [Math.min(...values), Math.max(...values)];
		return high > low ? (value - low) / (high - low) : 0.5;
	};
	return (nodes: readonly GraphNode[], _: readonly GraphEdge[], size: Size): Positions =>
		new Map(
			nodes.map(({ id }) => {
				const [x, y] = places[id] ?? [50, 50];
				const across = size.width < NARROW ? within(x, xs) : x / 100;
				return [
					id,
					{
						x: MARGIN.side + (size.width - 2 * MARGIN.side) * across,
						y: MARGIN.top + (size.height - MARGIN.top - MARGIN.bottom) * within(y, ys),
					},
				];
			}),
		);
}
