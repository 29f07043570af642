// Where nodes stand: people on a ring with oneself at the bottom, relays within it, a router between its person and
// the middle. The same nodes always stand in the same places, and who comes or goes moves the others little.
import type { GraphEdge, GraphNode, Point, Positions, Size } from './graph.ts';

/** Room for half a node beside it, and for its name below, in pixels. */
const MARGIN = { side: 40, top: 28, bottom: 42 } as const;
/** From so many on, every other person stands further in. */
const CROWD = 13;
const INNER = 0.68;
const ROUTER = 0.56;
/** Of the ring that several relays stand on. */
const RELAYS = { x: 0.38, y: 0.27 } as const;
/** Of the ring that a relay stands on beside the line between two, which bends away from it. */
const BESIDE = { x: -0.75, y: 0.4 } as const;
/** Where the first relay stands that isn't in the middle: not in a line with people. */
const ASLANT = 1.25 * Math.PI;

/** The middle of the ring. */
export const centreOf = ({ width, height }: Size): Point => ({
	x: width / 2,
	y: (MARGIN.top + height - MARGIN.bottom) / 2,
});

const byId = (a: GraphNode, b: GraphNode): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

export function ringLayout(
	nodes: readonly GraphNode[],
	edges: readonly GraphEdge[],
	size: Size,
): Positions {
	const centre = centreOf(size);
	const reach = {
		x: Math.max(0, size.width / 2 - MARGIN.side),
		y: Math.max(0, centre.y - MARGIN.top),
	};
	const positions = new Map<string, Point>();
	const put = ({ id }: GraphNode, angle: number, x: number, y: number): void => {
		positions.set(id, {
			x: centre.x + Math.cos(angle) * reach.x * x,
			y: centre.y + Math.sin(angle) * reach.y * y,
		});
	};
	const kind = (wanted: GraphNode['kind']): readonly GraphNode[] =>
		nodes.filter((node) => node.kind === wanted).sort(byId);

	const people = kind('person');
	const ring = [...people.filter(({ own }) => own), ...people.filter(({ own }) => !own)];
	const angles = new Map<string, number>();
	ring.forEach((node, index) => {
		const angle = Math.PI / 2 + (2 * Math.PI * index) / ring.length;
		const share = ring.length >= CROWD && index % 2 === 1 ? INNER : 1;
		angles.set(node.id, angle);
		put(node, angle, share, share);
	});

	const relays = kind('relay');
	// Through the middle go the lines between people who stand opposite each other, and no relay is on those.
	const isFree = relays.length === 1 && ring.length % 2 === 1;
	const share = isFree ? { x: 0, y: 0 } : ring.length === 2 ? BESIDE : RELAYS;
	relays.forEach((node, index) => {
		put(node, ASLANT + (2 * Math.PI * index) / relays.length, share.x, share.y);
	});

	const routers = kind('router');
	routers.forEach((node, index) => {
		const behind = edges
			.flatMap(({ from, to }) => (from === node.id ? [to] : to === node.id ? [from] : []))
			.map((id) => angles.get(id))
			.find((angle) => angle !== undefined);
		put(node, behind ?? (2 * Math.PI * index) / routers.length, ROUTER, ROUTER);
	});
	return positions;
}
