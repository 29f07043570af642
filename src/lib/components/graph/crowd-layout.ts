// Where those stand who come and go in free play: on as many rings as they need, around the relays. Few stand far apart,
// on a phone too.
import type { GraphEdge, GraphNode, Point, Positions, Size } from './graph.ts';

/** Room for half a node, and for its words below, in pixels; where it is close nobody has words. */
const ROOMY = { side: 44, top: 32, bottom: 56 } as const;
const CLOSE = { side: 20, top: 22, bottom: 22 } as const;
/** How many people there are at most, and how they are shared out: of so many parts, and how far out each ring is. */
const CROWDS = [
	{ most: 8, rings: [[1, 1]] },
	{
		most: 24,
		rings: [
			[2, 1],
			[1, 0.55],
		],
	},
	{
		most: Infinity,
		rings: [
			[5, 1],
			[3, 0.72],
			[2, 0.45],
		],
	},
] as const;
/** Half the way between two relays, in pixels. */
const [NEAREST, FARTHEST] = [24, 40] as const;
const SHARE = 0.08;
/** Narrower than this, in pixels, two rings are close already. */
const PHONE = 420;

export function crowdLayout(
	nodes: readonly GraphNode[],
	_: readonly GraphEdge[],
	size: Size,
): Positions {
	const people = nodes.filter(({ kind }) => kind === 'person');
	const relays = nodes.filter(({ kind }) => kind !== 'person');
	const crowd = CROWDS.find(({ most }) => people.length <= most) ?? CROWDS[2];
	const margin = crowd.rings.length > (size.width < PHONE ? 1 : 2) ? CLOSE : ROOMY;
	const centre = { x: size.width / 2, y: (margin.top + size.height - margin.bottom) / 2 };
	const reach = {
		x: Math.max(0, size.width / 2 - margin.side),
		y: Math.max(0, centre.y - margin.top),
	};
	const positions = new Map<string, Point>();

	let first = 0;
	const parts = crowd.rings.reduce((sum, [part]) => sum + part, 0);
	for (const [n, [part, radius]] of crowd.rings.entries()) {
		const isLast = n === crowd.rings.length - 1;
		const count = isLast ? people.length - first : Math.round((people.length * part) / parts);
		const ring = people.slice(first, first + count);
		for (const [k, { id }] of ring.entries()) {
			// Two stand left and right, with nothing but the relays between them.
			const turn = Math.PI / 2 + (Math.PI * (2 * k + 1)) / count;
			positions.set(id, {
				x: centre.x + reach.x * radius * Math.cos(turn),
				y: centre.y + reach.y * radius * Math.sin(turn),
			});
		}
		first += count;
	}

	const apart = Math.min(FARTHEST, Math.max(NEAREST, SHARE * size.width));
	relays.forEach(({ id }, n) => {
		positions.set(id, { x: centre.x + apart * (2 * n - relays.length + 1), y: centre.y });
	});
	return positions;
}
