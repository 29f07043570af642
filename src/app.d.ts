// Types that SvelteKit asks of the app. Aegis has no server side, so nothing travels through them.
import type { Place } from '#lib/state/navigation.svelte.ts';

declare global {
	namespace App {
		interface PageState {
			place?: Place;
		}
	}
}

export {};
