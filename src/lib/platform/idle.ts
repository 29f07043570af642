// Notices that nobody has touched the page for a while; also when the device slept meanwhile and no timer ran. [AT12]
import type { Clock } from '#lib/ports/clock.ts';

const TOUCHES = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

export interface IdleWatch {
	/** Counts from now on; null: never. */
	set(after: number | null): void;
	stop(): void;
}

/** `onIdle` is called once each time nobody has touched the page for so many ms. */
export function watchIdle(
	target: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>,
	clock: Clock,
	onIdle: () => void,
): IdleWatch {
	let limit: number | null = null;
	let touched = clock.now();
	let cancel = (): void => undefined;

	function check(): void {
		cancel();
		if (limit === null) return;
		const left = touched + limit - clock.now();
		if (left > 0) {
			cancel = clock.after(left, check);
			return;
		}
		limit = null;
		onIdle();
	}
	/** One timer at a time: it looks again once it fires, so a touch costs a comparison. */
	function touch(): void {
		if (limit !== null && clock.now() - touched >= limit) {
			check();
			return;
		}
		touched = clock.now();
	}

	for (const name of TOUCHES)
		target.addEventListener(name, touch, { capture: true, passive: true });
	target.addEventListener('visibilitychange', check, { capture: true });
	return {
		set(after) {
			limit = after;
			touched = clock.now();
			check();
		},
		stop() {
			limit = null;
			cancel();
			for (const name of TOUCHES) target.removeEventListener(name, touch, { capture: true });
			target.removeEventListener('visibilitychange', check, { capture: true });
		},
	};
}
