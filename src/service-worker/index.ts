// Keeps the app of one version on the device, so that it opens without a network. Everything the app is made of is
// fetched when a version is installed and served from there from then on; nothing else is ever kept. Films that are played
// come through here from the page (streams.ts). A new version
// waits until somebody says so, or until no page of the old one is open.
import { build, files, version } from '$service-worker';
import { clientsClaim, setCacheNameDetails } from 'workbox-core';
import {
	cleanupOutdatedCaches,
	createHandlerBoundToURL,
	precacheAndRoute,
	type PrecacheEntry,
} from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { answerStream, isStream } from './streams.ts';

declare const self: ServiceWorkerGlobalScope;

/** The one page; every address of the app is drawn by it. */
const PAGE = '/200.html';
/** What a relay at the same address answers itself. */
const RELAY = /^\/(relay|relay\.json|healthz|readyz|metrics)$/;

setCacheNameDetails({ prefix: 'aegis' });

const entries: PrecacheEntry[] = [
	// Names of built files change with their content and need no revision; the others go by the version.
	...build.map((url) => ({ url, revision: '' })),
	...[PAGE, ...files].map((url) => ({ url, revision: version })),
];

cleanupOutdatedCaches();
precacheAndRoute(entries);
registerRoute(
	({ url }) => isStream(url),
	({ request, event }) => answerStream(request, (event as FetchEvent).clientId),
);
registerRoute(new NavigationRoute(createHandlerBoundToURL(PAGE), { denylist: [RELAY] }));

self.addEventListener('message', ({ data }: ExtendableMessageEvent) => {
	const message: unknown = data;
	if (typeof message !== 'object' || message === null || !('type' in message)) return;
	if (message.type === 'SKIP_WAITING') void self.skipWaiting();
});

// The page that installed the first version may lose its network before it is ever opened again.
clientsClaim();
