// Runs before the router looks at the address: the secret of an opened link leaves the address bar here. [IN1]
import { arrival } from '#lib/state/arrival.svelte.ts';

if (arrival.take(location.href)) {
	history.replaceState(history.state, '', location.pathname + location.search);
}
