// What a picture of a network shows, in words: one line for each node.
import { m } from '#lib/paraglide/messages.js';
import { getLocale } from '#lib/paraglide/runtime.js';
import type { GraphEdge, GraphNode } from './graph.ts';

export interface GraphLine {
	readonly id: string;
	readonly name: string;
	readonly links: readonly string[];
}

export const nodeName = ({ own, label }: GraphNode): string => (own ? m.graph_you() : label);

export const edgeWords: Record<GraphEdge['kind'] | 'trying', () => string> = {
	direct: m.graph_kind_direct,
	relay: m.graph_kind_relay,
	stored: m.graph_kind_stored,
	cut: m.graph_kind_cut,
	trying: m.graph_kind_trying,
};

/** How it is drawn: what is only tried looks the same whatever it is to become. */
export const lookOf = ({ kind, activity }: GraphEdge): GraphEdge['kind'] | 'trying' =>
	activity === 'trying' ? 'trying' : kind;

const phrases: Record<GraphEdge['kind'] | 'trying', (names: { names: string }) => string> = {
	direct: m.graph_direct,
	relay: m.graph_relay,
	stored: m.graph_stored,
	cut: m.graph_cut,
	trying: m.graph_trying,
};

export function graphLines(
	nodes: readonly GraphNode[],
	edges: readonly GraphEdge[],
): readonly GraphLine[] {
	const names = new Map(nodes.map((node) => [node.id, nodeName(node)]));
	const list = new Intl.ListFormat(getLocale(), { type: 'conjunction' });
	return nodes.map((node) => {
		const links = (['direct', 'relay', 'stored', 'cut', 'trying'] as const).flatMap((look) => {
			const others = edges
				.filter((edge) => lookOf(edge) === look)
				.flatMap(({ from, to }) => (from === node.id ? [to] : to === node.id ? [from] : []))
				.flatMap((id) => names.get(id) ?? []);
			return others.length === 0 ? [] : [phrases[look]({ names: list.format(others) })];
		});
		return { id: node.id, name: nodeName(node), links };
	});
}

export function graphLabel(nodes: readonly GraphNode[]): string {
	const count = (kind: GraphNode['kind']): number =>
		nodes.filter((node) => node.kind === kind).length;
	return m.graph_label({ people: count('person'), relays: count('relay') });
}
