// The locks of this device as the interface reads them.
import { createContext } from 'svelte';
import { live, type Live } from './live.svelte.ts';
import type { Security, SecurityView } from '#lib/messenger/security.ts';

export class SecurityModel {
	readonly locks: Security;
	readonly #view: Live<SecurityView>;

	constructor(locks: Security) {
		this.locks = locks;
		this.#view = live(locks.view);
	}

	get view(): SecurityView {
		return this.#view.current;
	}
}

export const [getSecurity, setSecurity] = createContext<SecurityModel>();
