// Registers the service worker, the one script that the page names at run time, and says when a new version waits.
import { Workbox } from 'workbox-window';
import { trustedScript } from '#lib/platform/trusted-script.ts';
import type { Clock } from '#lib/ports/clock.ts';

const SCRIPT = '/service-worker.js';
const CHECK_EVERY = 3_600_000;

/** `onUpdate` is called when a version waits; what it is given applies that version, which loads the page anew. */
export async function registerServiceWorker(
	clock: Clock,
	onUpdate: (apply: () => void) => void,
): Promise<void> {
	const workbox = new Workbox(trustedScript('aegis-worker', SCRIPT));
	// The first one takes charge of a page that was made without it, and changes nothing there.
	let controlled = navigator.serviceWorker.controller !== null;
	workbox.addEventListener('controlling', () => {
		if (controlled) location.reload();
		controlled = true;
	});
	workbox.addEventListener('waiting', () => {
		onUpdate(() => {
			workbox.messageSkipWaiting();
		});
	});
	await workbox.register({ immediate: true });

	// Pages that stay open for days ask now and then, when somebody looks at them.
	let checked = clock.now();
	document.addEventListener('visibilitychange', () => {
		if (document.visibilityState !== 'visible' || clock.now() - checked < CHECK_EVERY) return;
		checked = clock.now();
		workbox.update().catch(() => undefined);
	});
}
