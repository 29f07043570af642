// When the page may have missed something: its network changed, or it slept. [PF5]
import type { PageChange } from '#lib/ports/page-change.ts';

/** How often the time is looked at; pages in the background are called once a minute at least. */
const LOOK_EVERY = 4000;
/** Looks that come so much too late mean that nothing ran meanwhile. */
const ASLEEP = 8000;
/** Several signs of one change. */
const AT_ONCE = 500;

/** Not in every browser. */
interface NavigatorWithConnection {
	readonly connection?: EventTarget;
}

/** Calls once for each change, whatever signs there are of it; returns the end of that. */
export function watchWakefulness(listener: (change: PageChange) => void): () => void {
	let due: ReturnType<typeof setTimeout> | undefined;
	let change: PageChange = 'awake';
	let last = Date.now();
	const ended = new AbortController();
	const { signal } = ended;
	const tell = (what: PageChange): void => {
		if (what === 'network') change = what;
		due ??= setTimeout(() => {
			const told = change;
			due = undefined;
			change = 'awake';
			listener(told);
		}, AT_ONCE);
	};
	const network = (): void => {
		tell('network');
	};
	const awake = (): void => {
		tell('awake');
	};
	addEventListener('online', network, { signal });
	addEventListener('offline', network, { signal });
	(navigator as NavigatorWithConnection).connection?.addEventListener('change', network, {
		signal,
	});
	document.addEventListener('resume', awake, { signal });
	document.addEventListener(
		'visibilitychange',
		() => {
			if (!document.hidden) awake();
		},
		{ signal },
	);
	const timer = setInterval(() => {
		const now = Date.now();
		if (now - last > LOOK_EVERY + ASLEEP) awake();
		last = now;
	}, LOOK_EVERY);
	return () => {
		ended.abort();
		clearInterval(timer);
		clearTimeout(due);
	};
}
