// Which dialog is open: one at a time. One that was opened over another leads back to it.
import { createContext } from 'svelte';
import type { Act } from '../moderation/acts.ts';

export type Open =
	| { readonly dialog: 'create' | 'settings' | 'switcher' | 'members' }
	| { readonly dialog: 'passphrase' | 'phrase' | 'wipe' | 'link' | 'files' }
	| { readonly dialog: 'device'; readonly id: string }
	| { readonly dialog: 'join' | 'peers' | 'meet'; readonly link?: string }
	| { readonly dialog: 'invite' | 'leave' | 'log'; readonly space: string }
	/** channel: its id, or null for a new one. */
	| { readonly dialog: 'channel'; readonly space: string; readonly channel: string | null }
	| { readonly dialog: 'timer'; readonly space: string; readonly channel: string }
	| { readonly dialog: 'verify'; readonly space: string; readonly person: string }
	| { readonly dialog: 'moderate'; readonly space: string; readonly act: Act };

export class Dialogs {
	#stack = $state.raw<readonly Open[]>([]);

	get open(): Open | null {
		return this.#stack.at(-1) ?? null;
	}

	/** In place of whatever is open. */
	show(open: Open): void {
		this.#stack = [open];
	}

	/** Over what is open. */
	over(open: Open): void {
		this.#stack = [...this.#stack, open];
	}

	/** Back to the one below, if there is one. */
	close(): void {
		this.#stack = this.#stack.slice(0, -1);
	}

	closeAll(): void {
		this.#stack = [];
	}
}

export const [getDialogs, setDialogs] = createContext<Dialogs>();
