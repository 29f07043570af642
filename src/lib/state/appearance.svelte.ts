// Light, dark or as the system says. The choice is an attribute of the root element, which the design tokens read.
import type { Preferences } from './preferences.ts';

export type Theme = 'system' | 'light' | 'dark';

export interface Appearance {
	theme: Theme;
}

const isTheme = (value: string | null): value is Theme =>
	value === 'system' || value === 'light' || value === 'dark';

export function createAppearance(preferences: Preferences, root: HTMLElement): Appearance {
	const stored = preferences.read('appearance');
	let theme = $state<Theme>(isTheme(stored) ? stored : 'system');
	const apply = (): void => {
		if (theme === 'system') root.removeAttribute('data-theme');
		else root.setAttribute('data-theme', theme);
	};
	apply();
	return {
		get theme() {
			return theme;
		},
		set theme(value) {
			theme = value;
			apply();
			preferences.write('appearance', value === 'system' ? null : value);
		},
	};
}
