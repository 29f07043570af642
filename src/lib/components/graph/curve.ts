// How an edge runs: a curve with one control point, bent so that it keeps clear of what stands in the middle.
import type { Point } from './graph.ts';

export interface Curve {
	readonly from: Point;
	readonly control: Point;
	readonly to: Point;
}

const BEND = 0.07;

/** `clearance`: how far from `centre` the curve's middle stays, in pixels; 0 where nothing stands there. */
export function curveBetween(from: Point, to: Point, centre: Point, clearance: number): Curve {
	const [dx, dy] = [to.x - from.x, to.y - from.y];
	const length = Math.hypot(dx, dy) || 1;
	const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
	const across = { x: -dy / length, y: dx / length };
	const [offX, offY] = [middle.x - centre.x, middle.y - centre.y];
	const outward = offX * across.x + offY * across.y;
	const along = (offX * dx + offY * dy) / length;
	const missing = Math.sqrt(Math.max(0, clearance ** 2 - along ** 2)) - Math.abs(outward);
	// The curve goes half as far aside as its control point.
	const aside = 2 * Math.max(BEND * length, missing) * (outward < 0 ? -1 : 1);
	return {
		from,
		control: { x: middle.x + across.x * aside, y: middle.y + across.y * aside },
		to,
	};
}

/** `t`: 0 at `from`, 1 at `to`. */
export function pointOn({ from, control, to }: Curve, t: number): Point {
	const at = (a: number, b: number, c: number): number =>
		(1 - t) ** 2 * a + 2 * t * (1 - t) * b + t ** 2 * c;
	return { x: at(from.x, control.x, to.x), y: at(from.y, control.y, to.y) };
}

const pair = ({ x, y }: Point): string => `${x.toFixed(1)} ${y.toFixed(1)}`;

/** For the `d` of a path. */
export const toPath = ({ from, control, to }: Curve): string =>
	`M${pair(from)}Q${pair(control)} ${pair(to)}`;
