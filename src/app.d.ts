// Types that SvelteKit asks of the app. Aegis has no server side, so nothing travels through them.
declare global {
	namespace App {}
}

export {};
