// Fingers, mouse and wheel on a picture: two fingers and the wheel make it larger, one moves it, or wipes to the next.
import type { Point, Zoom } from './zoom.svelte.ts';

/** Pixels of a wipe. */
const WIPE = 60;
const TWICE_WITHIN = 300;

interface Events {
	/** -1: the one before, 1: the next. */
	onwipe(direction: -1 | 1): void;
}

export function gestures(zoom: Zoom, events: Events): (stage: HTMLElement) => () => void {
	return (stage) => {
		const down = new Map<number, Point>();
		let from: Point | null = null;
		let lastTap = -Infinity;
		const lifecycle = new AbortController();
		const { signal } = lifecycle;

		const pointOf = ({ clientX, clientY }: MouseEvent): Point => {
			const { left, top, width, height } = stage.getBoundingClientRect();
			return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
		};
		const middle = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
		const apart = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y) || 1;

		function ondown(event: PointerEvent): void {
			stage.setPointerCapture(event.pointerId);
			down.set(event.pointerId, pointOf(event));
			from = down.size === 1 ? pointOf(event) : null;
		}

		function onmove(event: PointerEvent): void {
			const before = down.get(event.pointerId);
			if (before === undefined) return;
			const now = pointOf(event);
			const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
			down.set(event.pointerId, now);
			if (other !== undefined) {
				const at = middle(now, other);
				const was = middle(before, other);
				zoom.by(apart(now, other) / apart(before, other), at);
				zoom.pan(at.x - was.x, at.y - was.y);
			} else if (zoom.isZoomed) {
				zoom.pan(now.x - before.x, now.y - before.y);
			}
		}

		function onup(event: PointerEvent): void {
			const now = pointOf(event);
			const isLast = down.delete(event.pointerId) && down.size === 0;
			if (!isLast || from === null || event.type === 'pointercancel') return;
			const [dx, dy] = [now.x - from.x, now.y - from.y];
			if (Math.hypot(dx, dy) < 8) {
				const isSecond = event.timeStamp - lastTap < TWICE_WITHIN;
				lastTap = isSecond ? -Infinity : event.timeStamp;
				if (isSecond) zoom.by(zoom.isZoomed ? 0 : 2.5, now);
			} else if (!zoom.isZoomed && Math.abs(dx) > WIPE && Math.abs(dx) > 2 * Math.abs(dy)) {
				events.onwipe(dx < 0 ? 1 : -1);
			}
		}

		function onwheel(event: WheelEvent): void {
			event.preventDefault();
			zoom.by(Math.exp(-event.deltaY / 300), pointOf(event));
		}

		stage.addEventListener('pointerdown', ondown, { signal });
		stage.addEventListener('pointermove', onmove, { signal });
		stage.addEventListener('pointerup', onup, { signal });
		stage.addEventListener('pointercancel', onup, { signal });
		stage.addEventListener('wheel', onwheel, { signal, passive: false });
		return () => {
			lifecycle.abort();
		};
	};
}
