// A messenger's readable as a reactive value: subscribed while something on screen reads it.
import { createSubscriber } from 'svelte/reactivity';
import type { Readable } from '#lib/util/signal.ts';

export interface Live<T> {
	readonly current: T;
}

export function live<T>(readable: Readable<T>): Live<T> {
	const subscribe = createSubscriber((update) => {
		let present = true;
		const end = readable.subscribe(() => {
			if (!present) update();
		});
		present = false;
		return end;
	});
	return {
		get current() {
			subscribe();
			return readable.get();
		},
	};
}
