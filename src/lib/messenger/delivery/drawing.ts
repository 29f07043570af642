// Which of several relays are used: drawn at random, so that no single one holds everything. [DV4] [RP8]

/** `count` of the items, drawn at random: the others only where those that the person prefers are too few. */
export function draw<T>(
	items: readonly T[],
	count: number,
	next: () => number,
	isPreferred: (item: T) => boolean,
): T[] {
	const drawn: T[] = [];
	for (const wanted of [true, false]) {
		const left = items.filter((item) => isPreferred(item) === wanted);
		while (drawn.length < count && left.length > 0) {
			drawn.push(...left.splice(Math.floor(next() * left.length), 1));
		}
	}
	return drawn;
}
