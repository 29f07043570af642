// What waits unsent for all clients together. Over its bound those are disconnected for whom most waits, until it is down
// to three quarters: so a look at all of them comes at most once for each quarter that has grown. [MB30]

/** Less than this is what lines that work have in them, bytes. */
const LISTED = 65_536;

interface Receiver {
	/** Bytes that wait for it now. */
	waiting(): number;
	close(reason: string): void;
}

export interface Backlog<C> {
	/** So many bytes wait for it, after something was sent. */
	note(receiver: C, bytes: number): void;
	forget(receiver: C): void;
}

/** `limit`: bytes, of those for whom more than LISTED wait. */
export function createBacklog<C extends Receiver>(limit: () => number): Backlog<C> {
	const waiting = new Map<C, number>();
	let total = 0;

	const set = (receiver: C, bytes: number): void => {
		total += bytes - (waiting.get(receiver) ?? 0);
		if (bytes > 0) waiting.set(receiver, bytes);
		else waiting.delete(receiver);
	};
	const listed = (bytes: number): number => (bytes > LISTED ? bytes : 0);

	const relieve = (): void => {
		// What was noted may have been read since.
		for (const receiver of [...waiting.keys()]) set(receiver, listed(receiver.waiting()));
		const slowest = [...waiting].sort(([, a], [, b]) => b - a);
		for (const [receiver] of slowest) {
			if (total <= (limit() * 3) / 4) return;
			set(receiver, 0);
			receiver.close('too slow: the relay keeps no more for its clients');
		}
	};

	return {
		note: (receiver, bytes) => {
			set(receiver, listed(bytes));
			if (total > limit()) relieve();
		},
		forget: (receiver) => {
			set(receiver, 0);
		},
	};
}
