import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crowdLayout } from '#lib/components/graph/crowd-layout.ts';
import { curveBetween, pointOn } from '#lib/components/graph/curve.ts';
import type { GraphEdge, GraphNode } from '#lib/components/graph/graph.ts';
import { centreOf, ringLayout } from '#lib/components/graph/layout.ts';
import { graphLabel, graphLines } from '#lib/components/graph/words.ts';

const size = { width: 340, height: 280 };
const person = (id: string, own = false): GraphNode => ({
	id,
	label: id,
	kind: 'person',
	state: 'on',
	hash: id,
	own,
});
const relay = (id: string): GraphNode => ({ id, label: id, kind: 'relay', state: 'on' });
const direct = (from: string, to: string): GraphEdge => ({
	from,
	to,
	kind: 'direct',
	activity: 'still',
});

const nodes = fc.uniqueArray(fc.stringMatching(/^[0-9a-f]{1,8}$/), { maxLength: 40 }).chain((ids) =>
	fc.tuple(
		...ids.map((id, index) =>
			fc.constantFrom<GraphNode['kind']>('person', 'relay', 'router').map((kind) => ({
				...person(id, index === 0 && kind === 'person'),
				kind,
			})),
		),
	),
);

describe('where the nodes of a picture stand', () => {
	it('is within the picture, each at a place of its own, and the same whatever the order', () => {
		fc.assert(
			fc.property(nodes, (all) => {
				const places = ringLayout(all, [], size);
				expect(places.size).toBe(all.length);
				for (const { x, y } of places.values()) {
					expect(x).toBeGreaterThanOrEqual(20);
					expect(x).toBeLessThanOrEqual(size.width - 20);
					expect(y).toBeGreaterThanOrEqual(20);
					expect(y).toBeLessThanOrEqual(size.height - 30);
				}
				const people = all.filter(({ kind }) => kind === 'person');
				const spots = new Set(
					people.map(({ id }) => `${places.get(id)?.x.toFixed(2)} ${places.get(id)?.y.toFixed(2)}`),
				);
				expect(spots.size).toBe(people.length);
				expect(new Map(ringLayout([...all].reverse(), [], size))).toEqual(places);
			}),
		);
	});

	it('has oneself at the bottom, and a single relay in the middle', () => {
		const places = ringLayout([person('b'), relay('r'), person('z', true), person('a')], [], size);
		expect(places.get('r')).toEqual(centreOf(size));
		const lowest = [...places].sort(([, a], [, b]) => b.y - a.y)[0]?.[0];
		expect(lowest).toBe('z');
	});

	it('has no relay on the line between two people', () => {
		for (const others of [['b'], ['b', 'c', 'd']]) {
			const people = [person('me', true), ...others.map((id) => person(id))];
			for (const relays of [['r'], ['r', 's']]) {
				const places = ringLayout([...people, ...relays.map(relay)], [], size);
				for (const each of relays) {
					// The lines through the middle are the upright one and the level one.
					const [at, middle] = [places.get(each), centreOf(size)];
					expect(Math.abs((at?.x ?? 0) - middle.x)).toBeGreaterThan(20);
					expect(Math.abs((at?.y ?? 0) - middle.y)).toBeGreaterThan(others.length > 1 ? 15 : 0);
				}
			}
		}
	});

	it('puts a router between its person and the middle', () => {
		const router: GraphNode = { id: 'nat', label: 'nat', kind: 'router', state: 'on' };
		const all = [person('me', true), person('bob'), router];
		const places = ringLayout(all, [direct('bob', 'nat')], size);
		const [bob, nat, centre] = [places.get('bob'), places.get('nat'), centreOf(size)];
		expect(nat?.x).toBeCloseTo(centre.x + 0.56 * ((bob?.x ?? 0) - centre.x));
		expect(nat?.y).toBeCloseTo(centre.y + 0.56 * ((bob?.y ?? 0) - centre.y));
	});
});

describe('where a crowd stands', () => {
	const crowd = (count: number): GraphNode[] => [
		...['Harbor', 'Meadow'].map(relay),
		...Array.from({ length: count }, (_, n) => person(String(n))),
	];
	/** How near the two nearest come to each other. */
	const nearest = (count: number, within = size): number => {
		const spots = [...crowdLayout(crowd(count), [], within).values()];
		const far = spots.flatMap((a, n) =>
			spots.slice(n + 1).map((b) => Math.hypot(a.x - b.x, a.y - b.y)),
		);
		return Math.min(...far);
	};

	it('is all over the picture, however few there are', () => {
		const places = crowdLayout(crowd(2), [], size);
		const [a, b] = [places.get('0'), places.get('1')];
		expect(Math.abs((a?.x ?? 0) - (b?.x ?? 0))).toBeGreaterThan(0.7 * size.width);
	});

	it('is within the picture, and nobody stands on somebody else, on a phone too', () => {
		for (const within of [size, { width: 326, height: 250 }, { width: 800, height: 410 }]) {
			for (let count = 1; count <= 50; count++) {
				for (const { x, y } of crowdLayout(crowd(count), [], within).values()) {
					expect(x).toBeGreaterThanOrEqual(20);
					expect(x).toBeLessThanOrEqual(within.width - 20);
					expect(y).toBeGreaterThanOrEqual(20);
					expect(y).toBeLessThanOrEqual(within.height - 20);
				}
				expect([count, nearest(count, within) > 19]).toEqual([count, true]);
			}
		}
	});
});

describe('how a line runs', () => {
	const place = fc.record({
		x: fc.integer({ min: 40, max: 300 }),
		y: fc.integer({ min: 28, max: 238 }),
	});

	it('begins and ends at its nodes, and its middle keeps clear of what stands in the middle', () => {
		fc.assert(
			fc.property(place, place, (from, to) => {
				fc.pre(Math.hypot(from.x - to.x, from.y - to.y) > 1);
				const curve = curveBetween(from, to, centreOf(size), 34);
				expect(pointOn(curve, 0)).toEqual(from);
				expect(pointOn(curve, 1)).toEqual(to);
				const { x, y } = pointOn(curve, 0.5);
				const centre = centreOf(size);
				expect(Math.hypot(x - centre.x, y - centre.y)).toBeGreaterThan(33);
			}),
		);
	});
});

describe('a picture in words', () => {
	it('says of each node whom it is connected with, and how', () => {
		const all = [person('Ana', true), person('Bob'), person('Cem'), relay('relay.example')];
		const lines = graphLines(all, [
			direct('Ana', 'Bob'),
			{ from: 'Ana', to: 'relay.example', kind: 'relay', activity: 'still' },
			{ from: 'Ana', to: 'Cem', kind: 'direct', activity: 'trying' },
		]);
		expect(lines.map(({ name, links }) => [name, ...links])).toEqual([
			['You', 'directly connected: Bob', 'through a relay: relay.example', 'being tried: Cem'],
			['Bob', 'directly connected: You'],
			['Cem', 'being tried: You'],
			['relay.example', 'through a relay: You'],
		]);
		expect(graphLabel(all)).toContain('people 3, relays 1');
	});
});
