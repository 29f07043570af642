// A map that forgets what was used longest ago, so that keys from the network can't fill the memory.

export interface Lru<V> {
	/** The value kept under this name, made now when there is none. */
	get(name: string, make: () => V): V;
}

export function createLru<V>(capacity: number): Lru<V> {
	// A Map keeps the order of insertion: what is taken out and put back stands last.
	const entries = new Map<string, { readonly value: V }>();
	return {
		get(name, make) {
			const entry = entries.get(name) ?? { value: make() };
			entries.delete(name);
			entries.set(name, entry);
			if (entries.size > capacity) {
				for (const oldest of entries.keys()) {
					entries.delete(oldest);
					break;
				}
			}
			return entry.value;
		},
	};
}
