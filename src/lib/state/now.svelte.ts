// The present time as a reactive value that steps once a second while something on screen reads it.
import { createSubscriber } from 'svelte/reactivity';
import type { BootState } from '#lib/messenger/boot-state.ts';

type Clock = Extract<BootState, { state: 'ready' }>['clock'];

const STEP = 1000;

export interface Now {
	/** Milliseconds since 1970, not reactive. */
	read(): number;
	/** Milliseconds since 1970; whoever reads it is told every second. */
	readonly second: number;
	/** The start of the present minute; its readers are told once a minute. */
	readonly minute: number;
}

export function createNow(clock: Clock): Now {
	const ticker = (ms: number): (() => void) =>
		createSubscriber((update) => {
			let cancel = clock.after(ms, function tick() {
				cancel = clock.after(ms, tick);
				update();
			});
			return () => {
				cancel();
			};
		});
	const everySecond = ticker(STEP);
	const everyMinute = ticker(60 * STEP);
	return {
		read: () => clock.now(),
		get second() {
			everySecond();
			return clock.now();
		},
		get minute() {
			everyMinute();
			return clock.now();
		},
	};
}
