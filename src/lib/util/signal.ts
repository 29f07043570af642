// A value that tells its readers when it changes. Has the shape of a Svelte store, and knows nothing of Svelte.

export interface Readable<T> {
	get(): T;
	/** Calls at once with the present value and again on each change; returns the end of that. */
	subscribe(listener: (value: T) => void): () => void;
}

export interface Signal<T> extends Readable<T> {
	set(value: T): void;
	update(change: (value: T) => T): void;
}

export function createSignal<T>(initial: T): Signal<T> {
	let current = initial;
	const listeners = new Set<(value: T) => void>();
	const set = (value: T): void => {
		if (Object.is(value, current)) return;
		current = value;
		for (const listener of [...listeners]) listener(value);
	};
	return {
		get: () => current,
		set,
		update: (change) => {
			set(change(current));
		},
		subscribe: (listener) => {
			listeners.add(listener);
			listener(current);
			return () => listeners.delete(listener);
		},
	};
}
