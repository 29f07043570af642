// Blocks somebody for oneself or takes it back, and says so.
import { m } from '#lib/paraglide/messages.js';
import type { AppModel } from '#lib/state/app.svelte.ts';
import type { Toasts } from '#lib/ui/toasts.svelte.ts';
import { spaceProblem } from '../format/problems.ts';
import type { Person } from './acts.ts';

export async function setBlocked(
	app: AppModel,
	toasts: Toasts,
	{ rootHash, name }: Person,
	blocked: boolean,
): Promise<void> {
	const done = await app.messenger.block(rootHash, blocked);
	if (!done.ok) toasts.say(spaceProblem(done.error), 'danger');
	else toasts.say(blocked ? m.block_done({ name }) : m.unblock_done({ name }));
}
