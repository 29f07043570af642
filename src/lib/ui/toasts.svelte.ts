// Short notices at the foot of the screen. Each says one thing that has just happened.
import { createContext } from 'svelte';

export interface Toast {
	readonly id: number;
	readonly text: string;
	readonly tone: 'plain' | 'danger';
}

const MOST = 3;

export class Toasts {
	#next = 0;
	#shown = $state.raw<readonly Toast[]>([]);

	get shown(): readonly Toast[] {
		return this.#shown;
	}

	say(text: string, tone: Toast['tone'] = 'plain'): void {
		this.#shown = [...this.#shown, { id: this.#next++, text, tone }].slice(-MOST);
	}

	drop(id: number): void {
		this.#shown = this.#shown.filter((toast) => toast.id !== id);
	}
}

export const [getToasts, setToasts] = createContext<Toasts>();
