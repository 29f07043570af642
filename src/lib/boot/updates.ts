// New versions of the app: looked for behind everything else, and applied only when somebody says so.
import { createSystemClock } from '#lib/platform/clock.ts';
import { createSignal, type Readable } from '#lib/util/signal.ts';

/** A version that waits. */
export interface Update {
	/** Puts it in place of this one; the page is loaded anew. */
	apply(): void;
}

/** At a first visit, starting and being let in go first: keeping a copy of the app can wait this long, ms. */
const KEEP_AFTER = 4000;
/** Later visits only ask whether there is something new. */
const ASK_AFTER = 500;

/** null while there is none. Browsers without service workers, and addresses that may have none, never have one. */
export function watchForUpdates(): Readable<Update | null> {
	const update = createSignal<Update | null>(null);
	if ((navigator as { serviceWorker?: unknown }).serviceWorker === undefined) return update;
	const clock = createSystemClock();
	const isKept = navigator.serviceWorker.controller !== null;
	clock.after(isKept ? ASK_AFTER : KEEP_AFTER, () => {
		void import('./service-worker.ts')
			.then(({ registerServiceWorker }) =>
				registerServiceWorker(clock, (apply) => {
					update.set({ apply });
				}),
			)
			// Refused by the browser or unreachable: the app works as it is, and the next visit tries again.
			.catch(() => undefined);
	});
	return update;
}
