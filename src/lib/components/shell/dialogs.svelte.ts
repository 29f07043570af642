// Which dialog is open: one at a time.

export type Open =
	| { readonly dialog: 'create' | 'settings' | 'switcher' | 'members' }
	| { readonly dialog: 'join' | 'peers'; readonly link?: string }
	| { readonly dialog: 'invite' | 'leave'; readonly space: string };

export class Dialogs {
	#open = $state.raw<Open | null>(null);

	get open(): Open | null {
		return this.#open;
	}

	show(open: Open): void {
		this.#open = open;
	}

	close(): void {
		this.#open = null;
	}
}
