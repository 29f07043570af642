// One line of a menu.
import type { Component } from 'svelte';

export interface MenuEntry {
	readonly label: string;
	readonly icon: Component<{ size?: number; 'aria-hidden'?: 'true' }>;
	readonly tone?: 'danger';
	run(): void;
}
