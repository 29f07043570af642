// Values that are costly to make and asked for often.

export interface PerSpace<T> {
	/** Made when first asked for. */
	(space: string): T;
	/** Forgets those of all other spaces: one that comes back is another one. */
	keep(spaces: ReadonlySet<string>): void;
}

export function perSpace<T>(make: (space: string) => T): PerSpace<T> {
	const known = new Map<string, T>();
	const get = (space: string): T => {
		let value = known.get(space);
		if (value === undefined) known.set(space, (value = make(space)));
		return value;
	};
	return Object.assign(get, {
		keep: (spaces: ReadonlySet<string>) => {
			for (const space of known.keys()) if (!spaces.has(space)) known.delete(space);
		},
	});
}

/** Computes once for each list; a list that changes is another one. */
export function perList<T extends object, U>(compute: (list: T) => U): (list: T) => U {
	const known = new WeakMap<T, U>();
	return (list) => {
		let value = known.get(list);
		if (value === undefined) known.set(list, (value = compute(list)));
		return value;
	};
}
