// How fast something comes, smoothed so that people can read it, and how long the rest takes. Pure. [TR8]

export interface Rate {
	add(bytes: number, now: number): void;
	/** Bytes a second. */
	perSecond(now: number): number;
	/** Milliseconds for so many bytes more; null while nobody can say. */
	timeFor(bytes: number, now: number): number | null;
}

/** What came this long ago counts for a third, ms. */
const MEMORY = 5000;
/** Before that nothing is said. */
const FIRST = 1000;

export function createRate(): Rate {
	/** Bytes and milliseconds, both fading alike: their quotient is the rate from the first moment on. */
	let bytes = 0;
	let time = 0;
	let at: number | null = null;
	let begunAt = 0;

	function fade(now: number): void {
		if (at === null) {
			at = begunAt = now;
			return;
		}
		const passed = Math.max(0, now - at);
		const left = Math.exp(-passed / MEMORY);
		bytes *= left;
		time = time * left + MEMORY * (1 - left);
		at = now;
	}

	const perSecond = (now: number): number => {
		if (at === null) return 0;
		fade(now);
		return time < 1 ? 0 : (bytes / time) * 1000;
	};

	return {
		add(more, now) {
			fade(now);
			bytes += more;
		},
		perSecond,
		timeFor(left, now) {
			const rate = perSecond(now);
			if (at === null || now - begunAt < FIRST || rate < 1) return null;
			return (left / rate) * 1000;
		},
	};
}
