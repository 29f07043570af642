// Where a packet is on its way, in pixels.
import { pointOn, type Curve } from '../graph/curve.ts';
import type { Point } from '../graph/graph.ts';

/** How far along the way something that is dropped still comes: to the router of whom it was for. */
const DROPPED_AT = 0.86;
/** Beside the line, so that both ways are seen. */
const ASIDE = 5;

/** `done`: how much of the way, 0 … 1. */
export function onTheWay(curve: Curve, done: number, dropped: boolean): Point {
	const along = dropped ? Math.min(done, DROPPED_AT) : done;
	const { x, y } = pointOn(curve, along);
	const [dx, dy] = [curve.to.x - curve.from.x, curve.to.y - curve.from.y];
	const length = Math.hypot(dx, dy) || 1;
	const aside = ASIDE * Math.sin(Math.PI * along);
	return { x: x - (dy / length) * aside, y: y + (dx / length) * aside };
}

export const isStopped = (done: number, dropped: boolean): boolean => dropped && done >= DROPPED_AT;
