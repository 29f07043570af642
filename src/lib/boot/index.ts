// The only composition root of the browser.
import type { BootState } from '#lib/messenger/boot-state.ts';
import { createSignal, type Readable } from '#lib/util/signal.ts';

export function boot(): Readable<BootState> {
	return createSignal<BootState>({ state: 'starting' });
}
